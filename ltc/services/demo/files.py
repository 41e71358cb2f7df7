"""Hands rows to the import of files, as an office would: written as CSV, tried out, carried out."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from ltc.rules.imports import ImportKind, Outcome
from ltc.services.context import Context
from ltc.services.import_work import work
from ltc.services.imports import Asked, ask_to_carry_out, receive
from ltc.services.uploads import keep_upload, uploads_folder
from ltc.store.imports import ImportFile
from ltc.store.sealing import keys_of

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
    with path.open("rb") as file:
        digest = keep_upload(uploads_folder(folder), file, keys_of(ctx.session))
    path.unlink()
    asked = receive(ctx, kind=kind, file_name=path.name, file_digest=digest)
    tried = _work(ctx, folder, asked)
    if any(tried.counts.get(outcome.value) for outcome in LEFT_OUT):
        raise RowsLeftOut(f"{name}: {tried.counts} {tried.problems[:3]}")
    _work(ctx, folder, ask_to_carry_out(ctx, import_id=tried.id))


def _work(ctx: Context, folder: Path, asked: Asked) -> ImportFile:
    """Do at once what was asked for."""
    now = ctx.now
    return work(
        ctx, import_id=asked.import_id, folder=uploads_folder(folder), clock=lambda: now,
        job_id=asked.job_id,
    )  # fmt: skip


def _write(path: Path, rows: Sequence[Cells]) -> None:
    columns = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
