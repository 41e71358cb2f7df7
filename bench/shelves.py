"""What an office has on its shelves besides a city and its month: ``put_up`` writes it in bulk.

For everybody an application with its evaluation, and a month before, approved, with statements; two
years of approved months; and a sealed event of the audit log for every visit. Every list has a page
of rows at least, in a small city, too: else pages of the two sizes would not be the same. The
database makes these rows from those that are there: a large city's take a minute, not an hour.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.city import AFTER, AREA, MONTH
from ltc.rules.applications import ApplicationStatus
from ltc.rules.imports import ImportStatus
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.providers import ProviderKind
from ltc.rules.statement_codes import build_code
from ltc.rules.statements import StatementKind
from ltc.store.areas import Organisation, OrganisationKind
from ltc.store.assessments import Application, Evaluation
from ltc.store.audit_log import AuditBlock, AuditEvent
from ltc.store.base import new_id
from ltc.store.imports import ImportFile
from ltc.store.insured import InsuredPerson
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutResult, PayoutRun
from ltc.store.providers import Provider
from ltc.store.statements import Statement
from ltc.store.visits import Visit

MONTHS, FILES, JOBS = 24, 200, 400
EVENTS_A_BLOCK = 1_000
FILED_ON, EVALUATED_AT = date(2024, 1, 3), AFTER - timedelta(days=150)
# Of each so many applications one waits to be accepted, one for its evaluation, one for experts. In
# a small city a larger part of them, so that there are so many at least; and the assessor has that
# many to evaluate, whatever the size.
A_HUNDRED, WAITING_LEAST = 100, 60
# Providers that care for nobody yet: they, too, are listed.
EMPTY_PROVIDERS, EMPTY_IDS = 60, 1 << 30
MORE_HOLDS = 100  # their place among a person's holds, behind all that were calculated
CHANGED_APART, CHANGED_FEN = 50, 100
OTHER_IDS = 1 << 40  # between a row and its copy
DIGEST = "0" * 64


def put_up(session: Session, assessor_id: int, run_id: int) -> int:
    """Fill the shelves; return the run of the month before ``run_id``, which is approved."""
    _add_providers(session)
    _add_applications(session, assessor_id)
    run = session.get_one(PayoutRun, (AREA, run_id))
    _add_holds(session, run)
    earlier, *_older = [_add_month(session, run, months_ago) for months_ago in range(1, MONTHS)]
    for table in (PayoutResult, PayoutLine, PayoutHold):
        _copy_rows(session, table, run.id, earlier.id)
    _add_statements(session, earlier)
    _add_events(session)
    _add_jobs_and_files(session)
    session.commit()
    return earlier.id


def give_codes(session: Session, run_id: int, people: list[int]) -> list[str]:
    """Give the statements of some people the codes that a public page finds them by; return them."""
    found = session.scalars(
        sa.select(Statement).where(
            Statement.run_id == run_id, Statement.subject_id.in_(people),
            Statement.kind == StatementKind.PERSON,
        )
    )  # fmt: skip
    codes = []
    for statement in found:
        statement.verify_code = build_code(DIGEST, statement.number, statement.content_digest)
        codes.append(statement.verify_code)
    session.commit()
    return codes


def _insert(session: Session, table: Any, values: Mapping[str, Any], *conditions: Any) -> None:
    """Insert a row for each row that the values are taken from."""
    rows = sa.select(*values.values()).where(*conditions)
    session.execute(sa.insert(table).from_select(list(values), rows))


def _add_providers(session: Session) -> None:
    """Add providers without people; each is an organisation, as the others are."""
    ids = range(EMPTY_IDS, EMPTY_IDS + EMPTY_PROVIDERS)
    session.add_all(
        Organisation(
            area_id=AREA, id=id_, kind=OrganisationKind.PROVIDER, name=f"E{id_ - EMPTY_IDS}"
        )
        for id_ in ids
    )
    session.flush()
    session.add_all(
        Provider(area_id=AREA, id=id_, code=f"E{id_ - EMPTY_IDS:04d}", name=f"E{id_ - EMPTY_IDS}",
                 kind=ProviderKind.HOME, district_id=1, recorded_at=AFTER)
        for id_ in ids
    )  # fmt: skip
    session.flush()


def _add_applications(session: Session, assessor_id: int) -> None:
    person = InsuredPerson
    people = session.scalar(sa.select(sa.func.count()).select_from(person)) or 0
    apart = max(3, min(A_HUNDRED, people // WAITING_LEAST))
    turn = person.id % apart
    status = sa.case(
        (turn == 0, ApplicationStatus.FILED), (turn == 1, ApplicationStatus.ACCEPTED),
        (turn == 2, ApplicationStatus.SCORED), else_=ApplicationStatus.CONCLUDED,
    )  # fmt: skip
    mine = sa.case((person.id <= apart * WAITING_LEAST, assessor_id), else_=sa.null())
    _insert(session, Application, {
        "area_id": person.area_id, "id": person.id, "number": "SQ" + person.case_number,
        "person_id": person.id, "status": status, "filed_on": sa.literal(FILED_ON),
        "assessor_id": mine, "recorded_at": _at(EVALUATED_AT),
    })  # fmt: skip
    done = Application
    _insert(session, Evaluation, {
        "area_id": done.area_id, "id": done.id, "application_id": done.id,
        "instrument": sa.literal("cn-2021"), "scores": sa.literal({}, Evaluation.scores.type),
        "started_at": _at(EVALUATED_AT), "saved_at": _at(EVALUATED_AT),
        "completed_at": _at(EVALUATED_AT), "grade": sa.literal("4"),
    }, done.status.in_((ApplicationStatus.SCORED, ApplicationStatus.CONCLUDED)))  # fmt: skip


def _at(instant: Any) -> Any:
    return sa.literal(instant, AuditEvent.at.type)


def _columns(row: Any) -> list[str]:
    return [column.key for column in sa.inspect(type(row)).mapper.columns]


def _add_holds(session: Session, run: PayoutRun) -> None:
    """Hold something of some more people: in a small city few have not signed their plan."""
    of_run = sa.select(PayoutHold).where(PayoutHold.area_id == AREA, PayoutHold.run_id == run.id)
    hold = session.scalars(of_run.limit(1)).one()
    values = {name: getattr(hold, name) for name in _columns(hold)}
    session.add_all(
        PayoutHold(**values | {"id": new_id(), "person_id": person_id, "sequence": MORE_HOLDS})
        for person_id in range(1, WAITING_LEAST + 1)
    )
    session.flush()


def _add_month(session: Session, run: PayoutRun, months_ago: int) -> PayoutRun:
    """Add an approved run of an earlier month that came to the same."""
    values = {name: getattr(run, name) for name in _columns(run)}
    before = timedelta(days=30 * months_ago)
    month = PayoutRun(**values | {
        "id": new_id(), "month": str(MONTH.plus(-months_ago)), "status": RunStatus.APPROVED,
        "known_at": run.known_at - before, "calculated_at": AFTER - before,
        "approved_at": AFTER - before, "approved_digest": run.digest,
    })  # fmt: skip
    session.add(month)
    session.flush()
    return month


def _copy_rows(session: Session, table: Any, run_id: int, other_id: int) -> None:
    """Copy what a run has come to; of some people the fund paid a little more."""
    values = {column.key: column for column in sa.inspect(table).mapper.columns}
    values |= {"id": table.id + OTHER_IDS, "run_id": sa.literal(other_id, sa.BigInteger)}
    if table is PayoutLine:
        more = sa.case((table.person_id % CHANGED_APART == 0, CHANGED_FEN), else_=0)
        values |= {name: values[name] + more for name in ("eligible_fen", "fund_fen")}
    _insert(session, table, values, table.area_id == AREA, table.run_id == run_id)


def _add_statements(session: Session, run: PayoutRun) -> None:
    """Issue a statement to everybody with a result, and to each provider."""
    result, provider = PayoutResult, Provider
    begins = run.month.replace("-", "") + "R1-"
    given = {
        "area_id": result.area_id, "run_id": result.run_id, "content_digest": sa.literal(DIGEST),
        "issued_at": _at(AFTER - timedelta(days=20)),
    }  # fmt: skip
    of_run = (result.area_id == AREA, result.run_id == run.id)
    _insert(session, Statement, {
        **given, "id": result.id, "kind": sa.literal(StatementKind.PERSON, Statement.kind.type),
        "number": begins + result.case_number, "subject_id": result.person_id,
        "provider_id": result.provider_id, "district_id": result.district_id,
    }, *of_run)  # fmt: skip
    _insert(session, Statement, {
        **given, "area_id": provider.area_id, "id": provider.id,
        "run_id": sa.literal(run.id, sa.BigInteger),
        "kind": sa.literal(StatementKind.PROVIDER, Statement.kind.type),
        "number": begins + "P-" + provider.code, "subject_id": provider.id,
        "provider_id": provider.id, "district_id": provider.district_id,
    }, provider.area_id == AREA)  # fmt: skip


def _add_events(session: Session) -> None:
    """Tell the audit log of every visit, in blocks; nobody looks into what they seal."""
    visit, event = Visit, AuditEvent
    _insert(session, event, {
        "area_id": visit.area_id, "id": visit.id, "at": visit.begins_at,
        "actor_role": sa.literal("machine"), "door": sa.literal("bench"),
        "action": sa.literal("visit.recorded"), "record_type": sa.literal("visit"),
        "record_id": visit.id, "changes": sa.literal({}, event.changes.type),
        "digest": sa.literal(DIGEST), "link": sa.literal(DIGEST),
        "block_number": visit.id // EVENTS_A_BLOCK, "position": visit.id % EVENTS_A_BLOCK,
    })  # fmt: skip
    last = session.scalar(sa.select(sa.func.max(event.block_number))) or 0
    session.add_all(
        AuditBlock(area_id=AREA, number=number, events=EVENTS_A_BLOCK, previous_digest=DIGEST,
                   digest=DIGEST, sealed_at=AFTER)
        for number in range(last + 1)
    )  # fmt: skip


def _add_jobs_and_files(session: Session) -> None:
    """Two years of nightly jobs, and of files that were imported."""
    for number in range(JOBS):
        at = AFTER - timedelta(days=number)
        session.add(JobRun(
            area_id=AREA, id=new_id(), kind="audit_check", job_key=f"k{number}", inputs={},
            status=JobStatus.DONE, heartbeat_at=at, started_at=at, ended_at=at,
        ))  # fmt: skip
    for number in range(FILES):
        session.add(ImportFile(
            area_id=AREA, id=new_id(), kind="visits", file_name=f"{number}.csv", counts={},
            file_digest=DIGEST, status=ImportStatus.DONE, uploaded_at=AFTER - timedelta(days=number),
        ))  # fmt: skip
