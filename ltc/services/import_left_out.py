"""The rows that an import leaves out, as they were given and why, on disk while it goes on.

One line of JSON a row, each sealed under the data key: these rows hold what the file said of people.
The file is cut back to its last checkpoint where work goes on after a kill,
so that no row stands in it twice. The reader's own columns come back in a table with the columns
``row``, ``column`` and ``reason``, which is mended and imported as it is.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ltc.rules.errors import Problem
from ltc.services.csv_files import Row, safe_cell
from ltc.services.table_files import Cell, Column, TableFile
from ltc.store.sealing import KeyRing, seal, unseal

ERROR_COLUMNS = ("row", "column", "reason")
PLACE: dict[str, Any] = {"table": "import_files", "column": "left_out", "row_id": 0}
Say = Callable[[str, Mapping[str, str]], str]


def keep_problem(row: Row, problem: Problem) -> dict[str, Any]:
    """Return a problem as it is stored: the sentence is translated when it is shown."""
    return {
        "row": row.number,
        "column": problem.field or "",
        "template": problem.template,
        "values": {key: str(value) for key, value in problem.values.items()},
    }


class LeftOut:
    """The file of rows in question of one import, written while it goes on."""

    def __init__(self, path: Path, keys: KeyRing, length: int) -> None:
        """Open the file at its last checkpoint, so many bytes long."""
        self._keys = keys
        self._file = path.open("ab")
        self._file.truncate(length)

    def add(self, row: Row, problem: Problem) -> None:
        """Add a row with its cells, or its text where these do not fit the header."""
        kept = {**keep_problem(row, problem), "cells": row.values, "raw": row.raw}
        self._file.write(_seal(self._keys, json.dumps(kept, ensure_ascii=False)) + b"\n")

    def keep(self) -> int:
        """Write down what was added; return how long the file is."""
        self._file.flush()
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def build_table(
    path: Path, keys: KeyRing, columns: Sequence[str], title: str, say: Say
) -> TableFile:
    """Return the table of the rows in question, which are read as they are written.

    ``say`` puts a sentence and its values into the reader's language. A row whose cells do not fit
    the header stands as a whole in the first column: so it is in question until it is mended.
    """
    own = [name for name in columns if name not in ERROR_COLUMNS]
    header = [Column(name, name) for name in (*own, *ERROR_COLUMNS)]
    return TableFile(title, header, _list_rows(path, keys, own, say))


def read_left_out(path: Path, keys: KeyRing) -> Iterator[dict[str, Any]]:
    """Yield the rows in question as they were added; raises SealBroken."""
    with path.open("rb") as file:
        for line in file:
            yield json.loads(_unseal(keys, line))


def _list_rows(path: Path, keys: KeyRing, own: Sequence[str], say: Say) -> Iterator[list[Cell]]:
    for kept in read_left_out(path, keys):
        cells = {own[0]: kept["raw"]} if kept["raw"] else kept["cells"]
        texts = [cells.get(name, "") for name in own]
        yield [*texts, kept["row"], kept["column"], say(kept["template"], kept["values"])]


def _seal(keys: KeyRing, text: str) -> bytes:
    return base64.b64encode(seal(keys, text, **PLACE))


def _unseal(keys: KeyRing, line: bytes) -> str:
    return unseal(keys, base64.b64decode(line), **PLACE)


def unguarded(row: Row) -> Row:
    """Return a row without the apostrophes that a CSV file puts before what looks like formulas."""
    if "'" not in "".join(row.values.values()):
        return row
    values = {
        name: text[1:] if text[:1] == "'" and safe_cell(text[1:]) == text else text
        for name, text in row.values.items()
    }
    return row._replace(values=values)
