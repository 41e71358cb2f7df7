"""Calculates one chunk of a run: load the cases, settle each, build the rows. Changes nothing.

Runs in this process or in a worker: everything it takes and gives can be pickled. A case on which
the rules fail becomes a hold of kind ``calculation_failed`` and stops nobody else.
"""

import gc
import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from isal import isal_zlib
from sqlalchemy.orm import Session

from ltc.rules.payouts.cases import Case
from ltc.rules.payouts.holds import OWNERS, HoldKind
from ltc.rules.payouts.results import DayState, Hold, Line, Outcome, Settlement
from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.trace import to_json
from ltc.rules.policies import Law
from ltc.services.failures import log_failure
from ltc.store.base import new_ids
from ltc.store.payout_cases import Frame, LoadedCase, load_cases
from ltc.store.payout_runs import LineRow, ResultRow

FAST = 1  # level: traces are small and alike, more effort saves a tenth and costs double

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Common:
    """What all chunks of a run share."""

    law: Law
    frame: Frame
    run_id: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """A chunk: its number and the case numbers that it begins and ends with."""

    number: int
    first_case: str
    last_case: str
    people: int


@dataclass(slots=True)
class Tally:
    """People by outcome, and sums in fen."""

    people: int = 0
    paid: int = 0
    held: int = 0
    zero: int = 0
    eligible_fen: int = 0
    fund_fen: int = 0
    assistance_fen: int = 0
    person_fen: int = 0

    def add(self, outcome: Outcome, result: ResultRow) -> None:
        """Count one person with the sums of their lines."""
        self.people += 1
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)
        self.eligible_fen += result.eligible_fen
        self.fund_fen += result.fund_fen
        self.assistance_fen += result.assistance_fen
        self.person_fen += result.person_fen

    def merge(self, other: "Tally") -> None:
        """Add what another one counted."""
        for name in Tally.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Settled:
    """A calculated chunk as rows to insert, its digest (``digest_of``) and what it comes to."""

    bounds: Bounds
    results: list[ResultRow]
    lines: list[LineRow]
    holds: list[dict[str, Any]]
    tally: Tally
    digest: str


def settle_chunk(session: Session, common: Common, bounds: Bounds) -> Settled:
    """Return the rows of one chunk, read as known at the run's instant.

    A chunk makes many objects, none of them in a circle, and all of them live until it is done:
    looking for circles meanwhile would cost a fifth of the time and find nothing.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        return _settle_cases(session, common, bounds)
    finally:
        if was_collecting:
            gc.enable()


def _settle_cases(session: Session, common: Common, bounds: Bounds) -> Settled:
    cases = load_cases(session, common.frame, bounds.first_case, bounds.last_case)
    settled = Settled(bounds, [], [], [], Tally(), "")
    entries: list[tuple[str, str]] = []
    place = f"run {common.run_id}, chunk {bounds.number}"
    for loaded, row_id in zip(cases, new_ids(len(cases)), strict=True):
        settlement = settle_safely(common.law, loaded, place)
        trace = to_json(settlement, encode_fast)
        result = _build_result(common, loaded, settlement, trace, row_id)
        settled.results.append(result)
        settled.tally.add(settlement.outcome, result)
        settled.lines += _build_lines(common, loaded, settlement.lines)
        if settlement.holds:
            settled.holds += _build_holds(common, loaded, settlement.holds)
        entries.append((result.case_number, result.trace_digest))
    settled.digest = digest_of(entries)
    return settled


def encode_fast(tree: Any) -> bytes:
    """Return the bytes of ``rules.payouts.trace.encode`` in a third of the time."""
    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)


def digest_of(entries: Iterable[tuple[str, str]]) -> str:
    """Return SHA-256 (hex) over (case number, digest of the trace), in order of case number.

    A trace holds the lines, holds, exclusions, steps and days of a person. No row id of the run and
    no time goes in, so chunks, workers and interruptions leave no mark on a run's digest.
    """
    text = "".join(f"{case_number}:{trace_digest}\n" for case_number, trace_digest in entries)
    return hashlib.sha256(text.encode()).hexdigest()


def settle_safely(law: Law, loaded: LoadedCase, place: str) -> Settlement:
    """Return the settlement of a case, or a hold where the rules fail on it.

    The log names the place, such as run and chunk, and not the person: who looks for them finds
    the hold there.
    """
    case = loaded.case
    try:
        return settle(law, case)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one case, the others go on
        log_failure(log, f"A month was not settled ({place})", error)
        kind = HoldKind.CALCULATION_FAILED
        hold = Hold(kind.value, OWNERS[kind].value, (("error", type(error).__name__),))
        days = (DayState.HELD,) * case.month.day_count
        return Settlement(case.person, Outcome.HELD, (), (hold,), (), (), days)


def _build_result(
    common: Common, loaded: LoadedCase, settlement: Settlement, trace: bytes, row_id: int
) -> ResultRow:
    lines = settlement.lines
    return ResultRow(
        common.frame.area_id,
        row_id,
        common.run_id,
        loaded.person_id,
        settlement.person,
        loaded.district_id,
        _only_provider(loaded.case, lines),
        settlement.outcome.value,
        settlement.days.count(DayState.PAID),
        sum(line.eligible_fen for line in lines),
        sum(line.fund_fen for line in lines),
        sum(line.assistance_fen for line in lines),
        sum(line.person_fen for line in lines),
        isal_zlib.compress(trace, FAST),
        hashlib.sha256(trace).hexdigest(),
    )


def _only_provider(case: Case, lines: Sequence[Line]) -> int | None:
    """The one provider that the month is about; None where there are several, or none.

    Whoever works there may read the person's trace, so it must not tell of another one.
    """
    month = case.month
    providers = {
        plan.provider
        for plan in case.plans
        if plan.starts_on < month.ends_before
        and (plan.ends_before is None or plan.ends_before > month.starts_on)
    }
    cared: list[Any] = [*case.visits, *case.bed_days, *case.fees]
    providers |= {line.payee for line in lines} | {care.provider for care in cared}
    providers -= {None}
    return providers.pop() if len(providers) == 1 else None


def _build_lines(common: Common, loaded: LoadedCase, lines: Sequence[Line]) -> list[LineRow]:
    return [
        LineRow(
            common.frame.area_id, row_id, common.run_id, loaded.person_id, loaded.district_id,
            line.component, line.payee_kind, line.payee or loaded.person_id, sequence,
            line.scheme, line.mode, line.grade, line.level, line.form, line.payee,
            line.days, line.minutes, line.eligible_fen, line.fund_fen, line.assistance_fen,
            line.person_fen, line.excess_fen,
            line.starts_on.isoformat(), line.ends_before.isoformat(),
        )
        for sequence, (line, row_id) in enumerate(zip(lines, new_ids(len(lines)), strict=True))
    ]  # fmt: skip


def _build_holds(common: Common, loaded: LoadedCase, holds: Sequence[Hold]) -> list[dict[str, Any]]:
    return [
        {
            "area_id": common.frame.area_id,
            "id": row_id,
            "run_id": common.run_id,
            "person_id": loaded.person_id,
            "sequence": sequence,
            "kind": hold.kind,
            "owner": hold.owner,
            "values": dict(hold.values),
        }
        for sequence, (hold, row_id) in enumerate(zip(holds, new_ids(len(holds)), strict=True))
    ]
