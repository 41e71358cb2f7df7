"""Case files: persons' months written by hand in YAML (``docs/cases.md``), read strictly.

Every complaint names file, line and key. Days of a range are both included in the file, as people
write them; the facts that come out are half-open, as everywhere else.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from ltc.rules.months import ONE_DAY, Month
from ltc.rules.payouts.cases import (
    Absence,
    AgreementPeriod,
    AssistancePeriod,
    BedDays,
    Case,
    Conclusion,
    Enrolment,
    Fee,
    PlanPeriod,
    Taken,
)
from ltc.rules.payouts.expectations import Expected
from ltc.store.case_expected import read_expected
from ltc.store.case_scalars import Entry, parse_count, parse_fen, parse_month, parse_price_fen
from ltc.store.case_visits import minute_of, read_visits
from ltc.store.yaml_reader import LawFileError, MapNode, read_law_file

T = TypeVar("T")
LONG_AGO = date(2000, 1, 1)
MOST_DAYS = 3_660  # ten years
MOST_BYTES = 5_000_000  # a case file is written by hand
ABSENCES = {"hospital": "hospital_stay", "suspensions": "suspension", "moved_away": "moved_away"}
CASE_KEYS = (
    "name", "area", "month", "person", "enrolment", "enrolments", "conclusion", "conclusions",
    "mode", "plan", "plans", "death", *ABSENCES, "visits", "taken", "fees", "bed_days",
    "agreements", "account", "assistance", "assistances", "law", "expect",
)  # fmt: skip
DEFAULT_KEYS = tuple(key for key in CASE_KEYS if key not in ("name", "expect"))


@dataclass(frozen=True, slots=True)
class FileCase:
    """One case of a file: whose law, with which changes, the facts, and what is expected.

    ``line`` is where it begins in the file, ``lines`` are those of what the law may refuse: the area
    and, as ``law.key``, each change.
    """

    name: str
    area: str
    changes: dict[str, str]
    case: Case
    expected: Expected
    line: int
    lines: dict[str, int]


def read_case_file(path: Path) -> list[FileCase]:
    """Return the cases of a file; raises LawFileError with file, line and key."""
    if path.stat().st_size > MOST_BYTES:
        reason = f"is larger than {MOST_BYTES} bytes: write several files"
        raise LawFileError(path, 0, "", reason)
    root = read_law_file(path)
    defaults = root.maybe_map("defaults")
    if defaults is not None:
        for key in defaults.keys():  # noqa: SIM118 - a node of the file, not a mapping
            if key in DEFAULT_KEYS:
                defaults.pass_over(key)
        defaults.done(DEFAULT_KEYS)
    cases = [_read_case(node, defaults) for node in root.take_maps("cases")]
    root.done(("defaults",))
    return cases


def _read_case(node: MapNode, defaults: MapNode | None) -> FileCase:
    entry = Entry(node, defaults)
    name = entry.text("name")
    month = entry.scalar("month", parse_month)
    area = entry.text("area")
    plans = _read_plans(entry)
    providers = sorted({plan.provider for plan in plans if plan.provider is not None})
    case = Case(
        person=entry.maybe_text("person") or name,
        month=month,
        enrolments=_read_several(
            entry, "enrolment", "enrolments", _read_enrolment, may_be_empty=False
        )
        or (Enrolment(1, "employee", 30, LONG_AGO),),
        conclusions=_read_several(entry, "conclusion", "conclusions", _read_conclusion),
        plans=plans,
        absences=tuple(_read_absences(entry)),
        died_on=entry.maybe_day("death"),
        visits=read_visits(entry.maps("visits"), month),
        taken=tuple(_read_taken(part, ref) for ref, part in enumerate(entry.maps("taken"), 1)),
        bed_days=tuple(_read_beds(part, ref, month) for ref, part in
                       enumerate(entry.maps("bed_days"), 1)),
        fees=tuple(_read_fee(part, ref, month) for ref, part in enumerate(entry.maps("fees"), 1)),
        agreements=_read_agreements(entry, providers),
        has_account=entry.flag("account", default=True),
        assistance=_read_assistances(entry),
    )  # fmt: skip
    changes, lines = _read_changes(entry)
    expected = read_expected(entry.map("expect"))
    entry.done()
    lines["area"] = entry.line_of("area")
    return FileCase(name, area, changes, case, expected, node.line, lines)


def _read_several(
    entry: Entry,
    one: str,
    several: str,
    read: Callable[[Entry, int], T],
    *,
    may_be_empty: bool = True,
) -> tuple[T, ...]:
    """Read a fact that may stand once under its name, or several times as a list."""
    entry = entry.only(one, several)
    single, listed = entry.map(one), entry.maps(several, may_be_empty=may_be_empty)
    if single and entry.has(several):
        raise entry.error(one, f"stands beside “{several}”: write one of them only")
    parts = [single] if single else listed
    return tuple(read(part, ref) for ref, part in enumerate(parts, 1))


def _read_enrolment(part: Entry, ref: int) -> Enrolment:
    enrolment = Enrolment(
        ref=ref,
        scheme=part.maybe_text("scheme") or "employee",
        contribution_years=part.scalar("contribution_years", parse_count, default=30),
        starts_on=part.maybe_day("from") or LONG_AGO,
        ends_before=part.day_after("to"),
        topped_up_on=part.maybe_day("topped_up_on"),
    )
    part.done()
    return enrolment


def _read_conclusion(part: Entry, ref: int) -> Conclusion:
    conclusion = Conclusion(
        ref=ref,
        standard=part.maybe_text("standard") or "cn-2021",
        grade=part.text("grade"),
        concluded_on=part.day("on"),
        valid_before=part.day_after("valid_to", "on"),
    )
    part.done()
    return conclusion


def _read_plans(entry: Entry) -> tuple[PlanPeriod, ...]:
    """Read plans; a case that only names its mode has one confirmed plan without an end."""
    entry = entry.only("mode", "plan", "plans")
    plans = _read_several(entry, "plan", "plans", _read_plan)
    mode = entry.maybe_text("mode")
    if mode is None:
        return plans
    if plans:
        raise entry.error("mode", "stands beside a plan: name the mode in the plan only")
    return (PlanPeriod(1, mode, 1, LONG_AGO),)


def _read_plan(part: Entry, ref: int) -> PlanPeriod:
    names_none = part.raw("provider") == "none"
    if names_none:
        part.pass_over("provider")
    plan = PlanPeriod(
        ref=ref,
        mode=part.text("mode"),
        provider=None if names_none else part.scalar("provider", parse_count, default=1),
        starts_on=part.maybe_day("from") or LONG_AGO,
        ends_before=part.day_after("to"),
        confirmed=part.flag("confirmed", default=True),
        authorised_minutes_per_month=part.maybe("authorised_minutes", parse_count),
        bonus_choice=part.choice("bonus", ("time", "cash")),
        home_care_since=part.maybe_day("home_care_since"),
    )
    part.done()
    return plan


def _read_absences(entry: Entry) -> Iterator[Absence]:
    for key, kind in ABSENCES.items():
        for ref, part in enumerate(entry.maps(key), 1):
            yield Absence(ref, kind, part.day("from"), part.day_after("to"))
            part.done()


def _read_taken(part: Entry, ref: int) -> Taken:
    on = part.day("on")
    taken = Taken(
        ref=ref,
        carer=part.scalar("carer", parse_count, default=1),
        begins_min=minute_of(part, on, "begin"),
        ends_min=minute_of(part, on, "end"),
    )
    if taken.ends_min < taken.begins_min:
        raise part.error("end", "lies before “begin”: what goes on after midnight is an entry more")
    part.done()
    return taken


def _read_beds(part: Entry, ref: int, month: Month) -> BedDays:
    """Read a stay: from one day to another, or so many days from the first of the month."""
    starts_on = part.maybe_day("from") or month.starts_on
    days = part.maybe("days", parse_count)
    ends_before = part.day_after("to")
    if days is not None:
        if ends_before is not None:
            raise part.error("days", "stands beside “to”: write one of them only")
        if days > MOST_DAYS:
            raise part.error("days", f"must be at most {MOST_DAYS}; without days it has no end")
        ends_before = starts_on + days * ONE_DAY
    beds = BedDays(
        ref=ref,
        provider=part.scalar("provider", parse_count, default=1),
        starts_on=starts_on,
        ends_before=ends_before,
        price_fen=part.scalar("price", parse_price_fen),
    )
    part.done()
    return beds


def _read_fee(part: Entry, ref: int, month: Month) -> Fee:
    """Read a fee of a day; without one it is a bill of the whole month."""
    charged_on = part.maybe_day("on")
    fee = Fee(
        ref=ref,
        provider=part.scalar("provider", parse_count, default=1),
        charged_on=charged_on or month.starts_on,
        amount_fen=part.scalar("amount", parse_fen),
        kind=part.choice("kind", ("daily_care", "medical_care")) or "daily_care",
        is_of_month=charged_on is None,
    )
    part.done()
    return fee


def _read_agreements(entry: Entry, providers: list[int]) -> tuple[AgreementPeriod, ...]:
    """Read agreements; where none are written every provider of a plan has one without end."""
    if entry.raw("agreements") == "none":
        entry.pass_over("agreements")
        return ()
    parts = entry.maps("agreements", may_be_empty=False)
    if not parts:
        return tuple(AgreementPeriod(ref, ref, LONG_AGO) for ref in providers)
    return tuple(_read_agreement(part, ref) for ref, part in enumerate(parts, 1))


def _read_agreement(part: Entry, ref: int) -> AgreementPeriod:
    provider = part.scalar("provider", parse_count, default=1)
    starts_on = part.maybe_day("from") or LONG_AGO
    agreement = AgreementPeriod(ref, provider, starts_on, part.day_after("to"))
    part.done()
    return agreement


def _read_assistances(entry: Entry) -> tuple[AssistancePeriod, ...]:
    """Read categories of medical assistance; one that is only named holds without an end."""
    entry = entry.only("assistance", "assistances")
    category, parts = entry.maybe_text("assistance"), entry.maps("assistances")
    if category is None:
        return tuple(_read_assistance(part, ref) for ref, part in enumerate(parts, 1))
    if parts:
        raise entry.error("assistance", "stands beside “assistances”: write one of them only")
    return (AssistancePeriod(1, category, LONG_AGO),)


def _read_assistance(part: Entry, ref: int) -> AssistancePeriod:
    starts_on = part.maybe_day("from") or LONG_AGO
    period = AssistancePeriod(ref, part.text("category"), starts_on, part.day_after("to"))
    part.done()
    return period


def _read_changes(entry: Entry) -> tuple[dict[str, str], dict[str, int]]:
    """Read values of the law that this case tries out instead of those in force, and their lines."""
    part = entry.map("law")
    if part is None:
        return {}, {}
    keys = part.keys()
    return {key: part.text(key) for key in keys}, {f"law.{key}": part.line_of(key) for key in keys}
