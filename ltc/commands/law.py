"""``flask law``: check the files of the law, seal them, show them, and compare two days.

These commands read the folder themselves, so that they run while the law is broken or not sealed
and the application would not start.
"""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click

from ltc import clock
from ltc.commands.counted import say_count
from ltc.commands.law_cases import try_examples, try_files
from ltc.rules.errors import Problem
from ltc.rules.policies import LawBook, Policy, Standing, Text, Value
from ltc.rules.policy_changes import CHANGE_WORDS, build_changes
from ltc.rules.policy_labels import (
    GROUPS,
    Part,
    Unit,
    build_label,
    build_names,
    group_values,
    unit_of,
)
from ltc.rules.written_numbers import write_percent
from ltc.store.catalogues import load_catalogue
from ltc.store.instruments import load_instrument
from ltc.store.policies import LAW_FOLDER, read_law
from ltc.store.policy_seals import SealMismatch, SealRefused, check_seals, write_seals
from ltc.store.working_days import FILE_NAME as WORKING_DAYS
from ltc.store.working_days import read_days_by_hand
from ltc.store.yaml_reader import LawFileError

DAY = click.DateTime(formats=["%Y-%m-%d"])
TIME_ZONE = "Asia/Shanghai"
CENTS = 100
MINUTES_PER_HOUR = 60

folder_option = click.option(
    "--folder",
    envvar="LTC_POLICY",
    default=LAW_FOLDER,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the law.",
)


@click.group("law")
def law_group() -> None:
    """The law as data: check, seal, show, compare."""


@law_group.command("check")
@folder_option
@click.option("--cases", "case_paths", multiple=True, type=click.Path(exists=True, path_type=Path),
              help="A file of worked cases (docs/cases.md), or a folder of them.")  # fmt: skip
def check(folder: Path, case_paths: tuple[Path, ...]) -> None:
    """Read every file of the law, compare it with its seal, and work out its cases.

    Exit code 1 where a case comes to something else than the text says.
    """
    book = _read(folder)
    try:
        check_seals(folder)
    except SealMismatch as error:
        raise click.ClickException(str(error)) from error
    _say_policies(book)
    tried = [*try_examples(book), *try_files(book, case_paths)]
    failed = [trial for trial in tried if trial.differs]
    for trial in failed:
        click.echo(f"{trial.name}: {trial.differs}", err=True)
    if failed:
        cases = say_count(len(tried), "worked case")
        raise click.ClickException(f"Other than their texts say: {len(failed)} of {cases}.")
    click.echo(f"As their texts say: {say_count(len(tried), 'worked case')}.")


def _say_policies(book: LawBook) -> None:
    policies = [policy for law in book.laws.values() for policy in law.policies]
    unknown = sum(value.standing is Standing.UNKNOWN for p in policies for value in p.values)
    click.echo(
        f"Readable and as sealed: {say_count(len(policies), 'policy', 'policies')} of "
        f"{say_count(len(book.laws), 'area')}; {say_count(unknown, 'value')} unknown."
    )


@law_group.command("seal")
@folder_option
@click.option("--reason", help="Why a file that is already law is sealed anew.")
def seal(folder: Path, reason: str | None) -> None:
    """Seal the files as they are, after reading every one of them."""
    _read(folder)
    try:
        names = write_seals(folder, clock.today(TIME_ZONE), reason)
    except (SealMismatch, SealRefused) as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(f"sealed {name}" for name in names) or "Every file was sealed already.")


@law_group.command("show")
@folder_option
@click.argument("area")
@click.option("--on", "day", type=DAY, help="Day to show; today if left out.")
def show(folder: Path, area: str, day: datetime | None) -> None:
    """Show what holds in an area on a day, each value with its standing and source."""
    book = _read(folder)
    policy = _policy(book, area, day.date() if day else clock.today(TIME_ZONE))
    click.echo(f"{policy.name.en}: {policy.title.en}, {_range(policy)}")
    for group, values in group_values(policy).items():
        click.echo(f"\n{GROUPS[group]}")
        for value in values:
            words = _words(build_label(policy, book.standards, value.key).parts)
            click.echo(f"  {words}: {_value(policy, value)}{_standing(value)}")


@law_group.command("diff")
@folder_option
@click.argument("area")
@click.argument("day_1", type=DAY)
@click.argument("day_2", type=DAY)
def diff(folder: Path, area: str, day_1: datetime, day_2: datetime) -> None:
    """Say what differs in an area between two days."""
    book = _read(folder)
    before, after = (_policy(book, area, day.date()) for day in (day_1, day_2))
    changes = build_changes(before, after)
    for change in changes:
        words = CHANGE_WORDS[change.kind] % {
            "before": _value(before, change.before),
            "after": _value(after, change.after),
        }
        named = before if change.after is None else after
        label = build_label(named, book.standards, change.key)
        click.echo(f"{_words(label.parts)}: {words}")
    if not changes:
        click.echo("Nothing differs.")


def _read(folder: Path) -> LawBook:
    """Read every file of a folder of the law, and return its policies."""
    try:
        for path in sorted(folder.glob("instruments/*.yaml")):
            load_instrument(path)
        for path in sorted(folder.glob("catalogues/*.yaml")):
            load_catalogue(path)
        for path in folder.glob(WORKING_DAYS):
            read_days_by_hand(path)
        return read_law(folder)
    except LawFileError as error:
        raise click.ClickException(str(error)) from error


def _policy(book: LawBook, area: str, day: date) -> Policy:
    try:
        return book.of(area).on(day)
    except Problem as problem:
        raise click.ClickException(problem.message) from problem


def _range(policy: Policy) -> str:
    end = f"up to, not including, {policy.ends_before}" if policy.ends_before else "without end"
    return f"from {policy.starts_on} {end}"


def _words(parts: Iterable[Part]) -> str:
    texts = (p.en if isinstance(p, Text) else p.msgid % dict(p.values) for p in parts)
    return " · ".join(texts)


def _standing(value: Value[object]) -> str:
    source = value.source
    where = [source.document.en, source.article, source.dated_on] if source else []
    note = [value.note.en] if value.note else []
    return f" [{value.standing}] {_join(where)}{' – ' if where and note else ''}{_join(note)}"


def _join(parts: Iterable[object]) -> str:
    return ", ".join(str(part) for part in parts if part)


def _value(policy: Policy, value: Value[object] | None) -> str:
    """Write a value in English, with its unit."""
    if value is None or value.value is None:
        return "not known"
    content, unit = value.value, unit_of(value)
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, int):
        return _number(content, unit)
    return str(content) if unit is Unit.DAY else _words(build_names(policy, value))


def _number(number: int, unit: Unit) -> str:
    whole, rest = divmod(number, CENTS)
    if unit is Unit.MONEY:
        return f"{whole:,}.{rest:02d} yuan"
    if unit is Unit.SHARE:
        return f"{write_percent(number)} %"
    if unit is Unit.MINUTES:
        hours, minutes = divmod(number, MINUTES_PER_HOUR)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{number:,}" if unit is Unit.COUNT else f"{number} {unit}"


if __name__ == "__main__":
    law_group()
