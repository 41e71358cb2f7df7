"""Kills imports at chosen points, lets each be taken up again, and writes what came out.

``python -m tests.support.kill_imports URL FOLDER POINTS``: single-threaded, so that it may fork
the processes that are killed. Writes one JSON object a line: where it was killed, how many rows were
done by then, and a digest over all that the finished import stored. The first line is undisturbed.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor, Role
from ltc.rules.imports import ImportKind, ImportStatus
from ltc.services import import_work, imports
from ltc.services.context import Context
from ltc.services.import_left_out import read_left_out
from ltc.services.leases import LIVE
from ltc.services.uploads import keep_upload, left_out_path
from ltc.store import db
from ltc.store.imports import ImportFile
from ltc.store.job_runs import JobRun
from ltc.store.policies import load_law
from ltc.store.sealing import KeyRing
from ltc.store.visits import Fee
from tests.conftest import NOW
from tests.support.kill_points import KillPoint

LAW = load_law()
KEYS = KeyRing("k1", {"k1": bytes(32)}, bytes(32))


def run(url: str, folder: Path, kill_at: int | None) -> int:
    """Try the file out and carry it out, or go on; return how many statements and commits it took."""
    engine = db.create_engine(url)
    point = KillPoint(engine, kill_at)
    with Session(engine, expire_on_commit=False, info={"keys": KEYS}) as session:
        ctx = Context(session, Actor(None, "officer", Role.OFFICER, 1, door="test"), NOW, LAW)
        file = _find(session) or _receive(ctx, folder)
        while file.status is not ImportStatus.DONE:
            _go_on(ctx, file, folder)
    engine.dispose()
    return point.count


def _receive(ctx: Context, folder: Path) -> ImportFile:
    path = folder / "fees.csv"
    with path.open("rb") as stream:
        digest = keep_upload(folder / "uploads", stream, KEYS)
    imports.receive(ctx, kind=ImportKind.FEES, file_name=path.name, file_digest=digest)
    return _find(ctx.session)


def _go_on(ctx: Context, file: ImportFile, folder: Path) -> None:
    """Do the next step: what a page asks for, where that was not asked yet, and what follows."""
    if file.status is ImportStatus.TRIED:
        imports.ask_to_carry_out(ctx, import_id=file.id)
    live = ctx.session.scalar(sa.select(JobRun.id).where(JobRun.status.in_(LIVE)))
    import_work.work(
        ctx, import_id=file.id, folder=folder / "uploads", clock=lambda: NOW, job_id=live
    )


def _find(session: Session) -> Any:
    return session.scalar(sa.select(ImportFile))


def kill(url: str, folder: Path, at: int) -> None:
    """Run an import in a process that is killed at the given point."""
    child = os.fork()
    if child == 0:
        run(url, folder, at)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise SystemExit(f"not killed: {at}")


def look(url: str, folder: Path) -> dict[str, Any]:
    """Return what is stored now."""
    engine = db.create_engine(url)
    with Session(engine) as session:
        file = _find(session)
        content = [column for column in Fee.__table__.columns if column.key != "id"]
        rows = sorted(map(repr, session.execute(sa.select(*content))))
        left = left_out_path(folder / "uploads", file.id) if file else None
        found = {
            "rows": len(rows),
            "stored": hashlib.sha256(repr(rows).encode()).hexdigest(),
            "counts": file.counts if file else {},
            "problems": file.problems if file else [],
            "left_out": list(read_left_out(left, KEYS)) if left and left.exists() else [],
            "kept": len(list((folder / "uploads").iterdir())),
        }
    engine.dispose()
    return found


def forget(url: str, folder: Path) -> None:
    """Take everything away for the next one."""
    engine = db.create_engine(url)
    with engine.begin() as connection:
        for table in ("fees", "import_files", "job_runs"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    engine.dispose()
    for path in (folder / "uploads").iterdir():
        path.unlink()


def main(url: str, folder: Path, points: int) -> None:
    import_work.PIECE_ROWS = import_work.CHUNK_ROWS = 4
    steps = run(url, folder, None)
    print(json.dumps({"killed": None, "done": 0, **look(url, folder)}))
    for at in range(steps // points, steps + 1, steps // points):
        forget(url, folder)
        kill(url, folder, at)
        done = look(url, folder)["rows"]
        run(url, folder, None)
        print(json.dumps({"killed": at, "done": done, **look(url, folder)}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
