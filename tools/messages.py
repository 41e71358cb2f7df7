"""How Babel finds our words: the marked strings, and the docstrings of Problems, which are messages."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from babel.messages.extract import extract_python

# Bases that problems of other modules stand on; those of their own module are found by reading it.
FAMILIES = {"Problem", "NotFound", "NotAllowed", "Invalid", "Conflict", "DatabaseTrouble"}
Message = tuple[int, str | None, Any, list[str]]


def extract(
    fileobj: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Sequence[str],
    options: Mapping[str, Any],
) -> Iterator[Message]:
    """Yield what Babel's own extractor finds in a file of Python, then the Problems' sentences."""
    yield from extract_python(fileobj, keywords, comment_tags, options)
    fileobj.seek(0)
    for line, sentence in find_sentences(fileobj.read().decode()):
        yield line, None, sentence, []


def find_sentences(source: str) -> list[tuple[int, str]]:
    """Return line and docstring, on one line, of every class that is a Problem by its bases."""
    problems, found = set(FAMILIES), []
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef):
            continue
        bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
        if node.name in FAMILIES or bases & problems:
            problems.add(node.name)
            if sentence := " ".join((ast.get_docstring(node) or "").split()):
                found.append((node.lineno, sentence))
    return found
