"""Leads the demonstration from an empty database to two months that are paid and printed.

Everything happens through the use-cases at told times, in the order of the calendar as far as one
fact rests on another. The same number of people gives the same facts and the same amounts; only row
ids, seals and passwords differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from ltc.rules.months import Month
from ltc.services.audit import seal_blocks
from ltc.services.context import Policies
from ltc.services.demo import care, happenings, months, organisations
from ltc.services.demo.care import Case
from ltc.services.demo.people import play_person
from ltc.services.demo.stage import Stage
from ltc.services.demo.stories import DECEMBER, NOVEMBER, Story, at, write_stories
from ltc.services.demo.summary import BUILT
from ltc.services.demo.visits import hand_in_visits
from ltc.services.executors import Executor
from ltc.store.instruments import CURRENT, get_instrument
from ltc.store.payouts import PayoutRun
from ltc.store.working_days import load_working_days

CHANGES_ON = date(2019, 11, 19)
CONFIRMED_LATE_ON = date(2019, 12, 4)
BUILT_ON = date(2020, 1, 7)
PEOPLE_PER_REPORT = 100

Tell = Callable[[str, int, int], None]  # what is being done, how far, of how many
Issue = Callable[[Stage, PayoutRun], None]  # issues the statements of a run


@dataclass(frozen=True, slots=True)
class Means:
    """What the door hands in: the law, workers, a folder for files, and who is told of progress."""

    policies: Policies
    executor: Executor
    folder: Path
    issue: Issue | None  # None: no statements
    tell: Tell


def build(session: Session, means: Means, people: int) -> Stage:
    """Build the whole demonstration in an empty database, and return its stage."""
    instrument, working_days = get_instrument(CURRENT), load_working_days()
    stories = write_stories(people, instrument, working_days)
    means.tell("area: districts, providers, carers, users", 0, 0)
    stage = organisations.open_stage(session, means.policies, means.folder)
    cases = _play_people(stage, means, stories)
    means.tell("care: plans, stays in a bed, life events", 0, 0)
    _plan_care(stage, means.folder, cases)
    _play_month(stage, means, cases, NOVEMBER)
    means.tell("late: facts that came after November was paid", 0, 0)
    _learn_late_facts(stage, cases)
    _play_month(stage, means, cases, DECEMBER)
    _close(stage, people)
    return stage


def _play_people(stage: Stage, means: Means, stories: list[Story]) -> list[Case]:
    cases: list[Case] = []
    for story in stories:
        if len(cases) % PEOPLE_PER_REPORT == 0:
            means.tell("people: applications, evaluations, conclusions", len(cases), len(stories))
        person = play_person(stage, story)
        cases.append(Case(story, person.case_number, person.id))
    return cases


def _plan_care(stage: Stage, folder: Path, cases: list[Case]) -> None:
    care.hand_in_plans(stage, folder, cases)
    care.hand_in_bed_stays(stage, folder, cases)
    organisations.close_provider(stage, folder)
    care.change_plans(stage, cases, CHANGES_ON)
    happenings.change_enrolments(stage, cases)
    happenings.record_happenings(stage, cases, date(2019, 1, 1), NOVEMBER.ends_before)


def _play_month(stage: Stage, means: Means, cases: list[Case], month: Month) -> None:
    last_on = month.ends_before - timedelta(days=1)
    means.tell(f"visits: {month}", 0, 0)
    care.end_bed_stays(stage, means.folder, cases, last_on)
    hand_in_visits(stage, means.folder, cases, month)
    months.refuse_visits(stage, month)
    means.tell(f"run: {month} calculated, checked, approved", 0, 0)
    run = months.calculate_and_approve(stage, month, means.executor)
    if means.issue is not None:
        means.issue(stage, run)


def _learn_late_facts(stage: Stage, cases: list[Case]) -> None:
    """Record what became known in December, some of it about November."""
    first_on = NOVEMBER.ends_before + timedelta(days=1)
    care.confirm_late(stage, cases, CONFIRMED_LATE_ON)
    happenings.open_late_accounts(stage, cases)
    happenings.end_open_stays(stage, cases)
    happenings.record_happenings(stage, cases, first_on, DECEMBER.ends_before)


def _close(stage: Stage, people: int) -> None:
    """Say that everything is there, and seal the audit log."""
    ctx = stage.machine(at(BUILT_ON, 9))
    with ctx.transaction():
        ctx.record(BUILT, "area", stage.area_id, {"people": [None, people]})
    seal_blocks(stage.machine(at(BUILT_ON, 10)))
