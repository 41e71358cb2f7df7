"""What pages ask about a run: totals, lines, holds, one person's result. All through the scope."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Reach
from ltc.rules.errors import NotFound
from ltc.rules.payouts.results import Outcome, Settlement
from ltc.rules.payouts.trace import from_json
from ltc.store.insured import InsuredPerson
from ltc.store.paging import Page, page
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutResult, PayoutRun
from ltc.store.scope import visible
from ltc.store.whole_lists import WholeList

Rows = sa.Select[*tuple[Any, ...]]
AMOUNTS = ("eligible_fen", "fund_fen", "assistance_fen", "person_fen")
# What totals are taken by; each adds up to the total of the lines.
BREAKDOWNS: dict[str, Any] = {
    "district": PayoutLine.district_id,
    "scheme": PayoutLine.scheme,
    "component": PayoutLine.component,
    "mode": PayoutLine.mode,
    "grade": PayoutLine.grade,
    "provider": PayoutLine.provider_id,
}


class ResultNotFound(NotFound):
    """There is no result of this person in the run, or it is not yours to see."""


class Total(NamedTuple):
    """A sum over lines: the key, people and amounts in fen."""

    key: Any
    people: int
    eligible_fen: int
    fund_fen: int
    assistance_fen: int
    person_fen: int


NOTHING = Total(None, 0, 0, 0, 0, 0)  # of a run without lines that the actor may see


@dataclass(frozen=True, slots=True)
class LineFilter:
    """What a list of lines or holds is narrowed to; None: everything."""

    district_id: int | None = None
    provider_id: int | None = None
    mode: str | None = None
    kind: str | None = None
    owner: str | None = None
    case_number: str | None = None


def count_outcomes(session: Session, actor: Actor, run: PayoutRun) -> dict[Outcome, int]:
    """Return people by outcome, of those that the actor may see."""
    query: Rows = sa.select(PayoutResult.outcome, sa.func.count()).where(
        PayoutResult.run_id == run.id
    )
    rows = session.execute(visible(query.group_by(PayoutResult.outcome), actor))
    found: dict[Any, int] = dict(rows.all())
    return {outcome: int(found.get(outcome, 0)) for outcome in Outcome}


def sum_visible(session: Session, actor: Actor, run: PayoutRun) -> Total:
    """Return the sum of all lines that the actor may see."""
    query = visible(_sum_lines(sa.literal("")).where(PayoutLine.run_id == run.id), actor,
                    PayoutLine)  # fmt: skip
    return Total(*session.execute(query).one())


def sum_by_run(session: Session, actor: Actor, runs: Sequence[PayoutRun]) -> dict[int, Total]:
    """Return the sums of some runs' lines that the actor may see; a run without lines is absent.

    Who sees the whole area sees what each run has added up itself, without adding it up again.
    """
    if actor.reach is Reach.AREA and actor.district_id is None:
        return {run.id: _total_of(run) for run in runs}
    run_ids = [run.id for run in runs]
    query = _sum_lines(PayoutLine.run_id).where(PayoutLine.run_id.in_(run_ids))
    rows = session.execute(visible(query.group_by(PayoutLine.run_id), actor, PayoutLine))
    return {row[0]: Total(*row) for row in rows}


def _total_of(run: PayoutRun) -> Total:
    return Total(run.id, run.paid, *[getattr(run, name) for name in AMOUNTS])


def count_statements_due(session: Session, actor: Actor, run_ids: Sequence[int]) -> dict[int, int]:
    """Return how many statements runs call for: one a person, and one a provider with lines."""
    people: Rows = (
        sa.select(PayoutResult.run_id, sa.func.count())
        .where(PayoutResult.run_id.in_(run_ids))
        .group_by(PayoutResult.run_id)
    )
    providers: Rows = (
        sa.select(PayoutLine.run_id, sa.func.count(sa.distinct(PayoutLine.provider_id)))
        .where(PayoutLine.run_id.in_(run_ids))
        .group_by(PayoutLine.run_id)
    )
    due: dict[int, int] = dict(session.execute(visible(people, actor, PayoutResult)).all())
    for run_id, count in session.execute(visible(providers, actor, PayoutLine)):
        due[run_id] = due.get(run_id, 0) + count
    return due


def sum_by(session: Session, actor: Actor, run: PayoutRun, breakdown: str) -> list[Total]:
    """Return the lines' sums by one of BREAKDOWNS, the largest fund amount first."""
    column = BREAKDOWNS[breakdown]
    query = visible(_sum_lines(column).where(PayoutLine.run_id == run.id), actor, PayoutLine)
    totals = [Total(*row) for row in session.execute(query.group_by(column))]
    return sorted(totals, key=by_size)


def by_size(total: Total) -> tuple[int, str]:
    """Order totals by the fund's amount, the largest first."""
    return -total.fund_fen, str(total.key)


def _sum_lines(key: Any) -> Rows:
    sums = [
        sa.cast(sa.func.coalesce(sa.func.sum(getattr(PayoutLine, name)), 0), sa.BigInteger)
        for name in AMOUNTS
    ]
    people = sa.func.count(sa.distinct(PayoutLine.person_id))
    query: Rows = sa.select(key, people, *sums).select_from(PayoutLine)
    return query


def _select_with_person(table: Any, *columns: Any) -> Rows:
    query: Rows = sa.select(*columns).join(
        InsuredPerson,
        sa.and_(InsuredPerson.area_id == table.area_id, InsuredPerson.id == table.person_id),
    )
    return query


# The results of a run lie in an index in order of case number; its lines are looked up from there.
LINES_IN_ORDER = (PayoutResult.case_number, PayoutLine.sequence, PayoutLine.id)
HOLDS_IN_ORDER = (InsuredPerson.case_number, PayoutHold.sequence, PayoutHold.id)


def _narrow(query: Rows, *chosen: tuple[Any, Any]) -> Rows:
    """Keep the rows whose columns have the chosen values; an empty value chooses nothing."""
    for column, value in chosen:
        if value:
            query = query.where(column == value)
    return query


def _select_lines(actor: Actor, run: PayoutRun, chosen: LineFilter) -> Rows:
    line, result = PayoutLine, PayoutResult
    query = _narrow(
        _select_with_person(line, line, InsuredPerson),
        (line.district_id, chosen.district_id),
        (line.provider_id, chosen.provider_id),
        (line.mode, chosen.mode),
        (result.case_number, chosen.case_number),
    ).where(line.run_id == run.id)
    of_result = sa.and_(
        result.area_id == line.area_id, result.run_id == run.id, result.person_id == line.person_id
    )
    return visible(query.join(result, of_result), actor, line)


def list_lines(
    session: Session, actor: Actor, run: PayoutRun, chosen: LineFilter, cursor: str | None
) -> Page[Any]:
    """Return a page of (line, person), in order of case number."""
    return page(session, _select_lines(actor, run, chosen), LINES_IN_ORDER, cursor)


def load_lines(
    session: Session, actor: Actor, run: PayoutRun, chosen: LineFilter
) -> WholeList[tuple[PayoutLine, InsuredPerson]]:
    """Return every (line, person) of the list, for a file."""
    return WholeList(session, _select_lines(actor, run, chosen), *LINES_IN_ORDER)


def count_holds(session: Session, actor: Actor, run: PayoutRun) -> list[tuple[str, str, int, int]]:
    """Return (kind, owner, holds, people), the most frequent first."""
    holds, people = sa.func.count(), sa.func.count(sa.distinct(PayoutHold.person_id))
    query: Rows = sa.select(PayoutHold.kind, PayoutHold.owner, holds, people).where(
        PayoutHold.run_id == run.id
    )
    query = visible(query.group_by(PayoutHold.kind, PayoutHold.owner), actor, PayoutHold)
    rows = session.execute(query.order_by(holds.desc(), PayoutHold.kind, PayoutHold.owner))
    return [(kind, owner, count, persons) for kind, owner, count, persons in rows]


def _select_holds(actor: Actor, run: PayoutRun, chosen: LineFilter) -> Rows:
    query = _narrow(
        _select_with_person(PayoutHold, PayoutHold, InsuredPerson),
        (InsuredPerson.district_id, chosen.district_id),
        (PayoutHold.kind, chosen.kind),
        (PayoutHold.owner, chosen.owner),
    ).where(PayoutHold.run_id == run.id)
    return visible(query, actor, PayoutHold)


def list_holds(
    session: Session, actor: Actor, run: PayoutRun, chosen: LineFilter, cursor: str | None
) -> Page[Any]:
    """Return a page of (hold, person), in order of case number."""
    return page(session, _select_holds(actor, run, chosen), HOLDS_IN_ORDER, cursor)


def load_holds(
    session: Session, actor: Actor, run: PayoutRun, chosen: LineFilter
) -> WholeList[tuple[PayoutHold, InsuredPerson]]:
    """Return every (hold, person) of the list, for a file."""
    return WholeList(session, _select_holds(actor, run, chosen), *HOLDS_IN_ORDER)


def get_result(
    session: Session, actor: Actor, run: PayoutRun, person_id: int
) -> tuple[PayoutResult, InsuredPerson]:
    """Return a person's result in a run; raises ResultNotFound."""
    query = _select_with_person(PayoutResult, PayoutResult, InsuredPerson).where(
        PayoutResult.run_id == run.id, PayoutResult.person_id == person_id
    )
    row = session.execute(visible(query, actor, PayoutResult)).first()
    if row is None:
        raise ResultNotFound()
    return row[0], row[1]


def read_settlement(result: PayoutResult) -> Settlement:
    """Return the settlement that a result's trace keeps."""
    return from_json(zlib.decompress(result.trace))


def list_results_of_person(
    session: Session, actor: Actor, person_id: int
) -> list[tuple[PayoutResult, PayoutRun]]:
    """Return a person's results in all finished runs, the newest first: versions of months."""
    query: Rows = (
        sa.select(PayoutResult, PayoutRun)
        .join(PayoutRun, sa.and_(PayoutRun.area_id == PayoutResult.area_id,
                                 PayoutRun.id == PayoutResult.run_id))
        .where(PayoutResult.person_id == person_id, PayoutRun.digest.is_not(None))
        .order_by(PayoutRun.month.desc(), PayoutRun.sequence.desc())
    )  # fmt: skip
    rows = session.execute(visible(query, actor, PayoutResult, PayoutRun))
    return [(result, run) for result, run in rows]
