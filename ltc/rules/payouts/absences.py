"""Days that do not count: after a death, in hospital, in a suspension, after moving away.

Whether the days of admission, discharge and death themselves count is a convention of the policy
in force on that day. Stays that share a day are one stay: its conventions apply to its outer days
only, so that a transfer from one hospital to another opens no gap. A stay of one day is admission
and discharge at once, and is paid where either is.
"""

from datetime import date

from ltc.rules.errors import Invalid
from ltc.rules.payouts.cases import Absence
from ltc.rules.payouts.results import DayState
from ltc.rules.payouts.sheet import Sheet
from ltc.rules.policies import Conventions, Value, ValueUnknown

# In the order in which they win on a day that two share.
STATES = {"suspension": DayState.SUSPENDED, "moved_away": DayState.MOVED_AWAY}
HOSPITAL_STAY = "hospital_stay"
KINDS = {DayState.IN_HOSPITAL: HOSPITAL_STAY, **{state: kind for kind, state in STATES.items()}}
KNOWN_KINDS = frozenset(KINDS.values())


class NotAnAbsence(Invalid):
    """“{kind}” (number {ref}) is not a kind of absence that settlement knows."""


def mark_after_death(sheet: Sheet) -> None:
    """Mark the days after the day of a death."""
    died_on = sheet.case.died_on
    if died_on is not None:
        sheet.mark(DayState.AFTER_DEATH, sheet.window.span(died_on, None) & ~_bit(sheet, died_on))


def mark_day_of_death(sheet: Sheet) -> None:
    """Mark the day of a death as not paid where the convention says so."""
    died_on = sheet.case.died_on
    if died_on is None:
        return
    day = _bit(sheet, died_on) & sheet.open
    if day and not _is_paid(sheet, "death", "death_day_paid", day):
        sheet.mark(DayState.AFTER_DEATH, day)


def mark_absences(sheet: Sheet) -> None:
    """Mark the days of hospital stays, suspensions and moves."""
    if not sheet.case.absences:
        return
    for absence in sheet.case.absences:
        if absence.kind not in KNOWN_KINDS:
            raise NotAnAbsence(kind=absence.kind, ref=absence.ref)
    for low, beyond in _list_stays(sheet):
        _mark_stay(sheet, low, beyond)
    for kind, state in STATES.items():
        days = 0
        for absence in sheet.case.absences:
            if absence.kind == kind:
                days |= sheet.window.span(absence.starts_on, absence.ends_before)
        sheet.mark(state, days)


def list_refs_behind(
    sheet: Sheet, state: DayState, low: int, high: int
) -> tuple[tuple[str, str], ...]:
    """Return the ids of the absences (or of the death) behind a run of days with a state."""
    if state is DayState.AFTER_DEATH:
        ref = sheet.case.death_ref
        return () if ref is None else (("refs", str(ref)),)
    kind = KINDS.get(state)
    run = (1 << high + 1) - (1 << low)
    refs = sorted(
        absence.ref
        for absence in sheet.case.absences
        if absence.kind == kind and sheet.window.span(absence.starts_on, absence.ends_before) & run
    )
    return (("refs", " ".join(str(ref) for ref in refs)),) if refs else ()


def _list_stays(sheet: Sheet) -> list[tuple[int, int]]:
    """Return hospital stays as half-open places, those that share a day joined into one."""
    stays: list[tuple[int, int]] = []
    for low, beyond in sorted(
        _places(sheet, absence) for absence in sheet.case.absences if absence.kind == HOSPITAL_STAY
    ):
        if stays and low < stays[-1][1]:
            stays[-1] = (stays[-1][0], max(stays[-1][1], beyond))
        else:
            stays.append((low, beyond))
    return stays


def _places(sheet: Sheet, absence: Absence) -> tuple[int, int]:
    """Return a stay as places; one without an end reaches beyond the window."""
    window = sheet.window
    beyond = window.length + 1
    if absence.ends_before is not None:
        beyond = window.index_of(absence.ends_before)
    return window.index_of(absence.starts_on), beyond


def _mark_stay(sheet: Sheet, low: int, beyond: int) -> None:
    """Mark the days of one stay, less its outer days where they are paid."""
    window = sheet.window
    inside = range(max(0, low), min(window.length, beyond))
    if not inside:
        return
    days = (1 << inside.stop) - (1 << inside.start)
    edges = ((low, "admission", "admission_day_paid"), (beyond - 1, "discharge",
             "discharge_day_paid"))  # fmt: skip
    for place, kind, convention in edges:
        day = 1 << place if place in inside else 0
        # A stay of one day that is paid as the day of admission is not asked about once more.
        if day & days & sheet.open and _is_paid(sheet, kind, convention, day):
            days &= ~day
    sheet.mark(DayState.IN_HOSPITAL, days)


def _is_paid(sheet: Sheet, kind: str, convention: str, day: int) -> bool:
    """Ask the policy of a day for a convention; hold the day where it is unknown."""
    policy = next((p for p, in_force in sheet.policies if in_force & day), None)
    if policy is None:
        return False
    value = _convention(policy.conventions, convention)
    try:
        is_paid = value.get()
    except ValueUnknown as unknown:
        sheet.hold_unknown(unknown, day)
        return False
    if day & sheet.window.month:
        on = sheet.window.day(day.bit_length() - 1).isoformat()
        code = f"{kind}_day_paid" if is_paid else f"{kind}_day_not_paid"
        sheet.step(code, ("on", on), law=(value.key,), policy=policy)
    return is_paid


def _convention(conventions: Conventions, name: str) -> Value[bool]:
    value: Value[bool] = getattr(conventions, name)
    return value


def _bit(sheet: Sheet, day: date) -> int:
    """Return one day as a set; empty where it lies outside the window."""
    place = sheet.window.index_of(day)
    return 1 << place if 0 <= place < sheet.window.length else 0
