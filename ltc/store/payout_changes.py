"""Compares a run with the one of the month before, person by person, through the scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.months import Month
from ltc.rules.payouts.bridge import (
    NOTHING,
    Cause,
    Change,
    PersonMonth,
    Span,
    build_bridge,
    count_paid_minutes,
    split_difference,
)
from ltc.rules.payouts.results import Outcome
from ltc.rules.policies import Law
from ltc.rules.statements import list_policies
from ltc.store.insured import InsuredPerson, LifeEvent
from ltc.store.payouts import PayoutLine, PayoutResult, PayoutRun
from ltc.store.scope import visible
from ltc.store.visits import BedStay, Fee, Visit

Rows = sa.Select[*tuple[Any, ...]]
LARGEST = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """One person's month before and now."""

    person_id: int
    before: PersonMonth
    after: PersonMonth

    @property
    def fund_fen(self) -> int:
        """What the fund pays more (or less, where negative)."""
        return self.after.fund_fen - self.before.fund_fen


@dataclass(frozen=True, slots=True)
class LargeChange:
    """One of the largest changes: whose, what the fund paid before and pays now, and why."""

    person_id: int
    before_fen: int
    after_fen: int
    causes: tuple[Cause, ...]

    @property
    def fund_fen(self) -> int:
        """What the fund pays more (or less, where negative)."""
        return self.after_fen - self.before_fen


@dataclass(frozen=True, slots=True)
class Bridge:
    """What each cause comes to, and the largest of all changes, the largest first."""

    spans: tuple[Span, ...]
    largest: tuple[LargeChange, ...]


def sum_changes(
    session: Session, actor: Actor, law: Law, before: PayoutRun, after: PayoutRun
) -> Bridge:
    """Return why two runs differ, from the lines that the actor may see."""
    months = [list_policies(law, Month.parse(run.month)) for run in (before, after)]
    is_other_law = months[0] != months[1]
    split = [
        (each, split_difference(each.before, each.after, is_other_law=is_other_law))
        for each in list_differences(session, actor, law, before, after)
    ]
    spans = build_bridge(change for _difference, changes in split for change in changes)
    largest = sorted(split, key=lambda pair: (-abs(pair[0].fund_fen), pair[0].person_id))
    return Bridge(tuple(spans), tuple(_name_causes(*pair) for pair in largest[:LARGEST]))


def _name_causes(each: Difference, changes: list[Change]) -> LargeChange:
    causes = tuple(change.cause for change in changes)
    return LargeChange(each.person_id, each.before.fund_fen, each.after.fund_fen, causes)


def list_differences(
    session: Session, actor: Actor, law: Law, before: PayoutRun, after: PayoutRun
) -> list[Difference]:
    """Return everybody whose fund amount differs, in order of the person's id.

    Four queries, however many people.
    """
    changed = _select_changed(actor, before, after).subquery()
    months = {run.id: _load_months(session, actor, law, run, changed) for run in (before, after)}
    people = sorted({*months[before.id], *months[after.id]})
    pairs = (
        Difference(
            person, months[before.id].get(person, NOTHING), months[after.id].get(person, NOTHING)
        )
        for person in people
    )
    return [pair for pair in pairs if pair.fund_fen]


def _select_changed(actor: Actor, before: PayoutRun, after: PayoutRun) -> Rows:
    """Ids of the people whose lines come to another sum in the two runs."""
    sign = sa.case((PayoutLine.run_id == after.id, 1), else_=-1)
    query: Rows = (
        sa.select(PayoutLine.person_id)
        .where(PayoutLine.run_id.in_((before.id, after.id)))
        .group_by(PayoutLine.person_id)
        .having(sa.func.sum(PayoutLine.fund_fen * sign) != 0)
    )
    return visible(query, actor, PayoutLine)


def _load_months(
    session: Session, actor: Actor, law: Law, run: PayoutRun, changed: Any
) -> dict[int, PersonMonth]:
    p = PayoutLine
    query: Rows = sa.select(
        p.person_id, p.fund_fen, p.days, p.mode, p.grade, p.starts_on, p.form, p.minutes
    ).where(p.run_id == run.id, p.person_id.in_(sa.select(changed.c.person_id)))
    lines: dict[int, list[Any]] = {}
    for person, fund, days, mode, grade, *line in session.execute(visible(query, actor, p)):
        starts_on, form, minutes = line
        paid_minutes = count_paid_minutes(law, starts_on, mode, form, minutes)
        lines.setdefault(person, []).append((fund, days, paid_minutes, mode, grade))
    held = _find_held(session, actor, run, changed)
    months = {person: _add_up(rows, is_held=person in held) for person, rows in lines.items()}
    nothing_but_held = PersonMonth(0, 0, 0, (), (), is_held=True)
    return {**dict.fromkeys(held - set(months), nothing_but_held), **months}


def _add_up(rows: list[Any], *, is_held: bool) -> PersonMonth:
    fund, days, minutes, modes, grades = zip(*rows, strict=True)
    return PersonMonth(
        sum(fund), sum(days), sum(minutes), tuple(sorted(set(modes))), tuple(sorted(set(grades))),
        is_held,
    )  # fmt: skip


def _find_held(session: Session, actor: Actor, run: PayoutRun, changed: Any) -> set[int]:
    query: Rows = sa.select(PayoutResult.person_id).where(
        PayoutResult.run_id == run.id,
        PayoutResult.outcome == Outcome.HELD,
        PayoutResult.person_id.in_(sa.select(changed.c.person_id)),
    )
    return set(session.scalars(visible(query, actor, PayoutResult)))


def name_people(session: Session, actor: Actor, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return (case number, name) of some people."""
    query: Rows = sa.select(InsuredPerson.id, InsuredPerson.case_number, InsuredPerson.name).where(
        InsuredPerson.id.in_(list(ids))
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(visible(query, actor))}


def find_with_result(
    session: Session, actor: Actor, runs: Iterable[PayoutRun], people: Iterable[int]
) -> set[tuple[int, int]]:
    """Return (run, person) of those of some people that have a result in some runs."""
    query: Rows = sa.select(PayoutResult.run_id, PayoutResult.person_id).where(
        PayoutResult.run_id.in_([run.id for run in runs]),
        PayoutResult.person_id.in_(list(people)),
    )
    return {(run, person) for run, person in session.execute(visible(query, actor))}


def count_late_facts(session: Session, actor: Actor, run: PayoutRun) -> tuple[int, int]:
    """Return (facts, people) about a run's month that were recorded after what it knew.

    They are not part of the run: a correction pays or takes back what they come to. A fact that
    was corrected several times is one.
    """
    month = Month.parse(run.month)
    facts = sa.union_all(*[
        visible(_select_late(table, day, run, month), actor, table)
        for table, day in (
            (Visit, Visit.service_on), (LifeEvent, LifeEvent.starts_on),
            (BedStay, BedStay.starts_on), (Fee, Fee.charged_on),
        )
    ]).subquery()  # fmt: skip
    query = sa.select(sa.func.count(), sa.func.count(sa.distinct(facts.c.person_id)))
    count, people = session.execute(query.select_from(facts)).one()
    return count, people


def _select_late(table: Any, day: Any, run: PayoutRun, month: Month) -> Rows:
    query: Rows = sa.select(table.person_id).where(
        table.recorded_at > run.known_at,
        table.superseded_at.is_(None),
        day >= month.starts_on,
        day < month.ends_before,
    )
    return query
