"""The rows that an import leaves out, as they were given and why, on disk while it goes on.

One line of JSON a row. The file is cut back to its last checkpoint where work goes on after a kill,
so that no row stands in it twice. The reader's own columns come back in a table with the columns
``row``, ``column`` and ``reason``, which is mended and imported as it is.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ltc.rules.errors import Problem
from ltc.services.csv_files import Row, safe_cell
from ltc.services.table_files import Cell, Column, TableFile

ERROR_COLUMNS = ("row", "column", "reason")
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

    def __init__(self, path: Path, length: int) -> None:
        """Open the file at its last checkpoint, so many bytes long."""
        self._file = path.open("ab")
        self._file.truncate(length)

    def add(self, row: Row, problem: Problem) -> None:
        """Add a row with its cells, or its text where these do not fit the header."""
        kept = {**keep_problem(row, problem), "cells": row.values, "raw": row.raw}
        self._file.write(json.dumps(kept, ensure_ascii=False).encode() + b"\n")

    def keep(self) -> int:
        """Write down what was added; return how long the file is."""
        self._file.flush()
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def build_table(path: Path, columns: Sequence[str], title: str, say: Say) -> TableFile:
    """Return the table of the rows in question, which are read as they are written.

    ``say`` puts a sentence and its values into the reader's language. A row whose cells do not fit
    the header stands as a whole in the first column: so it is in question until it is mended.
    """
    own = [name for name in columns if name not in ERROR_COLUMNS]
    header = [Column(name, name) for name in (*own, *ERROR_COLUMNS)]
    return TableFile(title, header, _list_rows(path, own, say))


def _list_rows(path: Path, own: Sequence[str], say: Say) -> Iterator[list[Cell]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            kept = json.loads(line)
            cells = {own[0]: kept["raw"]} if kept["raw"] else kept["cells"]
            texts = [cells.get(name, "") for name in own]
            yield [*texts, kept["row"], kept["column"], say(kept["template"], kept["values"])]


def unguarded(row: Row) -> Row:
    """Return a row without the apostrophes that a CSV file puts before what looks like formulas."""
    if "'" not in "".join(row.values.values()):
        return row
    values = {
        name: text[1:] if text[:1] == "'" and safe_cell(text[1:]) == text else text
        for name, text in row.values.items()
    }
    return row._replace(values=values)
