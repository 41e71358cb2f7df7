"""Rows of a file on their way into the tables: what each became, and how cells are taken."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ltc.rules.errors import Problem
from ltc.rules.imports import (
    CarerUnknown,
    CellMissing,
    FormulaInCell,
    ImportKind,
    Outcome,
    PersonUnknown,
    ProviderUnknown,
    outcome_of,
    parse_text,
    shorten,
)
from ltc.services.context import Context
from ltc.services.csv_files import Row
from ltc.store.import_lookups import (
    CarerFound,
    PersonFound,
    find_carers,
    find_people,
    find_providers,
)

T = TypeVar("T")

CODE_LENGTH_MAX = 60
# What the rules call a field, and the columns that may hold it.
COLUMNS_OF = {
    "starts_on": ("first_day", "insured_from", "agreement_from", "employed_from"),
    "ends_on": ("last_day", "insured_to", "agreement_to", "employed_to"),
    "ends_before": ("last_day", "insured_to", "agreement_to", "employed_to"),
    "district_id": ("district",),
    "provider": ("provider_code",),
    "day": ("first_day",),
    "authorised_minutes": ("minutes_per_month",),
    "price": ("price_yuan",),
    "amount": ("amount_yuan",),
}
FORMULA = re.compile(r"\s*(?:[=@]|[+-](?![0-9]))")


@dataclass(slots=True)
class Checked:
    """A row with its outcome; ``write`` is what its kind needs to carry it out."""

    row: Row
    outcome: Outcome
    problem: Problem | None = None
    key: tuple[Any, ...] = ()
    write: Any = None


@dataclass(frozen=True, slots=True)
class Spec:
    """One kind of file: its columns, how a chunk of rows is checked, and how it is carried out.

    ``check`` reads only. ``carry_out`` is given new and changed rows, inside a transaction, and the
    reason that corrections are given.
    """

    kind: ImportKind
    required: tuple[str, ...]
    optional: tuple[str, ...]
    check: Callable[[Context, Sequence[Row]], list[Checked]]
    carry_out: Callable[[Context, Sequence[Checked], str], None]


@dataclass(slots=True)
class Known:
    """What the rows of a chunk name, looked up at once."""

    people: Mapping[str, PersonFound] = field(default_factory=dict)
    providers: Mapping[str, int] = field(default_factory=dict)
    carers: Mapping[str, CarerFound] = field(default_factory=dict)

    @classmethod
    def load(cls, ctx: Context, rows: Sequence[Row]) -> "Known":
        """Look up the case numbers, provider codes and carer codes of a chunk."""

        def named(column: str) -> set[str]:
            # A row that could not be split, or has a NUL byte, is nothing to ask a database about.
            texts = {row.values.get(column, "") for row in rows if row.problem is None}
            return {text.strip() for text in texts if text and not text.isspace()}

        people, providers, carers = map(named, ("case_number", "provider_code", "carer_code"))
        session, actor = ctx.session, ctx.actor
        return cls(
            find_people(session, actor, people) if people else {},
            find_providers(session, actor, providers) if providers else {},
            find_carers(session, actor, carers) if carers else {},
        )

    def person(self, row: Row) -> PersonFound:
        """Return the person of a row; raises CellMissing, PersonUnknown."""
        found = self.people.get(cell(row, "case_number"))
        if found is None:
            raise PersonUnknown(field="case_number", text=shorten(need(row, "case_number")))
        return found

    def carer(self, row: Row) -> CarerFound:
        """Return the carer of a row; raises CellMissing, CarerUnknown."""
        found = self.carers.get(cell(row, "carer_code"))
        if found is None:
            raise CarerUnknown(field="carer_code", text=shorten(need(row, "carer_code")))
        return found

    def provider(self, ctx: Context, row: Row) -> int:
        """Return the provider of a row, one's own where a provider leaves it out."""
        own = ctx.actor.organisation_id
        if not cell(row, "provider_code") and ctx.actor.reach == "organisation" and own:
            return own
        return self.named_provider(row)

    def named_provider(self, row: Row) -> int:
        """Return the provider that a row names; raises CellMissing, ProviderUnknown."""
        found = self.providers.get(cell(row, "provider_code"))
        if found is None:
            raise ProviderUnknown(field="provider_code", text=shorten(need(row, "provider_code")))
        return found


def cell(row: Row, column: str) -> str:
    """Return a cell, trimmed; empty where the file has no such column."""
    return row.values.get(column, "").strip()


def check_no_formula(row: Row) -> None:
    """Raise FormulaInCell where a spreadsheet would run a cell instead of showing it."""
    if any(map(FORMULA.match, row.values.values())):
        column = next(name for name, text in row.values.items() if FORMULA.match(text))
        raise FormulaInCell(field=column, text=shorten(cell(row, column)))


def need(row: Row, column: str, most: int = CODE_LENGTH_MAX) -> str:
    """Return a cell that must not be empty; raises CellMissing, CellTooLong."""
    return parse_text(cell(row, column), column, most)


def optional(row: Row, column: str, parse: Callable[[str, str], T]) -> T | None:
    """Return a cell as ``parse`` reads it, None where it is empty."""
    text = cell(row, column)
    return parse(text, column) if text else None


def optional_text(row: Row, column: str, most: int) -> str:
    """Return a cell's text, empty where there is none; raises CellTooLong."""
    try:
        return parse_text(cell(row, column), column, most)
    except CellMissing:
        return ""


def refuse(row: Row, problem: Problem) -> Checked:
    """Return a row that is left out; the problem names the column of the file."""
    if problem.field is not None and problem.field not in row.values:
        columns = COLUMNS_OF.get(problem.field, ())
        problem.field = next((name for name in columns if name in row.values), problem.field)
    return Checked(row, outcome_of(problem), problem)
