"""Reads the single values of a policy file, each with its standing, source and note.

A value is written ``{value: 5000, standing: seen, source: rules-2022}``. A value that is assumed
says why in its note; one that is unknown has no ``value``. A note is either words in both
languages or the name of one under ``notes``. What a unit cannot be (a share above 100 %, negative
money) is refused by the ending of the key: ``_bp`` for shares, anything else at least zero.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

from ltc.rules.money import WHOLE_BP
from ltc.rules.policies import Source, Standing, Text, Value
from ltc.store.yaml_reader import MapNode

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

NONE = "none"
# Beyond these a value is a slip of the pen, and would break the calendar or a column.
MOST_AMOUNT = 10**12
MOST_TIME = 50_000  # minutes of a month, days, months or years
TIME_UNITS = ("minutes", "days", "months", "years")


@dataclass(slots=True)
class ValueReader:
    """Reads values of one file and keeps them all, in file order, for the page of the law."""

    area: str
    sources: Mapping[str, Source]
    notes: Mapping[str, Text]
    values: list[Value[object]] = field(default_factory=list)

    def read_whole(self, node: MapNode, key: str, unit: str | None = None) -> Value[int]:
        """Read a whole number; ``unit`` is the key whose ending names the unit, if not this one."""
        return self.read_whole_at(node.take_map(key), unit or key)

    def read_whole_at(self, inner: MapNode, unit: str) -> Value[int]:
        """Read a whole number from its own mapping, of which other keys may be taken already."""
        return self._read_at(inner, lambda inner: take_amount(inner, "value", unit))

    def read_truth(self, node: MapNode, key: str) -> Value[bool]:
        """Read true or false."""
        return self._read(node, key, lambda inner: inner.take("value", bool))

    def read_choice(self, node: MapNode, key: str, kind: type[E]) -> Value[E]:
        """Read one of the values of an enum."""
        return self._read(node, key, lambda inner: inner.take_choice("value", kind))

    def read_certain(self, node: MapNode, key: str, kind: type[E]) -> E:
        """Read a choice that the product cannot do without: unknown is refused."""
        value = self.read_choice(node, key, kind).value
        if value is None:
            raise node.error(key, f"must be one of {', '.join(kind)}; it cannot be unknown")
        return value

    def read_day(self, node: MapNode, key: str) -> Value[date | str]:
        """Read a day, or the word ``none``."""
        return self._read(node, key, _take_day_or_none)

    def read_none(self, node: MapNode, key: str) -> None:
        """Read the word ``none``: the law is taken to have no such rule."""
        value = self._read(node, key, lambda inner: inner.take("value", str)).value
        if value != NONE:
            raise node.error(key, f"must be a rule, or {{value: {NONE}, …}} where there is none")

    def keep(self, node: MapNode, name: str, value: object) -> None:
        """Keep one of several values that share the standing at their node (as a grade map)."""
        self.values.append(self._stand(node, node.path(name), value))

    def _read(self, node: MapNode, key: str, take: Callable[[MapNode], T]) -> Value[T]:
        return self._read_at(node.take_map(key), take)

    def _read_at(self, inner: MapNode, take: Callable[[MapNode], T]) -> Value[T]:
        value = self._stand(inner, inner.key, self._take_value(inner, take))
        inner.done()
        self.values.append(value)
        return value

    def _take_value(self, inner: MapNode, take: Callable[[MapNode], T]) -> T | None:
        if inner.take_choice("standing", Standing) is not Standing.UNKNOWN:
            return take(inner)
        if inner.has("value"):
            raise inner.error("value", "must not stand here: an unknown value has no value")
        return None

    def _stand(self, inner: MapNode, key: str, value: T | None) -> Value[T]:
        standing = inner.take_choice("standing", Standing)
        source = self._read_source(inner)
        note = self.read_note(inner)
        if standing is Standing.SEEN and source is None:
            raise inner.error("source", "is missing: a value that was seen names its source")
        if standing is not Standing.SEEN and note is None:
            raise inner.error("note", f"is missing: a value that is {standing} says why")
        return Value(self.area, key, value, standing, source, note)

    def _read_source(self, inner: MapNode) -> Source | None:
        article = inner.maybe("article", str)
        name = inner.maybe("source", str)
        if name is None:
            return None
        check_known(inner, "source", name, self.sources)
        source = self.sources[name]
        return replace(source, article=article) if article else source

    def read_note(self, inner: MapNode) -> Text | None:
        """Read a note: words of its own, or the name of one under ``notes``; None if absent."""
        if not inner.has("note"):
            return None
        if inner.raw("note") is None:
            return read_text(inner, "note")
        name = inner.take("note", str)
        check_known(inner, "note", name, self.notes)
        return self.notes[name]


def take_amount(node: MapNode, key: str, unit: str) -> int:
    """Take a whole number that its unit allows; raises LawFileError."""
    number = node.take(key, int)
    if number < 0:
        raise node.error(key, f"{number} is negative; write zero or more")
    if unit.endswith("_bp") and number > WHOLE_BP:
        raise node.error(key, f"{number} is above 100 %; a share is 0 to {WHOLE_BP}")
    most = MOST_TIME if unit.endswith(TIME_UNITS) else MOST_AMOUNT
    if number > most:
        raise node.error(key, f"{number} is beyond reason; write at most {most}")
    return number


def check_known(node: MapNode, key: str, name: str, known: Iterable[str]) -> None:
    """Refuse a reference to something that the file does not name; raises LawFileError."""
    names = tuple(known)
    if name not in names:
        there = ", ".join(names) or "none"
        raise node.error(key, f"“{name}” is not known here (there are: {there})")


def take_known(node: MapNode, key: str, known: Iterable[str]) -> str:
    """Take a reference to something that the file names elsewhere; raises LawFileError."""
    name = node.take(key, str)
    check_known(node, key, name, known)
    return name


def read_text(node: MapNode, key: str) -> Text:
    """Read words in both languages; raises LawFileError."""
    return finish_text(node.take_map(key))


def finish_text(node: MapNode) -> Text:
    """Read words in both languages from their own mapping; raises LawFileError."""
    text = Text(zh=node.take("zh", str), en=node.take("en", str))
    node.done()
    return text


def _take_day_or_none(inner: MapNode) -> date | str:
    if inner.raw("value") == NONE:
        return inner.take("value", str)
    return inner.take("value", date)
