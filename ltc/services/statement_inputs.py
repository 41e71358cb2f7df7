"""What all statements of one job share: decided when it begins, and the same when it goes on."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ltc.rules.months import Month
from ltc.rules.policies import Standard
from ltc.rules.statements import ChainHead
from ltc.services.audit import SealedElsewhere, seal_blocks
from ltc.services.context import Context
from ltc.services.payouts import law_of
from ltc.services.statement_press import Press
from ltc.services.statement_sheets import Common
from ltc.store.areas import get_area
from ltc.store.as_stored import UNREADABLE
from ltc.store.audit_log import find_head
from ltc.store.payout_runs import RunKey
from ltc.store.payouts import PayoutRun
from ltc.store.statement_sources import find_approved_before

AHEAD_SECONDS = 600  # the clock of the machine where a run was approved may be ahead of this one
SEALING_ATTEMPTS = 3


def decide_inputs(
    ctx: Context, run: PayoutRun, provider_id: int | None = None
) -> dict[str, str | int]:
    """Return what a job's statements share besides the run: the instant, the audit chain's head.

    What waits is sealed first, so that the head covers the approval. There is none where somebody
    spoilt its digest by hand.
    """
    _seal_what_waits(ctx)
    inputs: dict[str, str | int] = {
        "run_id": str(run.id), "month": run.month, "issued_at": ctx.now.isoformat()
    }  # fmt: skip
    head = find_head(ctx.session, ctx.area_id)
    if head is not None and head.digest is not UNREADABLE:
        inputs |= {"chain_number": head.number, "chain_digest": head.digest}
    return inputs | ({"provider_id": str(provider_id)} if provider_id else {})


def _seal_what_waits(ctx: Context) -> None:
    """Seal all events that are committed; whoever seals them at this moment is waited for."""
    for _attempt in range(SEALING_ATTEMPTS):
        with suppress(SealedElsewhere):
            seal_blocks(ctx, settle_seconds=-AHEAD_SECONDS)
            return


def build_common(ctx: Context, run: PayoutRun, press: Press, inputs: Mapping[str, Any]) -> Common:
    """Return what all statements of a job share; ``inputs`` are those of ``decide_inputs``."""
    zone = ZoneInfo(ctx.time_zone)
    approved_at = run.approved_at or ctx.now
    issued_at = datetime.fromisoformat(inputs["issued_at"])
    month = Month.parse(run.month)
    standards: dict[str, Standard] = dict(getattr(ctx.policies, "standards", {}))
    return Common(
        law=law_of(ctx),
        standards=standards,
        run=key_of(run),
        before=find_approved_before(ctx.session, run, str(month.plus(-1))),
        month=month,
        run_kind=run.kind,
        run_sequence=run.sequence,
        run_digest=run.approved_digest or "",
        approved_on=approved_at.astimezone(zone).date(),
        issued_at=issued_at,
        issued_on=issued_at.astimezone(zone).date(),
        chain=_read_chain(ctx, inputs),
        press=press,
    )


def _read_chain(ctx: Context, inputs: Mapping[str, Any]) -> ChainHead | None:
    if "chain_number" not in inputs:
        return None
    area = get_area(ctx.session, ctx.area_id)
    return ChainHead(area.code, inputs["chain_number"], inputs["chain_digest"])


def key_of(run: PayoutRun) -> RunKey:
    """Return the key of a run."""
    return RunKey(run.area_id, run.id)
