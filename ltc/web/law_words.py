"""The words of the law's pages: labels, values, sources and changes in the reader's language."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from ltc.rules.policies import LawBook, Policy, Source, Text, Value
from ltc.rules.policy_changes import CHANGE_WORDS, Change
from ltc.rules.policy_labels import (
    GROUPS,
    Part,
    Unit,
    build_label,
    build_names,
    group_values,
    unit_of,
)
from ltc.web import formats


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One value as the page shows it; ``text`` None: not known."""

    key: str
    label: str
    text: str | None
    mark: str
    source: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A section of the page with its values."""

    code: str
    title: str
    values: tuple[ShownValue, ...]


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One difference in colour (before, after) and in words."""

    label: str
    before: str | None
    after: str | None
    sentence: str


def own_words(text: Text) -> str:
    """Return the words of the law itself in the reader's language."""
    return text.zh if str(get_locale()).startswith("zh") else text.en


def list_groups(book: LawBook, policy: Policy) -> list[ShownGroup]:
    """Return every value of a policy by section."""
    return [
        ShownGroup(code, _(GROUPS[code]), tuple(show_value(book, policy, v) for v in values))
        for code, values in group_values(policy).items()
    ]


def show_value(book: LawBook, policy: Policy, value: Value[object]) -> ShownValue:
    """Return a value with its label, unit, mark, source and note."""
    return ShownValue(
        key=value.key,
        label=label_text(book, policy, value.key),
        text=value_text(policy, value),
        mark=value.standing.value,
        source=source_text(value.source) if value.source else None,
        note=own_words(value.note) if value.note else None,
    )


def label_text(book: LawBook, policy: Policy, key: str) -> str:
    """Return the words for a key."""
    return _join(build_label(policy, book.standards, key).parts)


def value_text(policy: Policy, value: Value[object]) -> str | None:
    """Return a value with its unit; None where it is not known."""
    content, unit = value.value, unit_of(value)
    if unit is Unit.UNKNOWN:
        return None
    if isinstance(content, bool):
        return str(_("yes") if content else _("no"))
    if isinstance(content, date):
        return formats.day(content)
    if isinstance(content, int):
        return _number_text(content, unit)
    return _join(build_names(policy, value))


def _number_text(number: int, unit: Unit) -> str:
    formatters = {
        Unit.DAYS: lambda count: str(ngettext("%(num)s day", "%(num)s days", count)),
        Unit.MONTHS: lambda count: str(ngettext("%(num)s month", "%(num)s months", count)),
        Unit.YEARS: lambda count: str(ngettext("%(num)s year", "%(num)s years", count)),
        Unit.MONEY: formats.yuan,
        Unit.SHARE: formats.share,
        Unit.MINUTES: formats.minutes,
    }
    return formatters.get(unit, formats.whole)(number)


def source_text(source: Source) -> str:
    """Return document, article and day; of what is not known, that it was not found."""
    article = source.article or _("article not found")
    day = formats.day(source.dated_on) if source.dated_on else _("date not found")
    return str(_(", ")).join((own_words(source.document), str(article), str(day)))


def show_change(book: LawBook, before: Policy, after: Policy, change: Change) -> ShownChange:
    """Return one difference, named in the words of the policy that has the value."""
    old = _side_text(before, change.before)
    new = _side_text(after, change.after)
    named = before if change.after is None else after
    sentence = _(CHANGE_WORDS[change.kind], before=old or "", after=new or "")
    return ShownChange(label_text(book, named, change.key), old, new, sentence)


def _side_text(policy: Policy, value: Value[Any] | None) -> str | None:
    if value is None:
        return None
    return value_text(policy, value) or str(_("not known"))


def _join(parts: tuple[Part, ...]) -> str:
    return " · ".join(
        own_words(part) if isinstance(part, Text) else _(part.msgid, **dict(part.values))
        for part in parts
    )
