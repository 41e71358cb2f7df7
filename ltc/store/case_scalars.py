"""How single values of a case file are read: from their digits, with a place for every complaint."""

import re
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from ltc.rules.errors import Problem
from ltc.rules.months import FIRST_YEAR, LAST_YEAR, ONE_DAY, Month, is_of_records
from ltc.store.yaml_reader import LawFileError, MapNode

T = TypeVar("T")
YUAN = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WHOLE = re.compile(r"-?[0-9]{1,9}")
CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
HOURS_PER_DAY = 24
NOTHING = ("null", "Null", "NULL", "~")  # what YAML calls nothing
TRUTH = {"true": True, "false": False}


def parse_fen(text: str) -> int:
    """Return yuan such as 1550.00 in fen; raises ValueError."""
    match = YUAN.fullmatch(text)
    if not match:
        raise ValueError("must be an amount in yuan such as 1550.00")
    sign, yuan, fen = match.groups()
    amount_fen = int(yuan) * 100 + int((fen or "0").ljust(2, "0"))
    return -amount_fen if sign else amount_fen


def parse_price_fen(text: str) -> int:
    """Return yuan of at least nothing in fen; raises ValueError."""
    price_fen = parse_fen(text)
    if price_fen < 0:
        raise ValueError("must be an amount in yuan from 0.00 up")
    return price_fen


def parse_whole(text: str) -> int:
    """Return a whole number; raises ValueError."""
    if not WHOLE.fullmatch(text):
        raise ValueError("must be a whole number")
    return int(text)


def parse_count(text: str) -> int:
    """Return a whole number that is not negative; raises ValueError."""
    count = parse_whole(text)
    if count < 0:
        raise ValueError("must be a whole number from 0 up")
    return count


def parse_day(text: str) -> date:
    """Return a day; raises ValueError."""
    refusal = "must be a day that exists, such as 2022-01-31"
    if not DAY.fullmatch(text):
        raise ValueError(refusal)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(refusal) from None
    if not is_of_records(day):
        raise ValueError(f"must be a day from {FIRST_YEAR} to {LAST_YEAR}")
    return day


def parse_month(text: str) -> Month:
    """Return a month; raises ValueError."""
    try:
        return Month.parse(text)
    except Problem:
        raise ValueError("must be a month such as 2022-01") from None


def parse_clock(text: str) -> int:
    """Return a time of day such as 09:30, up to 24:00, as minutes; raises ValueError."""
    match = CLOCK.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    if not 0 <= minutes <= HOURS_PER_DAY * 60:
        raise ValueError("must be a time such as 09:30")
    return minutes


def _parse_flag(text: str) -> bool:
    if text not in TRUTH:
        raise ValueError("must be true or false")
    return TRUTH[text]


class Entry:
    """A mapping of a case file whose missing keys may stand in the defaults of the file."""

    def __init__(self, node: MapNode, defaults: MapNode | None = None) -> None:
        """Read from a node first, then from the defaults."""
        self.node = node
        self.defaults = defaults
        self._asked: set[str] = set()

    def only(self, *keys: str) -> "Entry":
        """Return an entry that reads these keys together from one place: own values or defaults."""
        self._asked.update(keys)
        if self.defaults is None or any(self.node.has(key) for key in keys):
            return Entry(self.node)
        return Entry(self.defaults)

    def has(self, key: str) -> bool:
        """Whether the key stands here or in the defaults."""
        return self._home(key).has(key)

    def _home(self, key: str) -> MapNode:
        self._asked.add(key)
        is_here = self.defaults is None or self.node.has(key)
        return self.node if is_here or self.defaults is None else self.defaults

    def error(self, key: str, reason: str) -> LawFileError:
        """Return an error that points at a key."""
        return self._home(key).error(key, reason)

    def line_of(self, key: str) -> int:
        """Return the line of a key in the file."""
        return self._home(key).line_of(key)

    def keys(self) -> tuple[str, ...]:
        """Return the keys of the mapping itself: where they are data."""
        return self.node.keys()

    def done(self) -> None:
        """Refuse unknown keys, and name all that were asked for."""
        self.node.done(self._asked)

    def pass_over(self, key: str) -> None:
        """Take a key without reading it."""
        self._home(key).pass_over(key)

    def raw(self, key: str) -> str | None:
        """Return a single value as written, None where there is none."""
        return self._home(key).raw(key)

    def scalar(self, key: str, parse: Callable[[str], T], default: T | None = None) -> T:
        """Return a parsed value; required unless there is a default."""
        value = self.maybe(key, parse)
        if value is None:
            value = default
        if value is None:
            raise self.error(key, "is missing")
        return value

    def maybe(self, key: str, parse: Callable[[str], T]) -> T | None:
        """Return a parsed value, None where the key is absent."""
        if not self.has(key):
            return None
        text = self.raw(key)
        if text is None or not text.strip():
            raise self.error(key, "must be a single value")
        self.pass_over(key)
        try:
            return parse(text.strip())
        except ValueError as error:
            hint = "; leave the key out where there is none" if text in NOTHING else ""
            raise self.error(key, f"{error}, not “{text}”{hint}") from error

    def text(self, key: str) -> str:
        """Return a required text."""
        return self.scalar(key, str)

    def maybe_text(self, key: str) -> str | None:
        """Return a text, None where the key is absent."""
        return self.maybe(key, str)

    def day(self, key: str) -> date:
        """Return a required day."""
        return self.scalar(key, parse_day)

    def maybe_day(self, key: str) -> date | None:
        """Return a day, None where the key is absent."""
        return self.maybe(key, parse_day)

    def day_after(self, key: str, first_key: str = "from") -> date | None:
        """Return the day after a last day, None where the key is absent.

        Refuses a last day that lies before the first, which stands under another key.
        """
        last, first = self.maybe_day(key), self.maybe_day(first_key)
        if last and first and last < first:
            raise self.error(key, f"lies before “{first_key}”, {first}")
        return None if last is None else last + ONE_DAY

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.maybe(key, _parse_flag)
        return default if value is None else value

    def choice(self, key: str, words: tuple[str, ...]) -> str | None:
        """Return one of some words, None where the key is absent."""
        text = self.maybe_text(key)
        if text is not None and text not in words:
            raise self.error(key, f"must be one of {', '.join(words)}, not “{text}”")
        return text

    def map(self, key: str) -> "Entry | None":
        """Return a mapping, None where the key is absent."""
        self._refuse_nothing(key)
        return Entry(self._home(key).take_map(key)) if self.has(key) else None

    def maps(self, key: str, *, may_be_empty: bool = True) -> "list[Entry]":
        """Return a list of mappings, empty where the key is absent."""
        if not self.has(key):
            return []
        self._refuse_nothing(key)
        if may_be_empty and self._home(key).has_empty_list(key):
            self.pass_over(key)
            return []
        return [Entry(node) for node in self._home(key).take_maps(key)]

    def _refuse_nothing(self, key: str) -> None:
        """Refuse a key whose facts were forgotten, or are called nothing."""
        if self.raw(key) in ("", *NOTHING):
            raise self.error(key, "says nothing; leave the key out where there is none")
