"""A small demonstration for tests that look at pages: two months paid, and what went wrong beside it."""

import io
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.rules.policies import LawBook
from ltc.rules.statements import StatementKind
from ltc.services import applications
from ltc.services.conclusions import ConclusionFacts, propose_correction
from ltc.services.demo.director import BUILT_ON, Means, build
from ltc.services.demo.stage import Stage
from ltc.services.demo.stories import at
from ltc.services.executors import Inline
from ltc.services.import_work import work
from ltc.services.imports import receive
from ltc.services.statement_press import Press
from ltc.services.statements import issue
from ltc.services.uploads import keep_upload, uploads_folder
from ltc.store.assessments import Conclusion
from ltc.store.insured import Enrolment, InsuredPerson
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutResult
from ltc.store.providers import Provider
from ltc.store.sealing import keys_of
from ltc.store.users import User
from tests.support import factories as make
from tests.support.world import Side
from tests.web.route_examples import RECORDS

PEOPLE = 60  # fewer, and not everything happens to somebody
OPEN_AT = at(BUILT_ON, 12)
BAD_FILE = "case_number,carer_code\nnobody,K1\n=cmd,K2\n"


def build_demonstration(session: Session, policies: LawBook, documents: Path) -> None:
    """Build it in an empty database, with statements of one person and what went wrong."""
    documents.mkdir(parents=True, exist_ok=True)
    means = Means(policies, Inline(session.get_bind()), documents, None, lambda *_told: None)  # type: ignore[arg-type]
    stage = build(session, means, PEOPLE)
    paid = session.scalars(sa.select(PayoutResult).where(PayoutResult.fund_fen > 0).limit(1)).one()
    ctx = stage.acting("approver", OPEN_AT)
    issue(
        ctx, run_id=paid.run_id, kind=StatementKind.PERSON, subject_id=paid.person_id,
        press=Press(documents),
    )  # fmt: skip
    _import_a_bad_file(stage, documents)
    _apply_again(stage)
    _propose_a_correction(stage)
    session.execute(sa.update(User).values(must_change_password=False))
    for kind in ("calculate", "statements"):
        inputs = {"month": "2019-12", "run_id": paid.run_id}
        session.add(_fail(stage, f"{kind}:{paid.run_id}", kind=kind, inputs=inputs))
    person = session.scalars(sa.select(InsuredPerson).limit(1)).one()
    make.make_fee(session, person, session.scalars(sa.select(Provider).limit(1)).one())
    session.commit()


def _import_a_bad_file(stage: Stage, documents: Path) -> None:
    ctx = stage.acting("officer", OPEN_AT)
    folder = uploads_folder(documents)
    digest = keep_upload(folder, io.BytesIO(BAD_FILE.encode()), keys_of(ctx.session))
    asked = receive(ctx, kind=ImportKind.VISITS, file_name="visits.csv", file_digest=digest)
    work(ctx, import_id=asked.import_id, folder=folder, clock=lambda: OPEN_AT, job_id=asked.job_id)


def _apply_again(stage: Stage) -> None:
    """File two applications anew, of which one is accepted: the others have ended."""
    ctx = stage.acting("officer", OPEN_AT)
    people = stage.session.scalars(sa.select(Enrolment.person_id).order_by(Enrolment.id).limit(2))
    filed = [applications.file(ctx, person_id=person_id) for person_id in people.all()]
    applications.accept(ctx, application_id=filed[0].id)


def _propose_a_correction(stage: Stage) -> None:
    """Leave the newest conclusion to be corrected: another expert has to confirm that."""
    newest = sa.select(Conclusion).order_by(Conclusion.application_id.desc()).limit(1)
    old = stage.session.scalars(newest).one()
    facts = ConclusionFacts("3" if old.grade == "4" else "4", old.concluded_on, old.valid_before)
    propose_correction(
        stage.acting("expert2", OPEN_AT), conclusion_id=old.id, facts=facts, reason="登记有误"
    )


def _fail(stage: Stage, key: str, **given: Any) -> JobRun:
    """A job that failed half way."""
    return JobRun(
        area_id=stage.area_id, job_key=key, status=JobStatus.FAILED, heartbeat_at=OPEN_AT,
        started_at=OPEN_AT, ended_at=OPEN_AT, progress_done=3, progress_total=60, **given,
    )  # fmt: skip


def pick_sides(session: Session) -> list[Side]:
    """Return examples for routes: of each record the first, and others of every status it has."""
    users = {role: _first_user(session, role) for role in Role if role is not Role.MACHINE}
    found = {table: _one_of_each(session, table) for table in {*RECORDS.values(), Enrolment}}
    sides = []
    for number in range(max(map(len, found.values()))):
        rows = {table: each[number % len(each)] for table, each in found.items()}
        sides.append(Side(1, rows[InsuredPerson].district_id, rows=rows, users=users))
    return sides


def _first_user(session: Session, role: Role) -> User:
    query = sa.select(User).where(User.role == role).order_by(User.sign_in_name).limit(1)
    return session.scalars(query).one()


def _one_of_each(session: Session, table: Any) -> list[Any]:
    """Return the first and the last record of every kind and status that there is.

    The first may have been corrected since: the pages of what replaced it are those of the last.
    """
    columns = [getattr(table, name) for name in ("kind", "status") if hasattr(table, name)]
    ids = [
        found
        for edge in (sa.func.min, sa.func.max)
        for found in session.scalars(sa.select(edge(table.id)).group_by(*columns))
    ]
    return [
        session.scalars(sa.select(table).where(table.id == each)).one()
        for each in dict.fromkeys(ids)
    ]
