"""Hands rows to the import of files, as an office would: written as CSV, tried out, carried out."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ltc.rules.imports import ImportKind, Outcome
from ltc.services.context import Context
from ltc.services.imports import carry_out, try_out

LEFT_OUT = (Outcome.CONFLICT, Outcome.BAD)
Cells = Mapping[str, object]


class RowsLeftOut(RuntimeError):
    """A file of the demonstration has rows that the import refuses: the demonstration is wrong."""


def hand_in(ctx: Context, folder: Path, kind: ImportKind, name: str, rows: Sequence[Cells]) -> None:
    """Import rows as a file of a kind; raises RowsLeftOut where one of them is not taken."""
    if not rows:
        return
    path = folder / f"{name}.csv"
    _write(path, rows)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    tried = try_out(ctx, kind=kind, file_name=path.name, file_digest=digest, path=path)
    if any(tried.counts.get(outcome.value) for outcome in LEFT_OUT):
        raise RowsLeftOut(f"{name}: {tried.counts} {tried.problems[:3]}")
    carry_out(ctx, import_id=tried.id, path=path)
    path.unlink()


def _write(path: Path, rows: Sequence[Cells]) -> None:
    columns = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
