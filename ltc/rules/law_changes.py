"""The law as it would be with other values: for trying a case, never for a payout run."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ltc.rules.errors import Invalid
from ltc.rules.policies import CapOrder, Law, Per, Proration, Standing, StartMode, Value

WORDS: dict[str, object] = {
    "true": True,
    "false": False,
    "unknown": None,
    **{member.value: member for kind in (StartMode, CapOrder, Per, Proration) for member in kind},
}


class NotAValueOfTheLaw(Invalid):
    """The law of {area} has no value “{key}”."""


class NotAValue(Invalid):
    """“{text}” is not a whole number, true, false, unknown or a word of the law."""


class WrongKindOfValue(Invalid):
    """“{key}” takes another kind of value ({kind})."""


def change_law(law: Law, changes: Mapping[str, str]) -> Law:
    """Return a law with some values replaced, by key; ``unknown`` takes a value away.

    Raises NotAValueOfTheLaw, NotAValue, WrongKindOfValue. Every policy of the law that has the key is changed.
    """
    values = {key: parse_value(text, key) for key, text in changes.items()}
    used: set[str] = set()
    policies = tuple(_change(policy, values, used) for policy in law.policies)
    for key in values:
        if key not in used:
            raise NotAValueOfTheLaw(field=key, area=law.area, key=key)
    return Law(law.area, policies)


def parse_value(text: str, key: str) -> object:
    """Return a value written as text; raises NotAValue."""
    if text in WORDS:
        return WORDS[text]
    try:
        return int(text)
    except ValueError:
        raise NotAValue(field=key, text=text) from None


def _change(thing: Any, values: Mapping[str, object], used: set[str]) -> Any:
    """Return a part of a policy with its values replaced; what holds none stays as it is."""
    if isinstance(thing, Value):
        return _change_value(thing, values, used)
    if isinstance(thing, Mapping):
        return {key: _change(part, values, used) for key, part in thing.items()}
    if isinstance(thing, tuple):
        return tuple(_change(part, values, used) for part in thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(
            thing,
            **{
                part.name: _change(getattr(thing, part.name), values, used)
                for part in fields(thing)
            },
        )
    return thing


def _change_value(value: Value[Any], values: Mapping[str, object], used: set[str]) -> Value[Any]:
    if value.key not in values:
        return value
    used.add(value.key)
    changed = values[value.key]
    if None not in (changed, value.value) and type(changed) is not type(value.value):
        raise WrongKindOfValue(field=value.key, key=value.key, kind=type(value.value).__name__)
    standing = Standing.UNKNOWN if changed is None else Standing.ASSUMED
    # What is tried does not stand in the document that the value came from.
    return replace(value, value=changed, standing=standing, source=None, note=None)
