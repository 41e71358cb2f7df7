"""Tells the audit log of a file in the moment before it is given.

A page that is only asked for changes nothing; these write an event all the same, and rightly: no
record changes, and asking again gives the same list again. What is written is that it was taken, and
that is so each time. It cannot wait for a form either: the link to a list is a plain link, which
works in every browser and can be kept. Where the event cannot be written, the file is not given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, NamedTuple

from flask import request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from ltc import http
from ltc.logs import log_error
from ltc.rules.exports import Listed
from ltc.services.exports import MadeFile, record_list, record_sheet
from ltc.store.reachable import DatabaseTrouble, find_trouble
from ltc.web.lists import read_text

NO_FILTERS = {"cursor", "sort", "order"}  # of the address: they choose no rows


class Taken(NamedTuple):
    """What a route gives as a file, and which argument of its address names the record it is of."""

    listed: Listed
    of: str | None = None


# Every route that gives a list as a file; a test walks all routes and finds one that is missing.
LISTS: Mapping[str, Taken] = {
    "assessments.export": Taken(Listed.APPLICATIONS),
    "audit.export": Taken(Listed.AUDIT),
    "imports.error_file": Taken(Listed.ROWS_IN_QUESTION, "import_id"),
    "insured.events.export": Taken(Listed.LIFE_EVENTS),
    "insured.export": Taken(Listed.PEOPLE),
    "payouts.lines.export_holds": Taken(Listed.HOLDS, "run_id"),
    "payouts.lines.export_lines": Taken(Listed.LINES, "run_id"),
    "plans.export": Taken(Listed.PLANS),
    "providers.carers.export": Taken(Listed.CARERS),
    "providers.export": Taken(Listed.PROVIDERS),
    "stays.export": Taken(Listed.STAYS),
    "visits.export": Taken(Listed.VISITS),
}


class FileNotRecorded(DatabaseTrouble):
    """The file was not given: who takes which list away is recorded, and the database cannot be
    written now. Nothing was changed. Try again later; whoever looks after the installation is told
    by `flask db check` why.
    """


class CountedRows:
    """Rows that are handed on one by one, and how many they were."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        """Count from nothing."""
        self._rows, self.count = rows, 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """Yield the rows."""
        for row in self._rows:
            self.count += 1
            yield row


def record_file(path: Path, rows: int) -> None:
    """Record that the list of this route is taken away; raises FileNotRecorded."""
    taken = LISTS[request.endpoint or ""]
    arguments = dict(request.view_args or {})
    of = arguments.pop(taken.of) if taken.of else None
    filters = {**arguments, **_read_filters()}
    filters.pop("suffix")
    with path.open("rb") as file:
        made = MadeFile(
            path.suffix.removeprefix("."), rows, file_digest(file, "sha256").hexdigest()
        )
    with _refused_where_not_written():
        record_list(http.context(), listed=taken.listed, of=of, filters=filters, made=made)


def record_printed(record_type: str, record_id: int, content: bytes) -> None:
    """Record that a sheet about one record is taken away; raises FileNotRecorded."""
    digest = sha256(content).hexdigest()
    with _refused_where_not_written():
        record_sheet(http.context(), record_type=record_type, record_id=record_id, sha256=digest)


def _read_filters() -> dict[str, str]:
    """Return what the list is narrowed by, as its filter reads it from the address."""
    given = {name: read_text(name) for name in request.args if name not in NO_FILTERS}
    return {name: value for name, value in given.items() if value}


@contextmanager
def _refused_where_not_written() -> Iterator[None]:
    """Raise FileNotRecorded for the database's trouble; what is a mistake of ours stays one."""
    try:
        yield
    except (DBAPIError, NoConnectionLeft) as error:
        trouble = find_trouble(error)
        if trouble is None:
            raise
        log_error("a file was not recorded", error, trouble=trouble.code)
        http.forget_database()
        raise FileNotRecorded() from None
