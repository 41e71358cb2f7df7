"""The law as it would be with other values: for trying a case, never for a payout run."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ltc.rules.errors import Invalid
from ltc.rules.money import WHOLE_BP
from ltc.rules.policies import (
    Assistance,
    CapOrder,
    Law,
    Per,
    Policy,
    Proration,
    Standing,
    StartMode,
    Text,
    Value,
)

ASSISTANCE = re.compile(r"assistance\.([^.]+)\.share_bp")
WHOLE = re.compile(r"-?[0-9]{1,12}")
WORDS: dict[str, object] = {
    "true": True,
    "false": False,
    "unknown": None,
    **{member.value: member for kind in (StartMode, CapOrder, Per, Proration) for member in kind},
}
# What a value is whose content nobody knows, by the last part of its key; all others are numbers.
KINDS: dict[str, type] = {
    "start": StartMode,
    "start_after_payment": StartMode,
    "order": CapOrder,
    "cap_per": Per,
    "monthly_proration": Proration,
    "needs_visit": bool,
    "admission_day_paid": bool,
    "discharge_day_paid": bool,
    "death_day_paid": bool,
    "mode_changes_next_month": bool,
}
# The most of a number, by the end of its key: shares of the whole, a century of time; else a sum.
MOST = {"_bp": WHOLE_BP, "_months": 1_200, "years": 100, "": 1_000_000_000}


class NotAValueOfTheLaw(Invalid):
    """The law of {area} has no value “{key}”."""


class NotAValue(Invalid):
    """“{text}” is not a whole number, true, false, unknown or a word of the law."""


class WrongKindOfValue(Invalid):
    """“{key}” takes another kind of value ({kind})."""


class OutOfRange(Invalid):
    """“{key}” takes a whole number from 0 to {most}."""


def change_law(law: Law, changes: Mapping[str, str]) -> Law:
    """Return a law with some values replaced, by key; ``unknown`` takes a value away.

    Every policy of the law that has the key is changed; each gets the categories of medical
    assistance that it lacks (``assistance.poor.share_bp``). A refusal names the field as ``law.`` and the
    key. Raises NotAValueOfTheLaw, NotAValue,
    WrongKindOfValue, OutOfRange.
    """
    values = {key: parse_value(text, key) for key, text in changes.items()}
    used: set[str] = set()
    policies = tuple(_change(_add_categories(p, values), values, used) for p in law.policies)
    for key in values:
        if key not in used:
            raise NotAValueOfTheLaw(field=f"law.{key}", area=law.area, key=key)
    return Law(law.area, policies)


def _add_categories(policy: Policy, keys: Iterable[str]) -> Policy:
    """Return a policy with the categories of medical assistance that are tried, without a share yet.

    The one place where a case adds to the law: the texts name no categories, and assistance has to be
    tried all the same.
    """
    found = (match for key in keys if (match := ASSISTANCE.fullmatch(key)))
    shares: dict[str, Value[int]] = {
        match[1]: Value(policy.area, match[0], None, Standing.UNKNOWN)
        for match in found
        if match[1] not in policy.assistance
    }
    added = {code: Assistance(code, Text(code, code), share) for code, share in shares.items()}
    return replace(
        policy,
        assistance={**policy.assistance, **added},
        values=(*policy.values, *shares.values()),
    )


def parse_value(text: str, key: str) -> object:
    """Return a value written as text; raises NotAValue."""
    if text in WORDS:
        return WORDS[text]
    if not WHOLE.fullmatch(text):
        raise NotAValue(field=f"law.{key}", text=text)
    return int(text)


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
                part.name: _change(
                    # What the page of the law lists is changed along: it is no place of its own.
                    getattr(thing, part.name),
                    values,
                    set() if part.name == "values" else used,
                )
                for part in fields(thing)
            },
        )
    return thing


def _change_value(value: Value[Any], values: Mapping[str, object], used: set[str]) -> Value[Any]:
    if value.key not in values:
        return value
    used.add(value.key)
    changed = values[value.key]
    _check_kind(value, changed)
    standing = Standing.UNKNOWN if changed is None else Standing.ASSUMED
    # What is tried does not stand in the document that the value came from.
    return replace(value, value=changed, standing=standing, source=None, note=None)


def _check_kind(value: Value[Any], changed: object) -> None:
    """Raise WrongKindOfValue or OutOfRange where no file of the law could say this."""
    if changed is None:
        return
    kind = KINDS.get(value.key.split(".")[-1], int) if value.value is None else type(value.value)
    if type(changed) is not kind:
        raise WrongKindOfValue(field=f"law.{value.key}", key=value.key, kind=kind.__name__)
    most = next(most for end, most in MOST.items() if value.key.endswith(end))
    if isinstance(changed, int) and not 0 <= changed <= most:
        raise OutOfRange(field=f"law.{value.key}", key=value.key, most=most)
