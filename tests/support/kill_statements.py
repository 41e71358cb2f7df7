"""Kills the issuing of statements at chosen points, lets it be taken up again, says what came out.

``python -m tests.support.kill_statements URL FOLDER RUN POINT…``: single-threaded, so that it may
fork the processes that are killed. Pages are filled but not laid out, which would take minutes.
Writes one JSON object a line: where it was killed, how many statements were written by then, and a
digest over all rows and files of the finished run. The first line is an undisturbed run.
"""

import hashlib
import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Role
from ltc.services import statement_sheets, statements
from ltc.services.audit import seal_blocks
from ltc.services.context import Context
from ltc.services.statement_press import Press
from ltc.services.statement_printers import Inline
from ltc.store import db
from ltc.store.audit_log import AuditBlock, AuditEvent, find_head
from ltc.store.documents import read_file
from ltc.store.job_runs import JobRun
from ltc.store.pdf import Printed
from ltc.store.policies import load_law
from ltc.store.statements import Statement
from tests.support.kill_points import KillPoint
from tests.support.month import AFTER

PEOPLE_PER_PIECE = 2


def issue(url: str, folder: Path, run_id: int, kill_at: int | None) -> int:
    """Issue all statements; return how many statements and commits of SQL it took."""
    statements.PEOPLE_PER_PIECE = PEOPLE_PER_PIECE
    statement_sheets.print_page = lambda html: Printed(html.encode(), 1)
    engine = db.create_engine(url)
    point = KillPoint(engine, kill_at)
    with Session(engine, expire_on_commit=False) as session:
        ctx = make_context(session)
        with suppress(statements.AllIssued):  # killed after the very end: nothing is left to do
            statements.issue_run(
                ctx,
                run_id=run_id,
                press=Press(folder),
                printers=Inline(engine),
                clock=lambda: AFTER,
            )
    engine.dispose()
    return point.count


def make_context(session: Session) -> Context:
    return Context(session, Actor(None, "machine", Role.MACHINE, 1, door="test"), AFTER, load_law())


def seal(url: str) -> int:
    """Seal the audit log as it stands, and return the number of its newest block."""
    engine = db.create_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        seal_blocks(make_context(session), settle_seconds=0)
        head = find_head(session, 1)
    engine.dispose()
    return head.number if head else 0


def kill(url: str, folder: Path, run_id: int, kill_at: int) -> None:
    child = os.fork()
    if child == 0:
        issue(url, folder, run_id, kill_at)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise SystemExit(f"not killed at {kill_at}")


def look(url: str, folder: Path, head: int) -> dict[str, Any]:
    """What is stored, and the files whole; then take all of it away for the next one.

    The audit log goes back to its block ``head``, which the paper names.
    """
    engine = db.create_engine(url)
    with Session(engine) as session:
        rows = session.scalars(sa.select(Statement).order_by(Statement.number)).all()
        for row in rows:
            read_file(folder, row.area_id, row.file_digest or "")
        text = "".join(
            f"{r.number} {r.subject_id} {r.content_digest} {r.file_digest}\n" for r in rows
        )
        jobs = [job.status.value for job in session.scalars(sa.select(JobRun))]
        session.execute(sa.delete(Statement))
        session.execute(sa.delete(JobRun))
        is_later = sa.or_(AuditEvent.block_number.is_(None), AuditEvent.block_number > head)
        session.execute(sa.delete(AuditEvent).where(is_later))
        session.execute(sa.delete(AuditBlock).where(AuditBlock.number > head))
        session.commit()
    engine.dispose()
    left = [path.name for path in folder.rglob("*.part")]
    shutil.rmtree(folder, ignore_errors=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"rows": len(rows), "digest": digest, "left": left, "jobs": sorted(set(jobs))}


def count_rows(url: str) -> int:
    engine = db.create_engine(url)
    with Session(engine) as session:
        found = session.scalar(sa.select(sa.func.count()).select_from(Statement)) or 0
    engine.dispose()
    return found


def main(url: str, folder: Path, run_id: int, shares: list[int]) -> None:
    """Kill at so many hundredths of all steps."""
    head = seal(url)
    steps = issue(url, folder, run_id, None)
    print(json.dumps({"killed": None, **look(url, folder, head)}))
    for hundredth in shares:
        kill(url, folder, run_id, max(1, steps * hundredth // 100))
        done = count_rows(url)
        issue(url, folder, run_id, None)
        print(json.dumps({"killed": hundredth, "done": done, **look(url, folder, head)}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), [int(point) for point in sys.argv[4:]])
