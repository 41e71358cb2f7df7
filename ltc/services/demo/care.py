"""Care plans and stays in a bed of the demonstration, as the files that an office hands in."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from ltc.rules.imports import ImportKind
from ltc.rules.insured import LifeEventKind
from ltc.rules.months import ONE_DAY, Month
from ltc.services import plans
from ltc.services.demo.files import hand_in
from ltc.services.demo.places import CLOSED_BEFORE, FIRMS, Firm
from ltc.services.demo.stage import Stage
from ltc.services.demo.stories import (
    DECEMBER,
    HOME_VISITS,
    OWN_CARER,
    RESIDENTIAL,
    Story,
    Twist,
    at,
)
from ltc.store.plan_questions import list_known_plans

PLAN_TIMES = {"D01": 7, "D04": 5, "D08": 7, "D10": 3}
PLAN_ITEMS = " ".join(f"{code}:{times}" for code, times in PLAN_TIMES.items())
WISH = "本人及家属要求变更"
BED_PRICES_YUAN = (68, 75, 82, 90, 105)
NOT_IN_NOVEMBER = frozenset({Twist.UNCONFIRMED, Twist.CONFIRMED_LATE})
MOVED_OUT_BY = (LifeEventKind.DEATH, LifeEventKind.MOVED_AWAY)


@dataclass(frozen=True, slots=True)
class Case:
    """A story with the case number and the row id that the person was given."""

    story: Story
    case_number: str
    person_id: int


def hand_in_plans(stage: Stage, folder: Path, cases: Sequence[Case]) -> None:
    """Hand in the plans of each month at its end: care begins on the first of the next."""
    months: dict[Month, list[Case]] = defaultdict(list)
    for case in cases:
        if case.story.mode is not None:
            months[Month.of(case.story.concluded_on)].append(case)
    for month in sorted(months, key=lambda month: month.starts_on):
        day = month.ends_before - ONE_DAY
        rows = [_plan(case, day) for case in months[month]]
        ctx = stage.acting("officer", at(day, 16, 30))
        hand_in(ctx, folder, ImportKind.PLANS, f"plans-{month}", rows)


def hand_in_bed_stays(stage: Stage, folder: Path, cases: Sequence[Case]) -> None:
    """Hand in the stays that begin on the first of each month."""
    days: dict[date, list[Case]] = defaultdict(list)
    for case in cases:
        if case.story.mode == RESIDENTIAL:
            days[case.story.care_starts_on].append(case)
    for day in sorted(days):
        rows = [_bed_stay(case) for case in days[day]]
        ctx = stage.acting("officer", at(day, 11))
        hand_in(ctx, folder, ImportKind.BED_STAYS, f"beds-{day}", rows)


def end_bed_stays(stage: Stage, folder: Path, cases: Sequence[Case], day: date) -> None:
    """Hand in, on a day, the last days of stays whose people are known to have left for good."""
    rows = [
        {**_bed_stay(case), "last_day": left_on}
        for case in cases
        if case.story.mode == RESIDENTIAL and (left_on := _left_bed_on(case.story, day)) is not None
    ]
    ctx = stage.acting("officer", at(day, 17))
    hand_in(ctx, folder, ImportKind.BED_STAYS, f"beds-ended-{day}", rows)


def change_plans(stage: Stage, cases: Sequence[Case], day: date) -> None:
    """Change mode or provider on a day of November; by the law the change holds from December on."""
    for case in cases:
        new = _changed_care(case.story)
        if new is None:
            continue
        mode, firm = new
        facts = plans.PlanFacts(
            mode=mode,
            provider_id=stage.firms[firm.code] if firm else None,
            starts_on=day,
            items=dict(PLAN_TIMES) if mode == HOME_VISITS else {},
        )
        [old] = list_known_plans(stage.session, stage.area_id, case.person_id)
        officer = stage.acting("officer", at(day, 14))
        plan = plans.change_mode(officer, plan_id=old.id, facts=facts, reason=WISH)
        _confirm(stage, case, plan.id, day + ONE_DAY)
        stage.forget()


def confirm_late(stage: Stage, cases: Sequence[Case], day: date) -> None:
    """Record the confirmations that came after November was paid."""
    for case in cases:
        if case.story.twist is Twist.CONFIRMED_LATE:
            [plan] = list_known_plans(stage.session, stage.area_id, case.person_id)
            _confirm(stage, case, plan.id, day)
            stage.forget()


def _confirm(stage: Stage, case: Case, plan_id: int, day: date) -> None:
    officer = stage.acting("officer", at(day, 15))
    plans.confirm(officer, plan_id=plan_id, confirmed_on=day, confirmed_by=case.story.name)


def _plan(case: Case, day: date) -> dict[str, object]:
    story = case.story
    is_confirmed = story.twist not in NOT_IN_NOVEMBER
    return {
        "number": f"JH-{story.number:05d}",
        "case_number": case.case_number,
        "mode": story.mode,
        "provider_code": story.firm.code if story.firm else "",
        "first_day": story.care_starts_on,
        "last_day": "",
        "confirmed_on": min(story.concluded_on + timedelta(days=2), day) if is_confirmed else "",
        "confirmed_by": story.name if is_confirmed else "",
        "items": PLAN_ITEMS if story.mode == HOME_VISITS else "",
    }


def _changed_care(story: Story) -> tuple[str, Firm | None] | None:
    """Return mode and provider from December on; None where nothing changes."""
    if story.leaves and story.twist not in NOT_IN_NOVEMBER:
        return story.mode or HOME_VISITS, _find_open(story)
    if story.twist is not Twist.MODE_CHANGED:
        return None
    return (HOME_VISITS, _find_open(story)) if story.mode == OWN_CARER else (OWN_CARER, None)


def _find_open(story: Story) -> Firm:
    """Return the provider of home care in the district that goes on."""
    return next(
        firm
        for firm in FIRMS
        if firm.district == story.district and firm.agreed_before > CLOSED_BEFORE
    )


def _bed_stay(case: Case) -> dict[str, object]:
    story = case.story
    return {
        "reference": f"BED-{story.number:05d}",
        "case_number": case.case_number,
        "provider_code": story.firm.code if story.firm else "",
        "first_day": story.care_starts_on,
        "last_day": "",
        "price_yuan": BED_PRICES_YUAN[story.number % len(BED_PRICES_YUAN)],
    }


def _left_bed_on(story: Story, today: date) -> date | None:
    """Return the last day in the bed, as far as it is known today."""
    if story.twist is Twist.MODE_CHANGED:
        return DECEMBER.starts_on - ONE_DAY
    happening = story.happening
    if happening is None or happening.kind not in MOVED_OUT_BY or happening.recorded_on > today:
        return None
    return happening.starts_on


def firm_on(story: Story, day: date) -> Firm | None:
    """Return who cares for a person at home on a day: the provider of the plan, or its follower."""
    changed = _changed_care(story)
    if changed is not None and day >= DECEMBER.starts_on:
        return changed[1]
    return story.firm if story.mode == HOME_VISITS else None


def list_home(cases: Iterable[Case]) -> list[Case]:
    """Return those who are visited at home in November or December."""
    return [
        case
        for case in cases
        if any(firm_on(case.story, month.starts_on) for month in (Month(2019, 11), DECEMBER))
    ]
