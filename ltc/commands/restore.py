"""``flask restore`` and ``flask drill``: a backup brought back, and looked at when it is there."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from ltc import clock, http
from ltc.commands.books import describe_proof
from ltc.commands.counted import say_count
from ltc.commands.machine import machine_in, plainly
from ltc.services.backups import list_backups
from ltc.services.backups_drill import drill
from ltc.services.backups_restore import (
    AreaState,
    Content,
    Place,
    Prover,
    check_backup,
    list_lost_keys,
    prove_areas,
    record_restore,
    restore_backup,
)
from ltc.services.executors import choose
from ltc.store.backup_places import name_place

DOOR = "shell"


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace what is in the database.")
@click.option("--without-documents", is_flag=True, help="Leave the folder of documents alone.")
@click.option("--dry-run", is_flag=True, help="Read the whole file and write nothing.")
@with_appcontext
@click.pass_context
def restore_command(
    context: click.Context, file: Path, replace: bool, without_documents: bool, dry_run: bool
) -> None:
    """Restore the backup FILE into the empty database of LTC_DATABASE_URL, and prove it.

    Stop the server and the scheduler first.
    """
    house = http.house()
    given = house.settings
    with plainly():
        if dry_run:
            _say_content(file, check_backup(file, given.backup_keys))
            return
        if replace:
            _ask_name(name_place(house.engine))
        documents = None if without_documents else given.documents
        place = Place(house.engine, documents, is_replaced=replace)
        content = restore_backup(place, path=file, keys=given.backup_keys, at=clock.now())
        _say_content(file, content)
        areas = _prove(content)
        _record(content, file.name)
    if not _say_areas(areas):
        context.exit(1)


@click.command("drill")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@with_appcontext
@click.pass_context
def drill_command(context: click.Context, file: Path | None) -> None:
    """Restore the newest backup (or FILE) into a temporary place, prove it, and throw it away."""
    house = http.house()
    given = house.settings
    with plainly():
        path = file or list_backups(given.backups)[0]
        drilled = drill(
            path, scratch=given.scratch, keys=given.backup_keys, data_keys=given.keys,
            policies=house.policies, now=clock.now(), door=DOOR,
        )  # fmt: skip
        _say_content(path, drilled.content)
    if not _say_areas(drilled.areas):
        context.exit(1)


def _ask_name(name: str) -> None:
    """Replace only what was named: raises click's Abort otherwise."""
    typed = click.prompt(f"Everything in {name} is replaced. Type its name to go on")
    if typed != name:
        raise click.ClickException(f"{typed!r} is not {name!r}: nothing was changed.")


def _prove(content: Content) -> list[AreaState]:
    house = http.house()
    executor = choose(house.engine, house.settings.workers)
    prover = Prover(house.session_maker, house.policies, executor, clock.now(), DOOR)
    return prove_areas(prover, content.sums.audit_heads)


def _record(content: Content, name: str) -> None:
    for code in content.head.areas:
        with machine_in(code) as ctx:
            record_restore(ctx, content=content, name=name)


def _say_content(file: Path, content: Content) -> None:
    head, sums = content.head, content.sums
    rows = sum(table.rows for table in sums.tables.values())
    click.echo(f"{file.name}: made {head.made_at} at version {head.schema}, {head.database}")
    click.echo(
        f"  {say_count(rows, 'row')} of {say_count(len(sums.tables), 'table')}, "
        f"{say_count(sums.documents, 'document')}: whole"
    )
    for key_id in list_lost_keys(head, http.house().settings.keys):
        name = f"the key “{key_id}” of LTC_DATA_KEYS" if key_id else "LTC_LOOKUP_KEY"
        click.echo(
            f"  WARNING: {name} is not the one that the backup was made with. What lies under it "
            "cannot be opened or found until it is set again."
        )


def _say_areas(areas: list[AreaState]) -> bool:
    """Say what stands in every area; return whether all of it is well."""
    for area in areas:
        click.echo(f"{area.code}: {_describe(area)}")
    return all(area.is_well for area in areas)


def _describe(area: AreaState) -> str:
    return f"{_describe_chain(area)}; {_describe_proof(area)}"


def _describe_chain(area: AreaState) -> str:
    if area.chain.broken is not None:
        return "the audit chain is BROKEN (flask audit verify names the place)"
    if not area.is_head_right:
        return "the audit chain does NOT end where the backup says"
    return f"audit chain whole up to block {area.chain.head_number}"


def _describe_proof(area: AreaState) -> str:
    return describe_proof(area.proof) if area.proof else f"NOT PROVEN: {area.trouble}"
