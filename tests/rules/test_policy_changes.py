from dataclasses import replace
from datetime import date

import pytest

from ltc.rules.policies import LawBook, Policy, Standing
from ltc.rules.policy_changes import CHANGE_WORDS, Change, ChangeKind, build_changes
from ltc.store.policies import LAW_FOLDER, read_law

OWN_CARER = "modes.own_carer.forms.own_carer_day.rate_fen.severe"


@pytest.fixture(scope="module")
def book() -> LawBook:
    return read_law(LAW_FOLDER)


@pytest.fixture
def pilot(book: LawBook) -> Policy:
    return book.of("chongqing").on(date(2019, 11, 1))


@pytest.fixture
def later(book: LawBook) -> Policy:
    return book.of("chongqing").on(date(2022, 1, 1))


def by_key(changes: tuple[Change, ...]) -> dict[str, Change]:
    return {change.key: change for change in changes}


def test_a_policy_does_not_differ_from_itself(pilot: Policy) -> None:
    assert build_changes(pilot, pilot) == ()


def test_a_changed_rate_has_both_values(pilot: Policy, later: Policy) -> None:
    change = by_key(build_changes(pilot, later))[OWN_CARER]
    assert change.kind is ChangeKind.CHANGED
    assert change.before is not None
    assert change.after is not None
    assert (change.before.value, change.after.value) == (5000, 4000)
    assert (change.before.standing, change.after.standing) == (Standing.ASSUMED, Standing.SEEN)


def test_a_new_rule_is_added_and_the_old_word_removed(pilot: Policy, later: Policy) -> None:
    changes = by_key(build_changes(pilot, later))
    assert changes["contribution.years"].kind is ChangeKind.ADDED
    assert changes["contribution"].kind is ChangeKind.REMOVED


def test_backwards_added_and_removed_change_places(pilot: Policy, later: Policy) -> None:
    opposite = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.REMOVED: ChangeKind.ADDED}
    there, back = by_key(build_changes(pilot, later)), by_key(build_changes(later, pilot))
    assert there.keys() == back.keys()
    for key, change in there.items():
        assert back[key].kind is opposite.get(change.kind, change.kind)
        assert (back[key].before, back[key].after) == (change.after, change.before)


def test_the_same_value_that_becomes_surer_is_a_change_of_standing(pilot: Policy) -> None:
    values = [
        replace(value, standing=Standing.SEEN) if value.key == OWN_CARER else value
        for value in pilot.values
    ]
    (change,) = build_changes(pilot, replace(pilot, values=tuple(values)))
    assert (change.key, change.kind) == (OWN_CARER, ChangeKind.STANDING_CHANGED)


def test_changes_stand_in_the_order_of_the_later_policy(pilot: Policy, later: Policy) -> None:
    changes = build_changes(pilot, later)
    kept = [change.key for change in changes if change.kind is not ChangeKind.REMOVED]
    assert kept == [value.key for value in later.values if value.key in kept]
    assert [change.kind for change in changes][len(kept) :] == [ChangeKind.REMOVED] * (
        len(changes) - len(kept)
    )


def test_every_kind_has_words() -> None:
    assert set(CHANGE_WORDS) == set(ChangeKind)
