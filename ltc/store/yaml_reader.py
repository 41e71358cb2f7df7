"""Reads the law's YAML files strictly: every complaint names file, line and key.

How to use it:

    root = read_law_file(path)              # the top mapping of the file
    title = root.take_map("title")
    zh = title.take("zh", str)              # required; wrong types are refused
    title.done()                            # whatever was not taken is an unknown key
    ...
    root.done()

Each ``take`` marks its key as known, so a reader that forgets ``done()`` forgets to be strict.
Numbers are read from their digits: no floats, no octal or base-60 numbers, and ``yes``/``no`` are
not booleans. Meaning that spans several keys is checked by the caller, who raises
``node.error(key, reason)`` to point at the line.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import yaml

T = TypeVar("T", str, int, bool, date, Decimal)
E = TypeVar("E", bound=StrEnum)

TEXT_TAG = "tag:yaml.org,2002:str"
MERGE_TAG = "tag:yaml.org,2002:merge"
WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TRUTH = re.compile(r"true|false")


# What the library says in words of its own, and what a writer can do about it.
PLAIN_PROBLEMS = {
    "but found another document": "begins a second document: write one to a file",
    "mapping values are not allowed here": "is not YAML: put a text with “: ” in it into quotes",
}


class LawFileError(Exception):
    """A file of the law has a mistake: ``file:line: key: reason``. It stops the start."""

    def __init__(self, file: Path, line: int, key: str, reason: str) -> None:
        """Take the place and the reason in words.

        Lines count from 1, with 0 for the file as a whole; the key has dots from the top.
        """
        self.file, self.line, self.key, self.reason = file, line, key, reason
        places = [f"{file}:{line}" if line else str(file), key, reason]
        super().__init__(": ".join(place for place in places if place))


def read_law_file(path: Path) -> "MapNode":
    """Return the top mapping of a YAML file; raises LawFileError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        top = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise LawFileError(path, 0, "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise LawFileError(path, line, "", "is not UTF-8 text: save it as UTF-8") from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise LawFileError(path, line, "", f"is not YAML: {error.reason}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        reason = PLAIN_PROBLEMS.get(error.problem or "", f"is not YAML: {error.problem}")
        raise LawFileError(path, line, "", reason) from error
    except yaml.YAMLError as error:
        raise LawFileError(path, 0, "", f"is not YAML: {error}") from error
    except RecursionError as error:
        raise LawFileError(path, 0, "", "is nested too deeply to be read") from error
    if top is None:
        raise LawFileError(path, 1, "", "is empty")
    return MapNode(path, "", top)


class MapNode:
    """A mapping of a law file, whose keys are taken one by one."""

    def __init__(self, file: Path, key: str, node: yaml.Node) -> None:
        """Wrap a mapping; raises LawFileError where it is none, or where a key stands twice."""
        self.file = file
        self.key = key
        self.line = _line(node)
        if not isinstance(node, yaml.MappingNode):
            raise LawFileError(file, self.line, key, "must be a mapping of keys to values")
        self._values: dict[str, tuple[int, yaml.Node]] = {}
        self._taken: set[str] = set()
        for key_node, value in node.value:
            self._add(key_node, value)

    def _add(self, key_node: yaml.Node, value: yaml.Node) -> None:
        if not isinstance(key_node, yaml.ScalarNode):
            raise LawFileError(self.file, _line(key_node), self.key, "has a key that is not text")
        name = str(key_node.value)
        if key_node.tag == MERGE_TAG:
            reason = "is not read here: write the keys out, or repeat a whole value as *name"
            raise LawFileError(self.file, _line(key_node), self.path(name), reason)
        if name in self._values:
            raise LawFileError(self.file, _line(key_node), self.path(name), "stands twice")
        self._values[name] = (_line(key_node), value)

    def path(self, key: str) -> str:
        """Return a key with its way from the top of the file."""
        return f"{self.key}.{key}" if self.key else key

    def error(self, key: str, reason: str) -> LawFileError:
        """Return an error that points at a key (or at the mapping, where the key is missing)."""
        return LawFileError(self.file, self.line_of(key), self.path(key), reason)

    def line_of(self, key: str) -> int:
        """Return the line of a key, or of the mapping where the key is missing."""
        return self._values[key][0] if key in self._values else self.line

    def keys(self) -> tuple[str, ...]:
        """Return all keys in file order: for mappings whose keys are data."""
        return tuple(self._values)

    def has(self, key: str) -> bool:
        """Say whether a key is there, without taking it."""
        return key in self._values

    def raw(self, key: str) -> str | None:
        """Return a single value as written, without taking it; None: absent, a list, a mapping."""
        node = self._values[key][1] if key in self._values else None
        return str(node.value) if isinstance(node, yaml.ScalarNode) else None

    def has_empty_list(self, key: str) -> bool:
        """Say whether a key has a list without entries, without taking it."""
        node = self._values[key][1] if key in self._values else None
        return isinstance(node, yaml.SequenceNode) and not node.value

    def pass_over(self, key: str) -> None:
        """Take a required key without reading its value."""
        self._take(key)

    def take(self, key: str, kind: type[T]) -> T:
        """Return a required str, int, bool, date or Decimal; text must not be empty."""
        return _read_scalar(self.file, self.path(key), self._take(key), kind)

    def maybe(self, key: str, kind: type[T]) -> T | None:
        """Return a value like take, or None where the key is absent."""
        return self.take(key, kind) if self.has(key) else None

    def take_choice(self, key: str, kind: type[E]) -> E:
        """Return a required member of a StrEnum, written as its value."""
        text = self.take(key, str)
        if text not in {str(member) for member in kind}:
            raise self.error(key, f"“{text}” is not one of {', '.join(kind)}")
        return kind(text)

    def take_map(self, key: str) -> "MapNode":
        """Return a required mapping."""
        return MapNode(self.file, self.path(key), self._take(key))

    def maybe_map(self, key: str) -> "MapNode | None":
        """Return a mapping, or None where the key is absent."""
        return self.take_map(key) if self.has(key) else None

    def take_each(self, key: str) -> dict[str, "MapNode"]:
        """Return a required mapping of mappings whose keys are data, by key; not empty."""
        inner = self.take_map(key)
        if not inner.keys():
            raise self.error(key, "must not be empty")
        return {name: inner.take_map(name) for name in inner.keys()}  # noqa: SIM118 - no dict

    def maybe_each(self, key: str) -> dict[str, "MapNode"]:
        """Return mappings like take_each, or none where the key is absent."""
        return self.take_each(key) if self.has(key) else {}

    def take_maps(self, key: str) -> tuple["MapNode", ...]:
        """Return a required list of mappings, not empty; each is named by its place from 0."""
        return tuple(MapNode(self.file, where, node) for where, node in self._take_list(key))

    def take_values(self, key: str, kind: type[T]) -> tuple[T, ...]:
        """Return a required list of single values, not empty."""
        return tuple(
            _read_scalar(self.file, where, node, kind) for where, node in self._take_list(key)
        )

    def take_rows(self, key: str, kind: type[T]) -> tuple[tuple[T, ...], ...]:
        """Return a required list of lists of single values."""
        return tuple(
            tuple(
                _read_scalar(self.file, cell, value, kind)
                for cell, value in _read_list(self.file, where, node)
            )
            for where, node in self._take_list(key)
        )

    def done(self, asked: Iterable[str] = ()) -> None:
        """Refuse what was not taken; raises LawFileError at the first unknown key.

        ``asked`` are keys that could have stood here: the complaint names them, too.
        """
        for key in self._values:
            if key not in self._taken:
                known = ", ".join(sorted(self._taken.union(asked))) or "none"
                raise self.error(key, f"is not a known key here (known: {known})")

    def _take_list(self, key: str) -> list[tuple[str, yaml.Node]]:
        return _read_list(self.file, self.path(key), self._take(key))

    def _take(self, key: str) -> yaml.Node:
        if key not in self._values:
            raise self.error(key, "is missing")
        self._taken.add(key)
        return self._values[key][1]


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _read_list(file: Path, key: str, node: yaml.Node) -> list[tuple[str, yaml.Node]]:
    """Return the entries of a list with their names (``key[0]``)."""
    if not isinstance(node, yaml.SequenceNode):
        raise LawFileError(file, _line(node), key, "must be a list")
    if not node.value:
        raise LawFileError(file, _line(node), key, "must not be empty")
    return [(f"{key}[{place}]", entry) for place, entry in enumerate(node.value)]


def _read_scalar(file: Path, key: str, node: yaml.Node, kind: type[T]) -> T:
    """Read one value as the kind asked for."""
    if not isinstance(node, yaml.ScalarNode):
        raise LawFileError(file, _line(node), key, f"must be {KIND_NAMES[kind]}")
    if not str(node.value).strip():
        raise LawFileError(file, _line(node), key, "is empty")
    try:
        value = READERS[kind](node)
    except ValueError as error:
        shown = f"must be {KIND_NAMES[kind]}, not “{node.value}”"
        raise LawFileError(file, _line(node), key, shown) from error
    if not isinstance(value, kind):
        raise TypeError(f"the reader of {kind} returned {value!r}")
    return value


def _read_text(node: yaml.ScalarNode) -> str:
    if node.tag != TEXT_TAG:
        raise ValueError(node.value)
    return str(node.value).strip()


def _match(node: yaml.ScalarNode, pattern: re.Pattern[str]) -> str:
    """Return the text of an unquoted scalar of this form; raises ValueError."""
    if node.style is not None or not pattern.fullmatch(node.value):
        raise ValueError(node.value)
    return str(node.value)


KIND_NAMES: dict[type, str] = {
    str: "text (put it in quotes)",
    int: "a whole number",
    bool: "true or false",
    date: "a day such as 2022-01-31",
    Decimal: "a number such as 12.50",
}
READERS: dict[type, Callable[[yaml.ScalarNode], object]] = {
    str: _read_text,
    int: lambda node: int(_match(node, WHOLE)),
    bool: lambda node: _match(node, TRUTH) == "true",
    date: lambda node: date.fromisoformat(_match(node, DAY)),
    Decimal: lambda node: Decimal(_match(node, DECIMAL)),
}
