"""What stands in a backup: a head, sections of blocks (tables, documents), and sums at the end.

The inside is one compressed stream of parts, each with its kind and length; ``backup_seal``
encrypts it. Whoever reads takes section after section, and the sums are held against what was read
when the last one is through.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import IO, Any

from ltc.rules.errors import Conflict
from ltc.store.backup_seal import (
    BackupKeys,
    NotABackup,
    SealedWriter,
    read_sealed,
)

LEVEL = 3  # zlib: half the size of level 1 on rows of text, and traces are compressed already
KIND_BYTES, LENGTH_BYTES = 1, 4
PREFIX_BYTES = KIND_BYTES + LENGTH_BYTES
MOST_AT_ONCE = 1024 * 1024
HEAD, SECTION, BLOCK, END = b"H", b"S", b"B", b"E"


class SumsDiffer(Conflict):
    """{name} is not whole: {what} is not what its list of contents says. Take another copy."""


class SectionKind(StrEnum):
    """What a section holds."""

    TABLE = "table"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Head:
    """What is known before the contents; ``keys`` maps ids of data keys to fingerprints."""

    made_at: str
    schema: str
    program: str
    database: str
    areas: list[str]
    keys: dict[str, str]
    with_documents: bool


@dataclass(frozen=True, slots=True)
class TableSum:
    """How many rows of a table there are, and SHA-256 over all of them in order of their key."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest block of an area's audit chain."""

    area_id: int
    number: int
    digest: str


@dataclass(slots=True)
class Sums:
    """The list of contents at the end."""

    tables: dict[str, TableSum] = field(default_factory=dict)
    audit_heads: list[AuditHead] = field(default_factory=list)
    documents: int = 0
    document_bytes: int = 0

    def count(self, section: "Section") -> None:
        """Add a section that is through."""
        if section.kind is SectionKind.TABLE:
            self.tables[section.name] = TableSum(section.lines, section.digest())
        else:
            self.documents += 1
            self.document_bytes += section.size


class Section:
    """A table (its blocks are lines) or a document, summed up while its blocks go through."""

    def __init__(self, kind: SectionKind, name: str, columns: Iterable[str] = ()) -> None:
        """Begin with nothing."""
        self.kind, self.name, self.columns = kind, name, list(columns)
        self.lines = self.size = 0
        self._sha256 = hashlib.sha256()

    def digest(self) -> str:
        """Return SHA-256 (hex) over the blocks so far."""
        return self._sha256.hexdigest()

    def through(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the blocks on, summing them up."""
        for block in blocks:
            self._sha256.update(block)
            self.size += len(block)
            self.lines += block.count(b"\n") if self.kind is SectionKind.TABLE else 0
            yield block


class BackupWriter:
    """Writes a backup into a file: ``add`` for every section, then ``close``."""

    def __init__(self, file: IO[bytes], keys: BackupKeys, head: Head) -> None:
        """Begin with the head."""
        self._sealed = SealedWriter(file, keys)
        self._zip = zlib.compressobj(LEVEL)
        self.sums = Sums()
        self._write(HEAD, _encode(asdict(head)))

    def add(self, section: Section, blocks: Iterable[bytes]) -> None:
        """Write a section with all of its blocks."""
        tree = {"kind": section.kind, "name": section.name, "columns": section.columns}
        self._write(SECTION, _encode(tree))
        for block in section.through(blocks):
            self._write(BLOCK, block)
        self.sums.count(section)

    def close(self) -> None:
        """Write the sums and what makes the file whole; the file stays open."""
        self._write(END, _encode(asdict(self.sums)))
        self._sealed.write(self._zip.flush())
        self._sealed.close()

    def _write(self, kind: bytes, body: bytes) -> None:
        prefix = kind + len(body).to_bytes(LENGTH_BYTES, "big")
        self._sealed.write(self._zip.compress(prefix + body))


class BackupReader:
    """Reads a backup from a file, from the beginning to the end."""

    def __init__(self, file: IO[bytes], keys: BackupKeys, name: str) -> None:
        """Read the head; raises what ``read_sealed`` raises."""
        self._name = name
        self._parts = _read_parts(read_sealed(file, keys, name))
        self.head = Head(**json.loads(self._take(HEAD)))
        self.sums = Sums()

    def read(self, use: Callable[[Section, Iterator[bytes]], None]) -> Sums:
        """Hand every section with its blocks to ``use``, and return the sums of all.

        Raises SumsDiffer where they are not those at the end, and what ``read_sealed`` raises.
        """
        kind, body = next(self._parts)
        while kind == SECTION:
            section = _build_section(json.loads(body))
            blocks = _Blocks(self._parts)
            use(section, section.through(blocks))
            for _unused in section.through(blocks):
                pass
            self.sums.count(section)
            kind, body = blocks.next_part
        said = _build_sums(json.loads(body))
        self.sums.audit_heads = said.audit_heads
        _compare(self._name, self.sums, said)
        for _rest in self._parts:  # the last chunk says that the file is whole
            raise NotABackup(name=self._name)
        return said

    def _take(self, wanted: bytes) -> bytes:
        for kind, body in self._parts:
            if kind == wanted:
                return body
            break
        raise NotABackup(name=self._name)


class _Blocks:
    """The blocks of a section; what follows them is kept in ``next_part``."""

    def __init__(self, parts: Iterator[tuple[bytes, bytes]]) -> None:
        self._parts = parts
        self.next_part: tuple[bytes, bytes] = (b"", b"")

    def __iter__(self) -> Iterator[bytes]:
        while not self.next_part[0]:
            kind, body = next(self._parts)
            if kind != BLOCK:
                self.next_part = (kind, body)
                return
            yield body


def _read_parts(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and body of every part of the compressed stream."""
    waiting = bytearray()
    for plain in _unzip(blocks):
        waiting += plain
        while len(waiting) >= PREFIX_BYTES:
            end = PREFIX_BYTES + int.from_bytes(waiting[KIND_BYTES:PREFIX_BYTES], "big")
            if len(waiting) < end:
                break
            part = bytes(waiting[:KIND_BYTES]), bytes(waiting[PREFIX_BYTES:end])
            del waiting[:end]
            yield part


def _unzip(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what the blocks hold, never more than MOST_AT_ONCE at a time."""
    unzip = zlib.decompressobj()
    for block in blocks:
        yield unzip.decompress(block, MOST_AT_ONCE)
        while unzip.unconsumed_tail:
            yield unzip.decompress(unzip.unconsumed_tail, MOST_AT_ONCE)
    yield unzip.flush()


def _compare(name: str, read: Sums, said: Sums) -> None:
    for table in said.tables.keys() | read.tables.keys():
        if said.tables.get(table) != read.tables.get(table):
            raise SumsDiffer(name=name, what=f"the table {table}")
    if (said.documents, said.document_bytes) != (read.documents, read.document_bytes):
        raise SumsDiffer(name=name, what="the documents")


def _build_section(tree: dict[str, Any]) -> Section:
    return Section(SectionKind(tree["kind"]), tree["name"], tree["columns"])


def _build_sums(tree: dict[str, Any]) -> Sums:
    return Sums(
        {name: TableSum(**values) for name, values in tree["tables"].items()},
        [AuditHead(**head) for head in tree["audit_heads"]],
        tree["documents"],
        tree["document_bytes"],
    )


def _encode(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False, sort_keys=True).encode()
