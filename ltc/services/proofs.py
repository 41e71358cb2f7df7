"""Proves a closed month: calculated again as known then, it must come out to the byte.

Nothing is written. Where the law or the rules of settlement have another edition than the approved
run was made with, a different result is no sign of anything wrong: it is said so.
"""

from dataclasses import dataclass, field
from datetime import datetime

from ltc.rules.access import Permission
from ltc.rules.books import WELL, Verdict
from ltc.rules.months import Month
from ltc.services.context import Context
from ltc.services.executors import Executor
from ltc.services.payout_start import digest_law
from ltc.services.payouts import law_of, preview_run
from ltc.store.book_questions import find_last_approved
from ltc.store.payout_cases import Frame
from ltc.store.payout_facts import read_facts_digest
from ltc.store.payout_runs import RunKey, list_digests
from ltc.store.payouts import PayoutRun

NAMED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Proof:
    """A month's digest as approved and as calculated again, and whose results differ."""

    verdict: Verdict
    month: str = ""
    sequence: int = 0
    run_id: int = 0
    known_at: datetime | None = None
    approved_digest: str = ""
    digest: str = ""
    people: int = 0
    cases: list[str] = field(default_factory=list)  # case numbers, at most NAMED_AT_MOST
    differing: int = 0  # of all of them

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be looked into."""
        return self.verdict in WELL


def prove_last_month(ctx: Context, *, executor: Executor) -> Proof:
    """Calculate the last approved month of the area again and compare; writes nothing."""
    ctx.require(Permission.CALCULATE_PAYOUTS)
    run = find_last_approved(ctx.session, ctx.area_id)
    if run is None:
        return Proof(Verdict.NOTHING)
    preview = preview_run(
        ctx, month=Month.parse(run.month), known_at=run.known_at, executor=executor
    )
    verdict = _judge(ctx, run, preview.digest, executor)
    stored = list_digests(ctx.session, RunKey(run.area_id, run.id))
    differing = sorted({case for case, _digest in set(stored) ^ set(preview.entries)})
    return Proof(
        verdict, run.month, run.sequence, run.id, run.known_at, run.approved_digest or "",
        preview.digest, preview.tally.people, differing[:NAMED_AT_MOST], len(differing),
    )  # fmt: skip


def _judge(ctx: Context, run: PayoutRun, digest: str, executor: Executor) -> Verdict:
    if digest == run.approved_digest:
        return Verdict.PROVEN
    if run.policy_digest != digest_law(law_of(ctx)):
        return Verdict.OTHER_RULES
    frame = Frame(run.area_id, Month.parse(run.month), run.known_at)
    with executor.open_session() as session:
        is_same = read_facts_digest(session, frame) == run.facts_digest
    return Verdict.DIFFERS if is_same else Verdict.FACTS_CHANGED
