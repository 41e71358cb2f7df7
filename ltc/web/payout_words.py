"""The words of the payout pages: names of the law's codes, sentences with their values filled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import get_locale
from flask_babel import gettext as _

from ltc import http
from ltc.rules.months import Month
from ltc.rules.payouts.explain import (
    AMOUNTS,
    DAY_STATES,
    DAYS,
    GROUNDS,
    HOLDS,
    Sentence,
    build_sentences,
)
from ltc.rules.payouts.results import Settlement, Step
from ltc.rules.person_statements import DAY_SIGNS, OTHER_SIGN
from ltc.rules.policies import Law, Policy
from ltc.rules.statements import list_policies
from ltc.store.areas import District, get_area, list_districts
from ltc.store.payouts import PayoutRun
from ltc.store.providers import Provider
from ltc.store.scope import visible
from ltc.web import formats
from ltc.web.law_words import ShownValue, own_words, show_value


class Names:
    """Names of codes and ids on a run's pages, in the reader's language."""

    def __init__(self, run: PayoutRun) -> None:
        """Read what is named by the policies of the run's month, and the districts."""
        session, actor = http.database(), http.current_actor()
        self.policies = policies_of(run)
        self.districts = {d.id: _district_name(d) for d in list_districts(session, actor.area_id)}
        self._providers: dict[int, str | None] = {}

    def learn_providers(self, ids: Iterable[int | None]) -> None:
        """Read the names of some providers at once: a city has a thousand, a page names a few."""
        new = {key for key in ids if key} - self._providers.keys()
        if new:
            query = sa.select(Provider.id, Provider.name).where(Provider.id.in_(new))
            rows = http.database().execute(visible(query, http.current_actor()))
            self._providers |= dict.fromkeys(new) | dict(rows.all())

    def find_provider(self, key: int | None) -> str | None:
        """Return the name of a provider, None where the reader sees none of that number."""
        self.learn_providers([key])
        return self._providers.get(key or 0)

    def of(self, breakdown: str, key: Any) -> str:
        """Return the name of a key of a breakdown; the key itself where nothing names it."""
        if breakdown == "district":
            return self.districts.get(key, str(key))
        if breakdown == "provider":
            return (self.find_provider(key) or str(key)) if key else _("Paid to the person")
        for policy in self.policies:
            named = _named_in(policy, breakdown).get(key)
            if named is not None:
                return own_words(named)
        return str(key)


def law_of(run: PayoutRun) -> Law:
    """Return the law of a run's area."""
    law: Law = http.house().policies.of(get_area(http.database(), run.area_id).policy_area)
    return law


def policies_of(run: PayoutRun) -> tuple[Policy, ...]:
    """Return the policies that are in force in a run's month, the latest first."""
    return list_policies(law_of(run), Month.parse(run.month))


def _named_in(policy: Policy, breakdown: str) -> Mapping[Any, Any]:
    tables: Mapping[str, Mapping[Any, Any]] = {
        "scheme": policy.schemes,
        "component": policy.components,
        "mode": policy.modes,
        "mode_before": policy.modes,
        "level": {level.code: level for level in policy.levels},
        "category": policy.assistance,
        "standard": {
            code: standard
            for code, standard in http.house().policies.standards.items()
            if code in policy.grade_map
        },
        "grade": {
            grade.code: grade
            for code, standard in http.house().policies.standards.items()
            if code in policy.grade_map
            for grade in standard.grades
        },
    }
    return {code: named.name for code, named in tables.get(breakdown, {}).items()}


def _district_name(district: District) -> str:
    return district.name_zh if str(get_locale()).startswith("zh") else district.name_en


ANSWERS = frozenset({
    *AMOUNTS.values(), *[text for pair in (*DAYS.values(), *HOLDS.values()) for text in pair],
})  # fmt: skip
ANSWER_LENGTH = 4


def tell_answer(settlement: Settlement, names: Names) -> str:
    """Return the first sentences: amounts, the days that do not count, what is held."""
    told = [sentence for sentence in build_sentences(settlement) if sentence[0] in ANSWERS]
    return " ".join(fill(sentence, names) for sentence in told[:ANSWER_LENGTH])


def tell(settlement: Settlement, names: Names) -> list[str]:
    """Return why an amount is what it is, in sentences."""
    return [fill(sentence, names) for sentence in build_sentences(settlement)]


def fill(sentence: Sentence, names: Names) -> str:
    """Return a sentence of the rules in the reader's language, its values written for a reader."""
    text, values = sentence
    return str(_(text, **{name: value_text(name, value, names) for name, value in values.items()}))


def value_text(name: str, value: str | int, names: Names) -> str:
    """Return a value as its name says: money, share, time, day, code of the law, or as it is."""
    if name.endswith("_fen") or name.startswith("price_fen"):
        return formats.yuan(int(value))
    if name.endswith("_bp"):
        return formats.share(int(value))
    if name == "on" or name.endswith("_on") or name == "ends_before":
        return _day_text(str(value))
    if name == "provider":
        return names.of("provider", int(value))
    if name == "reason":
        return str(_(str(value)))
    if isinstance(value, str):
        return names.of(name, value)
    return formats.whole(value)


def _day_text(text: str) -> str:
    try:
        return formats.day(date.fromisoformat(text))
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of the calculation: what it says, the values of the law it used, and of which day."""

    title: str
    values: list[tuple[str, str]]
    law: list[ShownValue]


def show_steps(steps: Iterable[Step], names: Names, run: PayoutRun) -> list[ShownStep]:
    """Return the steps that use a value of the law, each with that value and its source."""
    law = http.house().policies.of(get_area(http.database(), run.area_id).policy_area)
    by_day = {policy.starts_on.isoformat(): policy for policy in law.policies}
    return [_show_step(step, names, by_day.get(step.policy)) for step in steps if step.law]


def _show_step(step: Step, names: Names, policy: Policy | None) -> ShownStep:
    values = dict(step.values)
    template = {**GROUNDS, **AMOUNTS}.get(step.code)
    title = fill((template, values), names) if template else step.code
    known = {value.key: value for value in policy.values} if policy else {}
    book = http.house().policies
    return ShownStep(
        title,
        [(name, value_text(name, value, names)) for name, value in step.values],
        [show_value(book, policy, known[key]) for key in step.law if policy and key in known],
    )


def show_days(settlement: Settlement, run: PayoutRun) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return the days of the month for the strip, and its legend with counts."""
    first = Month.parse(run.month).starts_on
    days = [
        {
            "day": number,
            "state": DAY_SIGNS.get(state, OTHER_SIGN),
            "weekday": (first.weekday() + number - 1) % 7,
            "note": None if state in DAY_SIGNS else _(DAY_STATES[state]),
        }
        for number, state in enumerate(settlement.days, start=1)
    ]
    legend: dict[str, dict[str, Any]] = {}
    for state in settlement.days:
        sign = DAY_SIGNS.get(state, OTHER_SIGN)
        text = _(DAY_STATES[state])
        entry = legend.setdefault(sign, {"state": sign, "text": text, "count": 0})
        if text not in entry["text"]:
            entry["text"] += f", {text}"
        entry["count"] += 1
    return days, list(legend.values())
