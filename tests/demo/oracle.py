"""An independent oracle: counts every person's payable days by brute force, day by day.

It imports nothing of the product. From the raw facts that were believed when a run was calculated
it recomputes each person's amount of Chongqing's pilot of 2019 (50 yuan for every day of a severe
grade, from the month after the conclusion, not in hospital, not after death) and compares it with
what stands in the run, its results and its lines.

    python -m tests.demo.oracle [database url]
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

RATE_FEN = 5_000
SEVERE = ("3", "4", "5")
MONTHS_VALID = 24
PAID_TO_PROVIDER = ("home_visits", "residential")
NEVER = date(9999, 12, 31)
# What was believed of a table when a run was calculated.
BELIEVED = """
    SELECT {columns} FROM payout_runs r JOIN {table} f ON f.area_id = r.area_id
    WHERE r.id = :run AND f.recorded_at <= r.known_at AND NOT f.withdrawn
    AND (f.superseded_at IS NULL OR f.superseded_at > r.known_at)
"""
FACTS = {
    "enrolments": "f.person_id, f.starts_on, f.ends_before",
    "conclusions": "f.person_id, f.grade, f.concluded_on, f.valid_before",
    "care_plans": "f.person_id, f.starts_on, f.ends_before, f.mode, f.provider_id, f.confirmed_on",
    "life_events": "f.person_id, f.kind, f.starts_on, f.ends_before",
    "bank_accounts": "f.person_id, f.starts_on",
    "agreements": "f.provider_id, f.starts_on, f.ends_before",
}


def main(url: str) -> int:
    """Compare all approved runs; return the exit code."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        runs = connection.execute(
            sa.text("SELECT id, month FROM payout_runs WHERE status = 'approved' ORDER BY month")
        ).all()
        failures = [failure for run, month in runs for failure in compare(connection, run, month)]
    print("\n".join(failures) or f"oracle: {len(runs)} months agree to the fen")
    return 1 if failures or not runs else 0


def compare(connection: sa.Connection, run: int, month: str) -> Iterator[str]:
    """Name everybody whose amount or outcome is not what counting days gives, and wrong sums."""
    expected = count_month(connection, run, month)
    results = {
        person: (amount, outcome)
        for person, amount, outcome in read(
            connection,
            "SELECT person_id, fund_fen, outcome FROM payout_results WHERE run_id = :run",
            run,
        )
    }
    lines = dict(
        read(
            connection,
            "SELECT person_id, SUM(fund_fen) FROM payout_lines WHERE run_id = :run GROUP BY 1", run,
        )
    )  # fmt: skip
    for person in sorted({*expected, *results, *lines}):
        amounts = (results.get(person, (0, ""))[0], int(lines.get(person, 0)))
        wanted, outcome = expected.get(person, (0, "zero"))
        if amounts != (wanted, wanted):
            yield f"{month}: person {person} should get {wanted}, has (result, lines) {amounts}"
        if person in results and results[person][1] != outcome:
            yield f"{month}: person {person} should be {outcome}, is {results[person][1]}"
    [(total,)] = read(connection, "SELECT fund_fen FROM payout_runs WHERE id = :run", run)
    if total != sum(amount for amount, _ in expected.values()):
        yield f"{month}: the run's total {total} is not the sum of all days"


def count_month(connection: sa.Connection, run: int, month: str) -> dict[int, tuple[int, str]]:
    """Return amount in fen and outcome of everybody of whom anything is known."""
    facts = {table: load(connection, run, table) for table in FACTS}
    first = date.fromisoformat(f"{month}-01")
    days = [first + timedelta(days=n) for n in range(31)]
    days = [day for day in days if day.month == first.month]
    people = {*facts["conclusions"], *facts["care_plans"]}
    return {person: count_person(facts, person, days) for person in people}


def count_person(facts: dict[str, Any], person: int, days: list[date]) -> tuple[int, str]:
    """Ask every day whether it is paid, held, or neither."""
    asked = [ask(facts, person, day, days[-1]) for day in days]
    amount = RATE_FEN * asked.count("paid")
    return amount, "held" if "held" in asked else "paid" if amount else "zero"


def ask(facts: dict[str, Any], person: int, day: date, last: date) -> str:
    """Whether a day is paid, held because something is missing, or neither."""

    def of(table: str, key: Any = person) -> Any:
        return facts[table].get(key, ())

    if not any(within(day, starts, ends) for starts, ends in of("enrolments")):
        return ""
    if not any(is_severe(day, *conclusion) for conclusion in of("conclusions")):
        return ""
    if any(is_absent(day, *event) for event in of("life_events")):
        return ""
    plans = [plan for plan in of("care_plans") if within(day, *plan[:2])]
    if not plans:
        return ""
    _, _, mode, provider, confirmed_on = max(plans, key=lambda plan: plan[0])
    if confirmed_on is None:
        return "held"
    if mode in PAID_TO_PROVIDER:
        agreed = any(within(day, *agreement) for agreement in of("agreements", provider))
        return "paid" if agreed else "held"
    return "paid" if any(starts <= last for (starts,) in of("bank_accounts")) else "held"


def within(day: date, starts: date, ends: date | None) -> bool:
    return starts <= day < (ends or NEVER)


def is_severe(day: date, grade: str, concluded: date, valid_before: date | None) -> bool:
    """From the month after the conclusion, for two years at most."""
    begun = (day.year, day.month) > (concluded.year, concluded.month)
    ends = concluded.replace(year=concluded.year + MONTHS_VALID // 12)
    return grade in SEVERE and begun and day < min(ends, valid_before or ends)


def is_absent(day: date, kind: str, starts: date, ends: date | None) -> bool:
    """The day of a death is paid; admission, discharge and every day between are not."""
    return day > starts if kind == "death" else within(day, starts, ends)


def load(connection: sa.Connection, run: int, table: str) -> dict[int, list[tuple[Any, ...]]]:
    """Return the believed rows of a table by person (or provider)."""
    found = defaultdict(list)
    for key, *values in read(connection, BELIEVED.format(table=table, columns=FACTS[table]), run):
        found[key].append(tuple(as_day(value) for value in values))
    return found


def read(connection: sa.Connection, query: str, run: int) -> list[Any]:
    return list(connection.execute(sa.text(query), {"run": run}))


def as_day(value: Any) -> Any:
    """SQLite hands days over as text."""
    is_day = isinstance(value, str) and len(value) == 10 and value[4] == "-"
    return date.fromisoformat(value) if is_day else value


def default_url() -> str:
    home = os.environ.get("LTC_HOME", "instance")
    return os.environ.get("LTC_DATABASE_URL") or f"sqlite:///{home}/ltc.db"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else default_url()))
