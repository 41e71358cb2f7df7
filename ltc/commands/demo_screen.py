"""The one screen that the demonstration prints at its end: plain text, 80 columns."""

from collections.abc import Iterator, Mapping, Sequence

from ltc.commands.counted import say_count
from ltc.rules.audit import ChainState
from ltc.services.demo.stories import APPLIED, PASSED
from ltc.services.demo.summary import MonthSummary, Summary

WIDTH = 80
LABEL, COLUMN = 32, 16
TITLE = "Chongqing's pilot of long-term care insurance, 2019 (made-up people)"
AS_PUBLISHED = (
    f"{APPLIED} applied and {PASSED} passed as published on 28 November 2019. The scale used then\n"
    "was not published with the figures: the national one of 2021 is used here instead."
)
FEWER = (
    f"Fewer than those published on 28 November 2019 ({APPLIED} applied, {PASSED} passed). The scale\n"
    "used then was not published with the figures: here it is the national one of 2021."
)
NAMES = {
    "employee": "employees", "resident": "residents", "home_visits": "home visits",
    "own_carer": "carer of one's choice", "residential": "institution",
}  # fmt: skip


def build_screen(
    summary: Summary, seconds: Mapping[str, int], failures: Sequence[str], *,
    with_statements: bool = True,
) -> Iterator[str]:  # fmt: skip
    """Yield the lines of the screen; ``seconds`` by stage, empty where nothing was built now."""
    yield TITLE
    yield "=" * WIDTH
    is_whole = (summary.applied, summary.passed) == (APPLIED, PASSED)
    yield from (AS_PUBLISHED if is_whole else FEWER).split("\n")
    yield ""
    yield _row("insured persons", f"{summary.people:,}", f"providers {summary.providers:,}")
    yield _row("applied", f"{summary.applied:,}", f"carers {summary.carers:,}")
    yield _row("passed (severe, grades I to III)", f"{summary.passed:,}", f"users {summary.users}")
    yield ""
    yield from _build_months(summary.months)
    yield ""
    yield _chain(summary.chain)
    if seconds:
        yield f"seconds: {sum(seconds.values()):,} ({_stages(seconds)})"
    yield from (f"FAILED: {failure}" for failure in failures)
    if not failures:
        printed = "statements, " if with_statements else ""
        yield f"checks: applied, passed, everybody counted once, books, {printed}chain: all hold"


def build_sign_in(passwords: Mapping[str, str], roles: Mapping[str, str]) -> Iterator[str]:
    """Yield the table of who can sign in, and with which password."""
    wide = max(len(name) for name in passwords)
    yield "Sign in as (these passwords are shown only here and hold until the next `make run`):"
    for name, password in passwords.items():
        yield f"  {name.ljust(wide)}  {password}  {roles[name]}"


def _build_months(months: Sequence[MonthSummary]) -> Iterator[str]:
    def row(label: str, *values: str) -> str:
        return _row(label, *values)

    yield row("month", *(month.run.month for month in months))
    yield "-" * (LABEL + COLUMN * len(months))
    for name in ("people", "paid", "held", "zero"):
        yield row(name, *(f"{getattr(month.run, name):,}" for month in months))
    for kind in sorted({kind for month in months for kind in month.people_by_hold}):
        counts = (f"{month.people_by_hold.get(kind, 0):,}" for month in months)
        yield row(f"  held: {kind.replace('_', ' ')}", *counts)
    yield row("visits", *(f"{month.visits:,}" for month in months))
    yield row("  refused", *(f"{month.refused:,}" for month in months))
    yield row("fund, yuan", *(_yuan(month.run.fund_fen) for month in months))
    for field in ("fund_fen_by_scheme", "fund_fen_by_mode"):
        yield from _build_parts([getattr(month, field) for month in months])
    yield row("  with late facts it would be", *(_yuan(month.known_now_fen) for month in months))
    yield row("statements", *(f"{month.statements:,}" for month in months))


def _build_parts(parts: Sequence[Mapping[str, int]]) -> Iterator[str]:
    for code in sorted({code for part in parts for code in part}):
        yield _row(f"  {NAMES.get(code, code)}", *(_yuan(part.get(code, 0)) for part in parts))


def _row(label: str, *values: str) -> str:
    return f"{label:<{LABEL}}" + "".join(f"{value:>{COLUMN}}" for value in values)


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def _chain(chain: ChainState) -> str:
    state = "BROKEN" if chain.broken else "whole"
    return f"audit chain: {state}, {say_count(chain.events, 'event')} in {say_count(chain.blocks, 'block')}"


def _stages(seconds: Mapping[str, int]) -> str:
    return ", ".join(f"{stage} {spent}" for stage, spent in seconds.items())
