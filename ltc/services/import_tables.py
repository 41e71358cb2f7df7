"""Opens a file that is to be imported: its header must fit the kind, and it must have rows."""

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import chain

from ltc.rules.errors import Invalid
from ltc.services.csv_files import Opening, Table, check_columns
from ltc.services.import_left_out import ERROR_COLUMNS, unguarded
from ltc.services.import_rows import Spec
from ltc.services.xlsx_files import open_any_table

ALIKE = 0.8  # how alike two names must be for one to be taken for a slip of the other


class ColumnUnknown(Invalid):
    """“{column}” is no column here. Did you mean “{like}”? There are: {columns}."""


class NoRows(Invalid):
    """The file has a header and no row below it. Write the rows, and choose the file again."""


def open_import(path: Opening, spec: Spec) -> Table:
    """Open a file of a kind and check that it can be read as one.

    Raises ColumnUnknown, ColumnMissing, ColumnTwice, NoRows and what ``open_any_table`` raises.
    """
    table = open_any_table(path, spec.required)
    _check_slips(table.columns, spec)
    check_columns(table.columns, spec.required)
    first = next(table.rows, None)
    if first is None:
        raise NoRows
    return table._replace(rows=map(unguarded, chain((first,), table.rows)))


def list_unread(columns: Sequence[str], spec: Spec) -> list[str]:
    """Return the columns of a header that the kind does not know: they are carried, never read."""
    known = {*spec.required, *spec.optional, *ERROR_COLUMNS, ""}
    return [name for name in columns if name not in known]


def _check_slips(columns: Sequence[str], spec: Spec) -> None:
    """Raise ColumnUnknown at a column that looks like one which the header lacks.

    Were it passed over in silence, what stands in it would be lost.
    """
    known = [*spec.required, *spec.optional]
    absent = [name for name in known if name not in columns]
    for column in list_unread(columns, spec):
        name = column.lower().replace(" ", "_").replace("-", "_")
        if like := get_close_matches(name, absent, n=1, cutoff=ALIKE):
            raise ColumnUnknown(
                field=like[0], column=column, like=like[0], columns=", ".join(known)
            )
