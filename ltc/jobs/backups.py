"""The scheduled backup, and the drill that restores the newest one and throws it away again."""

import tempfile
from pathlib import Path

from ltc import clock
from ltc.jobs.audit_sealing import DOOR
from ltc.jobs.work import Work
from ltc.rules.access import build_machine
from ltc.rules.backups import parse_name
from ltc.rules.books import VERDICT_SENTENCES
from ltc.rules.errors import Conflict, Problem
from ltc.rules.words import N_, Word
from ltc.services.backups import (
    Made,
    Source,
    list_backups,
    list_old_backups,
    make_backup,
    record_backup,
    remove_old_backups,
)
from ltc.services.backups_drill import Drilled, drill
from ltc.services.backups_restore import AreaState
from ltc.services.context import Context
from ltc.store.areas import list_areas
from ltc.store.scratch import sweep

OTHER_CHAIN = N_("The chain of the audit log is not the one that was backed up.")


class DrillFailed(Conflict):
    """{name} was restored, but what came back is not well (areas concerned: {count}). {area}:
    {why} Make a fresh backup, check the audit log and the books, and keep the older backups.
    """


def back_up(work: Work) -> dict[str, object]:
    """Back up everything; a dry run writes the same file and throws it away at once."""
    given = work.house.settings
    if not work.dry_run:
        sweep(given.scratch)
        made = _make(work, given.backups)
        removed = remove_old_backups(given.backups, given.backup_retention)
        _record(work, made)
        return _describe(made, removed)
    given.backups.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".dry-run-", dir=given.backups) as folder:
        made = _make(work, Path(folder))
    coming = parse_name(made.path.name)
    return _describe(made, list_old_backups(given.backups, given.backup_retention, coming=coming))


def drill_restore(work: Work) -> dict[str, object]:
    """Restore the newest backup into a temporary place and prove it; raises DrillFailed."""
    given = work.house.settings
    path = list_backups(given.backups)[0]
    work.log(f"Restoring {path.name}.")
    drilled = drill(
        path, scratch=given.scratch, keys=given.backup_keys, data_keys=given.keys,
        policies=work.house.policies, now=clock.now(), door=DOOR,
    )  # fmt: skip
    if not drilled.is_well:
        raise _build_failure(drilled)
    return _describe_drill(drilled)


def _make(work: Work, folder: Path) -> Made:
    given = work.house.settings
    source = Source(work.house.engine, given.keys, given.documents)
    return make_backup(
        source, folder=folder, keys=given.backup_keys, at=clock.now(), report=work.report
    )


def _record(work: Work, made: Made) -> None:
    """Write the backup into the audit log of every area."""
    house = work.house
    with house.session_maker() as session:
        for area in list_areas(session):
            actor = build_machine(area.id, DOOR)
            ctx = Context(session, actor, clock.now(), house.policies, area.time_zone)
            record_backup(ctx, made=made)


def _describe(made: Made, removed: list[Path]) -> dict[str, object]:
    return {
        "file": made.path.name, "size_bytes": made.size, "tables": len(made.sums.tables),
        "table_rows": made.rows, "documents": made.sums.documents, "digest": made.sha256,
        "removed": len(removed),
    }  # fmt: skip


def _describe_drill(drilled: Drilled) -> dict[str, object]:
    sums = drilled.content.sums
    return {
        "file": drilled.path.name, "tables": len(sums.tables),
        "table_rows": sum(table.rows for table in sums.tables.values()),
        "documents": sums.documents,
        "rows": [
            {"name": area.code, "what": VERDICT_SENTENCES[area.proof.verdict]}
            for area in drilled.areas
            if area.proof
        ],
    }  # fmt: skip


def _build_failure(drilled: Drilled) -> DrillFailed:
    """Return what the job ends with: the first area's reason, how many there are, and all of them."""
    bad = [area for area in drilled.areas if not area.is_well]
    problem = DrillFailed(
        name=drilled.path.name, count=len(bad), area=bad[0].code, why=_say_why(bad[0])
    )
    problem.rows = [{"name": area.code, "what": str(_say_why(area))} for area in bad]
    return problem


def _say_why(area: AreaState) -> Word | Problem:
    if area.chain.broken is not None or not area.is_head_right:
        return Word(OTHER_CHAIN)
    if area.proof is None:
        return area.trouble or Problem()
    return Word(VERDICT_SENTENCES[area.proof.verdict])
