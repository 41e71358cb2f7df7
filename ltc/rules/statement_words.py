"""Says what a settlement says in Chinese and in English, for paper: no page and no reader's choice.

The Chinese sentences are those of the pages: they come from the same catalogue, handed in as a
mapping. A sentence that the catalogue lacks stays English; a test holds that none is lacking.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ltc.rules.payouts.english import format_plain_yuan
from ltc.rules.payouts.explain import Sentence
from ltc.rules.policies import Policy, Standard, Text, Value
from ltc.rules.policy_labels import Part, Words, build_label
from ltc.rules.written_numbers import write_percent

Told = str | int
AND = Text("、", ", ")
PLACE = Text("：", ": ")


def yuan(amount_fen: int) -> str:
    """Return an amount as it is printed: ``¥1,300.00``."""
    sign = "−" if amount_fen < 0 else ""
    return f"{sign}¥{format_plain_yuan(abs(amount_fen), ',')}"


def share(share_bp: int) -> str:
    """Return a share as it is printed: ``75%``, ``24.01%``."""
    return f"{write_percent(share_bp)}%"


def day(value: date) -> Text:
    """Return a day as it is printed: ``2019年11月14日``, ``2019-11-14``."""
    return Text(f"{value.year}年{value.month}月{value.day}日", value.isoformat())


def join(texts: Sequence[Text], between: Text = AND) -> Text:
    """Return several texts as one."""
    return Text(between.zh.join(t.zh for t in texts), between.en.join(t.en for t in texts))


@dataclass(frozen=True, slots=True)
class Speaker:
    """What it takes to say something: the catalogue, and what names the codes of a trace.

    ``policies`` are those of the month, the latest first; ``providers`` are names by id.
    """

    chinese: Mapping[str, str]
    policies: tuple[Policy, ...]
    standards: Mapping[str, Standard]
    providers: Mapping[int, str] = field(default_factory=dict)

    def say(self, msgid: str, values: Mapping[str, Told] | None = None) -> Text:
        """Return a marked sentence in both languages, its values written for a reader."""
        told = [(name, self._write(name, value)) for name, value in (values or {}).items()]
        zh, en = {name: text.zh for name, text in told}, {name: text.en for name, text in told}
        chinese = self.chinese.get(msgid) or msgid
        return Text(chinese % zh, msgid % en) if values else Text(chinese, msgid)

    def tell(self, sentence: Sentence) -> Text:
        """Return a sentence of an explanation in both languages."""
        return self.say(*sentence)

    def name(self, kind: str, code: str) -> Text:
        """Return the name of a code of the law (mode, scheme, level, …), or the code itself."""
        for policy in self.policies:
            named = self._names(policy, kind).get(code)
            if named is not None:
                return named
        return Text(code, code)

    def provider(self, provider_id: int | None) -> Text:
        """Return the name of a provider, which is the same in both languages."""
        name = self.providers.get(provider_id or 0, "")
        return Text(name, name)

    def label(self, key: str) -> Text:
        """Return the words for a key of the law, such as ``modes.….share_bp``."""
        for policy in self.policies:
            try:
                label = build_label(policy, self.standards, key)
            except (KeyError, StopIteration, IndexError, ValueError):
                continue  # a key of another version of the law
            return join([self._part(part) for part in label.parts], PLACE)
        return Text(key, key)

    def _part(self, part: Part) -> Text:
        if isinstance(part, Words):
            return self.say(part.msgid, dict(part.values))
        return part

    def _names(self, policy: Policy, kind: str) -> Mapping[str, Text]:
        match kind:
            case "area":
                return {policy.area: policy.name}
            case "scheme":
                return {code: scheme.name for code, scheme in policy.schemes.items()}
            case "component":
                return {code: component.name for code, component in policy.components.items()}
            case "mode" | "mode_before":
                return {code: mode.name for code, mode in policy.modes.items()}
            case "level":
                return {level.code: level.name for level in policy.levels}
            case "category":
                return {code: assistance.name for code, assistance in policy.assistance.items()}
            case _:
                return self._names_of_standards(policy, kind)

    def _names_of_standards(self, policy: Policy, kind: str) -> Mapping[str, Text]:
        used = [s for code, s in self.standards.items() if code in policy.grade_map]
        if kind == "standard":
            return {standard.code: standard.name for standard in used}
        if kind == "grade":
            return {grade.code: grade.name for standard in used for grade in standard.grades}
        return {}

    def _write(self, name: str, value: Told) -> Text:
        """Return a value as the end of its name says: money, share, day, or the name of a code."""
        if isinstance(value, int):
            text = _write_number(name, value)
            return self.provider(value) if name == "provider" else Text(text, text)
        if name == "on" or name.endswith("_on") or name == "ends_before":
            return _write_day(value)
        if name == "reason":
            said = self.say(value)
            return Text(said.zh, said.en.lower())
        return self.label(value) if name == "key" else self.name(name, value)


def _write_number(name: str, value: int) -> str:
    if name.endswith("_fen") or "_fen_per_" in name:
        return yuan(value)
    return share(value) if name.endswith("_bp") else f"{value:,}"


def _write_day(text: str) -> Text:
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return Text(text, text)


def find_values(policy: Policy, keys: Sequence[str]) -> list[Value[object]]:
    """Return the values of a policy that stand under the keys, in the policy's order."""
    wanted = set(keys)
    return [value for value in policy.values if value.key in wanted]
