"""What a list page reads from its address: sorting, cursor, filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _

from ltc.http import LARGEST_ID
from ltc.rules.months import is_of_records
from ltc.web.private_texts import reveal

E = TypeVar("E", bound=StrEnum)

ORDERS = ("ascending", "descending")
LONGEST_FILTER = 200
ENDS_SOON = "ends"  # what a filter by an end is set to
LONGEST_NUMBER = 40  # digits, leading zeros among them


@dataclass(frozen=True, slots=True)
class Sort:
    """The sorting in force: which of the page's keys, which columns it means, which way."""

    by: str
    columns: tuple[Any, ...]
    descending: bool


def read_sort(choices: Mapping[str, tuple[Any, ...]], default: str, order: str = ORDERS[0]) -> Sort:
    """Return the sorting that ``?sort=`` and ``?order=`` ask for, the default where they do not.

    Every choice goes down to the last tie, as ``store.paging.page`` needs it.
    """
    by = request.args.get("sort", default)
    if by not in choices:
        by = default
    given = request.args.get("order", order if by == default else ORDERS[0])
    return Sort(by, choices[by], given == ORDERS[1])


def read_cursor() -> str | None:
    """Return the cursor of the address, None for the first page."""
    return request.args.get("cursor") or None


def read_text(name: str) -> str:
    """Return a filter's text, trimmed and of bounded length; empty where it is not set."""
    given = request.args.get(name, "").replace("\0", "").strip()[:LONGEST_FILTER]
    return reveal(given)


def read_choice(name: str, kind: type[E]) -> E | None:
    """Return a filter's choice, None where it is not set or unknown."""
    try:
        return kind(request.args.get(name, ""))
    except ValueError:
        return None


def read_number(name: str) -> int | None:
    """Return a filter's number (an id), None where it is not set or not one."""
    text = request.args.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        return None
    return int(text) if int(text) <= LARGEST_ID else None


def read_day(name: str) -> date | None:
    """Return a filter's day, None where it is not set or not a day."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if is_of_records(day) else None


def choices_of(names: Mapping[Any, str]) -> list[tuple[str, str]]:
    """Return (value, text in the reader's language) pairs for a filter or a select field."""
    return [(str(key), _(text)) for key, text in names.items()]
