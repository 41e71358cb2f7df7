"""Works out the cases of the law: the examples of every policy, and files of cases beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from ltc.rules.payouts.english import format_plain_yuan
from ltc.rules.payouts.worked_cases import compute_fen
from ltc.rules.policies import LawBook
from ltc.services.case_trials import try_file
from ltc.store.yaml_reader import LawFileError


@dataclass(frozen=True, slots=True)
class Trial:
    """One worked case, and how it differs from its text; empty where it does not."""

    name: str
    differs: str


def try_examples(book: LawBook) -> Iterator[Trial]:
    """Work out the examples that the policies carry themselves."""
    for law in book.laws.values():
        for policy in law.policies:
            for example in policy.worked_cases:
                name = f"{law.area} {policy.starts_on}, “{example.title.en}”"
                computed_fen = compute_fen(law, policy, example)
                yield Trial(name, _compare(example.amount_fen, computed_fen))


def try_files(book: LawBook, paths: Iterable[Path]) -> Iterator[Trial]:
    """Work out the cases of files and folders; a file that cannot be read ends the command."""
    for path in paths:
        for file in sorted(path.glob("*.yaml")) if path.is_dir() else [path]:
            yield from _try_file(book, file)


def _try_file(book: LawBook, file: Path) -> Iterator[Trial]:
    try:
        for result in try_file(book, file):
            told = [
                f"{name} is {result['got'].get(name)}, expected {result['expected'][name]}"
                for name in result["failed"]
            ]
            yield Trial(f"{file.name}, “{result['name']}”", "; ".join(told))
    except LawFileError as error:
        raise click.ClickException(str(error)) from error


def _compare(said_fen: int, computed_fen: int) -> str:
    if said_fen == computed_fen:
        return ""
    said, computed = format_plain_yuan(said_fen), format_plain_yuan(computed_fen)
    return f"the text says {said} yuan, computed are {computed} yuan"
