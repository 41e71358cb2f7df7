"""Restores a backup into an empty place, at once or not at all, and then proves what stands there.

The tables are built as they were when the backup was made, filled, read again and held against the
backup's sums; only then they are brought up to this program's version and appear. What a file of
another version, another key or a damaged one means is said before anything is touched.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from ltc.rules.access import Permission, build_machine
from ltc.rules.audit import ChainState
from ltc.rules.errors import Conflict, NotFound, Problem
from ltc.services.audit import verify
from ltc.services.backups import digest_file, fingerprint_keys
from ltc.services.context import Context, Policies
from ltc.services.executors import Executor
from ltc.services.proofs import Proof, prove_last_month
from ltc.store import backup_documents, backup_tables, migrations
from ltc.store.areas import Area, list_areas
from ltc.store.backup_file import AuditHead, BackupReader, Head, Section, SectionKind, Sums
from ltc.store.backup_places import Site, check_empty, open_site
from ltc.store.backup_seal import BackupKeys, NoBackupKey
from ltc.store.sealing import KeyRing


class BackupNotThere(NotFound):
    """There is no file {path}."""


class BackupTooNew(Conflict):
    """{name} was made at version {found} of the tables, which this program ({newest}) does not know.
    Update the program to the one that made it, then restore.
    """


class RestoredDiffers(Conflict):
    """The table {table} was not restored as it was: nothing was changed. Report it."""


class RestoreNotWritten(Conflict):
    """Nothing was restored: {why}. Free space, then start it again; documents that were written
    already are not written twice.
    """


@dataclass(frozen=True, slots=True)
class Content:
    """What a backup holds, as read from its beginning to its end."""

    head: Head
    sums: Sums
    sha256: str


@dataclass(frozen=True, slots=True)
class AreaState:
    """What was found about an area after restoring; ``trouble`` says what could not be looked at."""

    code: str
    chain: ChainState
    is_head_right: bool
    proof: Proof | None
    trouble: Problem | None = None

    @property
    def is_well(self) -> bool:
        """Whether the chain is whole up to the backup's head, and the last month came out again."""
        is_proven = self.proof is not None and self.proof.is_well
        return self.chain.broken is None and self.is_head_right and is_proven


@dataclass(frozen=True, slots=True)
class Place:
    """Where to restore to; ``documents`` None leaves the issued statements out."""

    engine: sa.Engine
    documents: Path | None
    is_replaced: bool = False


@dataclass(frozen=True, slots=True)
class Prover:
    """What is needed to look at restored areas."""

    session_maker: sessionmaker[Session]
    policies: Policies
    executor: Executor
    now: datetime
    door: str


def check_backup(path: Path, keys: BackupKeys | None) -> Content:
    """Read a backup to its end and write nothing; raises what is wrong with it.

    Raises BackupNotThere, NoBackupKey, NotABackup, BackupKeyMissing, BackupDamaged, BackupCutOff,
    SumsDiffer, DocumentDiffers, BackupTooNew.
    """
    with open_backup(path, keys) as reader:
        sums = reader.read(_check_section)
        return Content(reader.head, sums, digest_file(path))


def restore_backup(place: Place, *, path: Path, keys: BackupKeys | None, at: datetime) -> Content:
    """Restore a backup; afterwards everything stands there, or nothing.

    An SQLite file that is replaced is kept beside the new one. Raises what ``check_backup`` raises,
    PlaceNotEmpty, RestoredDiffers, RestoreNotWritten.
    """
    with open_backup(path, keys) as reader:
        if not place.is_replaced:
            check_empty(place.engine)
        aside = f"replaced-{at:%Y%m%dT%H%M%SZ}"
        try:
            with open_site(place.engine, aside=aside) as site:
                sums = fill_site(site, reader, place.documents)
        except OSError as error:
            raise RestoreNotWritten(why=error.strerror or type(error).__name__) from None
        return Content(reader.head, sums, digest_file(path))


def fill_site(site: Site, reader: BackupReader, documents: Path | None) -> Sums:
    """Build the tables of the backup's version, fill and check them, bring them up to date."""
    site.upgrade(reader.head.schema)
    with site.connect() as connection:
        filler = _Filler(connection, documents)
        sums = reader.read(filler.use)
        filler.check(sums)
    site.upgrade()
    return sums


def list_lost_keys(head: Head, ring: KeyRing) -> list[str]:
    """Return the ids of data keys that the backup was made with and this installation lacks.

    An empty id stands for the key that finds sealed values again.
    """
    here = fingerprint_keys(ring)
    return sorted(key_id for key_id, print_ in head.keys.items() if here.get(key_id) != print_)


def record_restore(ctx: Context, *, content: Content, name: str) -> None:
    """Write into an area's audit log that everything before this comes from a backup."""
    ctx.require(Permission.MANAGE_USERS)
    with ctx.transaction():
        changes = {
            "file": [None, name], "sha256": [None, content.sha256],
            "made_at": [None, content.head.made_at],
        }  # fmt: skip
        ctx.record("backup.restored", "area", ctx.area_id, changes)


def prove_areas(prover: Prover, heads: Sequence[AuditHead]) -> list[AreaState]:
    """Check the chain of every area and calculate its last approved month again."""
    with prover.session_maker() as session:
        return [_prove_area(prover, session, area, heads) for area in list_areas(session)]


def machine_of(prover: Prover, session: Session, area: Area) -> Context:
    """Return the machine's context in an area."""
    actor = build_machine(area.id, prover.door)
    return Context(session, actor, prover.now, prover.policies, area.time_zone)


def _prove_area(
    prover: Prover, session: Session, area: Area, heads: Sequence[AuditHead]
) -> AreaState:
    chain = verify(session, area.id)
    wanted = [(head.number, head.digest) for head in heads if head.area_id == area.id]
    is_head_right = wanted == ([(chain.head_number, chain.head_digest)] if chain.blocks else [])
    try:
        ctx = machine_of(prover, session, area)
        proof = prove_last_month(ctx, executor=prover.executor)
    except Problem as problem:
        return AreaState(area.code, chain, is_head_right, None, problem)
    return AreaState(area.code, chain, is_head_right, proof)


@contextmanager
def open_backup(path: Path, keys: BackupKeys | None) -> Iterator[BackupReader]:
    """Yield the reader of a file whose version this program knows; raises what is wrong with it."""
    if keys is None:
        raise NoBackupKey()
    if not path.is_file():
        raise BackupNotThere(path=path)
    with path.open("rb") as file:
        reader = BackupReader(file, keys, path.name)
        if not migrations.is_known(reader.head.schema):
            newest = migrations.newest_version()
            raise BackupTooNew(name=path.name, found=reader.head.schema, newest=newest)
        yield reader


def _check_section(section: Section, blocks: Iterator[bytes]) -> None:
    if section.kind is SectionKind.DOCUMENT:
        backup_documents.check_document(section.name, blocks)


class _Filler:
    """Puts every section where it belongs, and looks whether it came to stand there."""

    def __init__(self, connection: sa.Connection, documents: Path | None) -> None:
        self._connection = connection
        self._documents = documents
        self._tables = {t.name: t for t in backup_tables.find_tables(connection)}
        backup_tables.clear_tables(connection, self._tables.values())

    def use(self, section: Section, blocks: Iterator[bytes]) -> None:
        if section.kind is SectionKind.TABLE:
            table = self._tables.get(section.name)
            if table is None:
                raise RestoredDiffers(table=section.name)
            backup_tables.insert_blocks(self._connection, table, section.columns, blocks)
        elif self._documents is None:
            backup_documents.check_document(section.name, blocks)
        else:
            backup_documents.keep_document(self._documents, section.name, blocks)

    def check(self, sums: Sums) -> None:
        for name, table in self._tables.items():
            if backup_tables.sum_table(self._connection, table) != sums.tables.get(name):
                raise RestoredDiffers(table=name)
