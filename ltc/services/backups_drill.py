"""The drill: a backup restored into an empty temporary place and proven, as if all else were lost."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ltc.services.backups_restore import (
    AreaState,
    Content,
    Prover,
    fill_site,
    open_backup,
    prove_areas,
)
from ltc.services.context import Policies
from ltc.services.executors import Inline
from ltc.store import db
from ltc.store.backup_places import open_sqlite_site
from ltc.store.backup_seal import BackupKeys
from ltc.store.scratch import FORMER_PREFIX, open_scratch, sweep
from ltc.store.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill found."""

    path: Path
    content: Content
    areas: list[AreaState]

    @property
    def is_well(self) -> bool:
        """Whether everything came back and could be proven."""
        return all(area.is_well for area in self.areas)


def drill(
    path: Path, *, scratch: Path, keys: BackupKeys | None, data_keys: KeyRing,
    policies: Policies, now: datetime, door: str = "job",
) -> Drilled:  # fmt: skip
    """Restore a backup into a new SQLite file, prove its areas, and take it away again.

    The file has names and grades in plain: it lies in a private folder inside ``scratch``, away
    from the backups. The documents are read and held against their digests, not written. Raises
    what ``restore_backup`` raises.
    """
    sweep(path.parent, FORMER_PREFIX)
    with open_scratch(scratch) as folder:
        database = folder / "drill.db"
        with open_backup(path, keys) as reader, open_sqlite_site(database) as site:
            sums = fill_site(site, reader, None)
        engine = db.create_engine(f"sqlite:///{database}")
        try:
            maker = db.create_session_maker(engine, data_keys)
            prover = Prover(maker, policies, Inline(engine), now, door)
            areas = prove_areas(prover, sums.audit_heads)
        finally:
            engine.dispose()
        return Drilled(path, Content(reader.head, sums, ""), areas)
