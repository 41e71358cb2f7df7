"""``flask audit``: seal the audit log and verify its chain."""

import click
from flask.cli import AppGroup

from ltc import http
from ltc.commands.audit_sealing import wait_for_end
from ltc.commands.machine import machine_in, plainly
from ltc.jobs.audit_sealing import seal_until
from ltc.rules.audit import Break, ChainState
from ltc.services.audit import seal_blocks, verify
from ltc.store.areas import list_areas

audit_group = AppGroup("audit", help="The audit log and its chain.")


@audit_group.command("seal")
@click.option("--area", help="Code of one area; all of them if left out.")
@click.option("--settle-seconds", default=5, show_default=True, help="Younger events wait.")
@click.option("--every", type=click.IntRange(1), help="Go on, all areas each so many seconds.")
@click.option("--parent", type=int, help="With --every: end when this process has ended.")
def seal(area: str | None, settle_seconds: int, every: int | None, parent: int | None) -> None:
    """Put the events that have no block yet into blocks."""
    if every is not None:
        seal_until(http.house(), wait_for_end(every, parent), _complain)
        return
    with plainly():
        for code in _codes(area):
            with machine_in(code) as ctx:
                blocks = seal_blocks(ctx, settle_seconds=settle_seconds)
            click.echo(f"{code}: {blocks} blocks sealed")


@audit_group.command("verify")
@click.option("--area", help="Code of one area; all of them if left out.")
@click.pass_context
def verify_command(context: click.Context, area: str | None) -> None:
    """Check the whole chain and name the first broken event; exit code 1 where there is one.

    Keep the printed digest of the newest block elsewhere: a chain whose end was cut off is whole
    in itself, and only that digest tells.
    """
    is_whole = True
    with plainly():
        for code in _codes(area):
            with machine_in(code) as ctx:
                state = verify(ctx.session, ctx.area_id)
            click.echo(f"{code}: {describe(state)}")
            is_whole = is_whole and state.broken is None
    if not is_whole:
        context.exit(1)


def _complain(text: str) -> None:
    click.echo(text, err=True)


def describe(state: ChainState) -> str:
    """Return one line about a verified chain."""
    if state.broken:
        return f"BROKEN: {_place(state.broken)}"
    return (
        f"whole: {state.events} events in {state.blocks} blocks, {state.waiting} not sealed yet, "
        f"newest block {state.head_number} {state.head_digest}"
    )


def _place(broken: Break) -> str:
    parts = [
        f"event {broken.event_id}" if broken.event_id is not None else "",
        f"position {broken.position}" if broken.position is not None else "",
        f"block {broken.block_number}" if broken.block_number is not None else "not sealed yet",
    ]
    return f"{broken.fault.value} at {', '.join(part for part in parts if part)}"


def _codes(area: str | None) -> list[str]:
    if area is not None:
        return [area]
    with http.house().session_maker() as session:
        return [found.code for found in list_areas(session)]
