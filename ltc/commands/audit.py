"""``flask audit``: seal the audit log and verify its chain."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import click
from flask.cli import AppGroup

from ltc import http
from ltc.commands.audit_sealing import wait_for_end
from ltc.commands.counted import say_count
from ltc.commands.machine import machine_in, plainly
from ltc.jobs.audit_sealing import seal_until
from ltc.rules.audit import Break, ChainState, Fault, KeptHead, build_head, parse_head
from ltc.services.audit import seal_blocks, verify
from ltc.store.areas import AreaNotFound, list_areas
from ltc.store.as_stored import UNREADABLE
from ltc.store.audit_log import find_head

_SPOILT_HEAD = (
    "{code}: block {number}, the newest, was changed by hand and gives no line to keep;"
    " “flask audit verify” names the first break."
)
AREA_HELP = "Code of one area; all of them if left out."
COMMENT = "#"

audit_group = AppGroup("audit", help="The audit log and its chain.")


@audit_group.command("seal")
@click.option("--area", help=AREA_HELP)
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
            with machine_in(code, any_version=True) as ctx:
                blocks = seal_blocks(ctx, settle_seconds=settle_seconds)
            click.echo(f"{code}: {say_count(blocks, 'block')} sealed")


@audit_group.command("head")
@click.option("--area", help=AREA_HELP)
def head(area: str | None) -> None:
    """Print area, number, instant and digest of the newest block, in one line to keep elsewhere."""
    with plainly():
        for code in _codes(area):
            with machine_in(code, any_version=True) as ctx:
                block = find_head(ctx.session, ctx.area_id)
            if block is None:
                click.echo(f"{code}: nothing is sealed yet", err=True)
            elif UNREADABLE in block:
                raise click.ClickException(_SPOILT_HEAD.format(code=code, number=block.number))
            else:
                click.echo(build_head(code, block.number, block.sealed_at, block.digest))


@audit_group.command("verify")
@click.option("--area", help=AREA_HELP)
@click.option("--head", "heads", multiple=True, metavar="DIGEST",
              help="A digest kept elsewhere, or a whole line of “audit head”; has to be found.")  # fmt: skip
@click.option("--head-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A file of such lines; blank ones and those that begin with # are left out.")  # fmt: skip
@click.pass_context
def verify_command(
    context: click.Context, area: str | None, heads: tuple[str, ...], head_file: Path | None
) -> None:
    """Check the whole chain and name the first broken event; exit code 1 where there is one.

    Keep what “audit head” prints elsewhere, and give it here: a chain whose end was cut off is
    whole in itself, and only a kept head tells.
    """
    is_whole = True
    with plainly():
        codes = _codes(area)
        kept = _read_heads([*heads, *_lines(head_file)], codes, is_narrowed=area is not None)
        for code in codes:
            with machine_in(code, any_version=True) as ctx:
                state = verify(ctx.session, ctx.area_id, now=ctx.now, kept=kept[code])
            click.echo(f"{code}: {describe(state)}")
            is_whole = is_whole and state.broken is None
    if not is_whole:
        context.exit(1)


def _lines(file: Path | None) -> list[str]:
    lines = file.read_text("utf-8").splitlines() if file else []
    return [line for line in lines if line.strip() and not line.startswith(COMMENT)]


def _read_heads(
    texts: Sequence[str], codes: Sequence[str], *, is_narrowed: bool
) -> dict[str, list[KeptHead]]:
    """Return the kept heads by area; raises NotAHead, AreaNotFound, or asks for the area."""
    kept: dict[str, list[KeptHead]] = {code: [] for code in codes}
    for text in texts:
        found = parse_head(text)
        if found.area is None and len(codes) != 1:
            raise click.ClickException(f"Say with --area which chain {text} is the head of.")
        if found.area is None or found.area in kept:
            kept[found.area or codes[0]].append(found)
        elif not is_narrowed:
            raise AreaNotFound(code=found.area)
    return kept


def _complain(text: str) -> None:
    click.echo(text, err=True)


def describe(state: ChainState) -> str:
    """Return one line about a verified chain."""
    text = f"BROKEN: {_place(state.broken)}" if state.broken else _whole(state)
    if not state.overdue or state.overdue_since is None:
        return text
    since = state.overdue_since.astimezone(UTC).isoformat(timespec="seconds")
    waiting = say_count(state.overdue, "event")
    return f"{text}; {waiting} waiting since {since}, and no sealer at work"


def _whole(state: ChainState) -> str:
    found = f", kept heads found: {state.kept}" if state.kept else ""
    return (
        f"whole: {say_count(state.events, 'event')} in {say_count(state.blocks, 'block')}, {state.waiting} not sealed yet, "
        f"newest block {state.head_number} {state.head_digest}{found}"
    )


def _place(broken: Break) -> str:
    if broken.fault is Fault.CUT:
        return f"cut: from block {broken.block_number} on the chain is missing"
    if broken.fault is Fault.REPLACED:
        return f"replaced: block {broken.block_number} has another digest than the kept one"
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
