"""The difference between two policies, value by value: what the page of the law shows in words."""

from dataclasses import dataclass
from enum import StrEnum

from ltc.rules.policies import Policy, Value
from ltc.rules.words import N_


class ChangeKind(StrEnum):
    """What happened to a value; ``standing_changed``: the same value, surer or less sure."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    STANDING_CHANGED = "standing_changed"


CHANGE_WORDS = {
    ChangeKind.ADDED: N_("New: %(after)s."),
    ChangeKind.REMOVED: N_("No longer said; before: %(before)s."),
    ChangeKind.CHANGED: N_("From %(before)s to %(after)s."),
    ChangeKind.STANDING_CHANGED: N_("Still %(after)s; what changed is how sure it is."),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after; None where the policy does not have the key."""

    key: str
    kind: ChangeKind
    before: Value[object] | None
    after: Value[object] | None


def build_changes(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Return what differs, in the order of the later policy; removed values come last."""
    old = {value.key: value for value in before.values}
    new = {value.key: value for value in after.values}
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(change for key in keys if (change := _compare(key, old.get(key), new.get(key))))


def _compare(key: str, before: Value[object] | None, after: Value[object] | None) -> Change | None:
    """Return the change of one key, None where value and standing are the same."""
    if before is None:
        return Change(key, ChangeKind.ADDED, before, after)
    if after is None:
        return Change(key, ChangeKind.REMOVED, before, after)
    if before.value != after.value:
        return Change(key, ChangeKind.CHANGED, before, after)
    if before.standing is not after.standing:
        return Change(key, ChangeKind.STANDING_CHANGED, before, after)
    return None
