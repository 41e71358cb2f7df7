"""Records what leaves the system as a file: who took what, narrowed how, how much, and which file.

Each is recorded in a transaction of its own before the first byte is given, so that one that breaks
off is told of, too, and none is given that could not be recorded.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ltc.rules.exports import ALL_RECORDS, RECORD_TYPES, Listed, is_plain_filter
from ltc.services.context import Context
from ltc.store.sealed_cells import Purpose, digest_of


class MadeFile(NamedTuple):
    """A file that is about to be given: its kind (``csv``), its rows, and the SHA-256 of its bytes."""

    kind: str
    rows: int
    sha256: str


def record_list(
    ctx: Context, *, listed: Listed, of: int | None, filters: Mapping[str, str], made: MadeFile
) -> None:
    """Record that a list is taken away; ``of`` names the record it belongs to, None where none."""
    with ctx.transaction():
        changes = {
            "list": [None, listed],
            "format": [None, made.kind],
            "rows": [None, made.rows],
            "filters": [None, {n: _keep(ctx, n, value) for n, value in sorted(filters.items())}],
            "sha256": [None, made.sha256],
        }
        record_id = ALL_RECORDS if of is None else of
        ctx.record("list.exported", RECORD_TYPES[listed], record_id, changes)


def record_sheet(ctx: Context, *, record_type: str, record_id: int, sha256: str) -> None:
    """Record that a sheet about one record (a plan, an evaluation) is given as a file."""
    with ctx.transaction():
        ctx.record("sheet.printed", record_type, record_id, {"sha256": [None, sha256]})


def _keep(ctx: Context, name: str, value: str) -> str:
    """Return a filter as the log keeps it: a code or a day in plain, anything else as a digest."""
    if is_plain_filter(name, value):
        return value
    return digest_of(ctx.session, value, Purpose.FILTER)
