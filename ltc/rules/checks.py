"""Checks of a logged visit: what does not go together with what else is known.

A finding is a lead for a person to judge, with its evidence; the settlement excludes by itself
what may not be paid. Numbers are those of the office's list of checks. Times are whole minutes of
the area's wall clock, as in the settlement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ltc.rules.insured import LIFE_EVENT_NAMES, LifeEventKind
from ltc.rules.months import DayRange
from ltc.rules.words import N_


class Effect(StrEnum):
    """What a finding does to the payment of the visit."""

    EXCLUDED = "excluded"
    PAID_ONCE = "paid_once"
    HELD = "held"
    NONE = "none"


EFFECT_NAMES = {
    Effect.EXCLUDED: N_("The visit is not paid."),
    Effect.PAID_ONCE: N_("The minutes that overlap are paid once."),
    Effect.HELD: N_("The payment is held until this is cleared."),
    Effect.NONE: N_("No effect on the payment; it is looked at more closely."),
}


class Clearer(StrEnum):
    """Who may clear a finding, by correcting the fact that it rests on."""

    PROVIDER = "provider"
    AGENCY = "agency"


CLEARER_NAMES = {
    Clearer.PROVIDER: N_("The provider, by correcting the visit"),
    Clearer.AGENCY: N_("The agency, by correcting what is recorded of person or provider"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: number of the check, its words, effect, who may clear it, and the evidence.

    ``text`` is a marked sentence whose ``{placeholders}`` are filled from ``values``.
    """

    number: int
    text: str
    effect: Effect
    clearer: Clearer
    values: tuple[tuple[str, object], ...] = ()
    visit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known around a visit: the visit itself, and what it must go together with."""

    on: date
    begins_min: int
    ends_min: int
    died_on: date | None = None
    events: Sequence[tuple[LifeEventKind, DayRange]] = ()
    agreements: Sequence[DayRange] = ()
    of_carer: Sequence["Other"] = ()
    of_person: Sequence["Other"] = ()
    is_planned: bool = True
    is_entered_later: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """Another visit of the same carer or person.

    Where the reader may not see it (``is_shown``), the finding tells that there is one, and no more.
    """

    visit_id: int
    begins_min: int
    ends_min: int
    is_shown: bool = True


def spot_all(facts: Facts) -> list[Finding]:
    """Return all findings of a visit, in the order of their numbers."""
    found = [
        *spot_absences(facts),
        *spot_death(facts),
        *spot_overlaps(facts),
        *spot_agreement(facts),
        *spot_plan(facts),
        *spot_late_entry(facts),
    ]
    return sorted(found, key=lambda finding: (finding.number, finding.visit_id or 0))


def spot_absences(facts: Facts) -> list[Finding]:
    """Find a visit on days in hospital, in a suspension or after moving away.

    The outer days of a hospital stay follow the conventions of the policy.
    """
    return [
        Finding(
            1 if kind is LifeEventKind.HOSPITAL_STAY else 2,
            N_("{event} from {starts_on}: the visit lies on one of its days."),
            Effect.EXCLUDED, Clearer.AGENCY,
            (("event", LIFE_EVENT_NAMES[kind]), ("starts_on", days.starts_on)),
        )
        for kind, days in facts.events
        if facts.on in days
    ]  # fmt: skip


def spot_death(facts: Facts) -> list[Finding]:
    """Find a visit after the day of death."""
    if facts.died_on is None or facts.on <= facts.died_on:
        return []
    return [
        Finding(
            2, N_("The person died on {died_on}, before the visit."), Effect.EXCLUDED,
            Clearer.AGENCY, (("died_on", facts.died_on),),
        )
    ]  # fmt: skip


def spot_overlaps(facts: Facts) -> list[Finding]:
    """Find minutes in which the carer was elsewhere, or somebody else was with the person."""
    carer = N_("The carer has another visit at the same time; minutes that overlap: {minutes}.")
    person = N_("The person has another visit at the same time; minutes that overlap: {minutes}.")
    return [
        *_tell_overlaps(3, carer, _overlapping(facts, facts.of_carer)),
        *_tell_overlaps(4, person, _overlapping(facts, facts.of_person)),
    ]


def _tell_overlaps(number: int, text: str, shared: Sequence[tuple[Other, int]]) -> list[Finding]:
    """Return a finding for each visit that the reader sees, and one for all that they do not."""
    found = [
        Finding(
            number, text, Effect.PAID_ONCE, Clearer.PROVIDER, (("minutes", minutes),),
            other.visit_id,
        )
        for other, minutes in shared
        if other.is_shown
    ]  # fmt: skip
    if all(other.is_shown for other, _minutes in shared):
        return found
    bare = N_("It overlaps with another visit, which is not yours to see.")
    return [*found, Finding(number, bare, Effect.PAID_ONCE, Clearer.PROVIDER)]


def spot_agreement(facts: Facts) -> list[Finding]:
    """Find a visit of a provider without an agreement on its day."""
    if any(facts.on in days for days in facts.agreements):
        return []
    return [
        Finding(
            2, N_("The provider has no agreement with the agency on this day."), Effect.HELD,
            Clearer.AGENCY,
        )
    ]  # fmt: skip


def spot_plan(facts: Facts) -> list[Finding]:
    """Find a visit without a confirmed plan of the person with the provider."""
    if facts.is_planned:
        return []
    return [
        Finding(
            13, N_("No confirmed plan of the person names this provider on this day."),
            Effect.EXCLUDED, Clearer.AGENCY,
        )
    ]  # fmt: skip


def spot_late_entry(facts: Facts) -> list[Finding]:
    """Find a visit that was not logged on the spot."""
    if not facts.is_entered_later:
        return []
    return [
        Finding(6, N_("Entered afterwards: no place was recorded on the spot."), Effect.NONE,
                Clearer.AGENCY)
    ]  # fmt: skip


def _overlapping(facts: Facts, others: Sequence[Other]) -> list[tuple[Other, int]]:
    """Return the visits that share minutes, with how many."""
    shared = [
        (other, min(facts.ends_min, other.ends_min) - max(facts.begins_min, other.begins_min))
        for other in others
    ]
    return [(other, minutes) for other, minutes in shared if minutes > 0]
