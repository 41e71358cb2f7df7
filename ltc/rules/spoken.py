"""How the values of a problem's sentence are said: enum members by their words, in one table.

A problem is raised with the member itself, never with its code. The doors translate what
``find_words`` returns; commands, which speak English only, use ``say_in_english``.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from ltc.rules.access import REACH_NAMES, ROLE_NAMES, Reach, Role
from ltc.rules.applications import REFUSAL_NAMES, ApplicationStatus, RefusalReason
from ltc.rules.applications import STATUS_NAMES as APPLICATION_NAMES
from ltc.rules.audit import FAULT_NAMES, Fault
from ltc.rules.checks import CLEARER_NAMES, EFFECT_NAMES, Clearer, Effect
from ltc.rules.errors import Problem
from ltc.rules.exports import LIST_NAMES, Listed
from ltc.rules.imports import KIND_NAMES as IMPORT_KIND_NAMES
from ltc.rules.imports import OUTCOME_NAMES, ImportKind, Outcome
from ltc.rules.insured import (
    LIFE_EVENT_NAMES,
    SCHEME_NAMES,
    SEX_NAMES,
    LifeEventKind,
    SchemeCode,
    Sex,
)
from ltc.rules.payouts.runs import RUN_KIND_NAMES, RunKind, RunStatus
from ltc.rules.payouts.runs import STATUS_NAMES as RUN_NAMES
from ltc.rules.plans import BONUS_NAMES, PLAN_STATUS_NAMES, BonusChoice, PlanStatus
from ltc.rules.providers import CARER_KIND_NAMES, PROVIDER_KIND_NAMES, CarerKind, ProviderKind
from ltc.rules.statements import STATEMENT_KIND_NAMES, StatementKind
from ltc.rules.stays import FEE_KIND_NAMES, FeeKind
from ltc.rules.visits import DATUM_NAMES, SOURCE_NAMES, Datum, VisitSource
from ltc.rules.words import Word

ENUM_NAMES: Mapping[type[Enum], Mapping[Any, str]] = {
    Fault: FAULT_NAMES,
    Role: ROLE_NAMES,
    Reach: REACH_NAMES,
    Sex: SEX_NAMES,
    SchemeCode: SCHEME_NAMES,
    LifeEventKind: LIFE_EVENT_NAMES,
    ApplicationStatus: APPLICATION_NAMES,
    RefusalReason: REFUSAL_NAMES,
    ProviderKind: PROVIDER_KIND_NAMES,
    CarerKind: CARER_KIND_NAMES,
    PlanStatus: PLAN_STATUS_NAMES,
    BonusChoice: BONUS_NAMES,
    VisitSource: SOURCE_NAMES,
    Datum: DATUM_NAMES,
    Effect: EFFECT_NAMES,
    Clearer: CLEARER_NAMES,
    FeeKind: FEE_KIND_NAMES,
    RunStatus: RUN_NAMES,
    RunKind: RUN_KIND_NAMES,
    StatementKind: STATEMENT_KIND_NAMES,
    ImportKind: IMPORT_KIND_NAMES,
    Outcome: OUTCOME_NAMES,
    Listed: LIST_NAMES,
}


def find_words(value: object) -> str | None:
    """Return the marked words of a value, for a door to translate; None where it is said as it is."""
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, Enum):
        names = ENUM_NAMES.get(type(value), {})
        # A key may be the member or, in older tables, its code.
        return names.get(value) or names.get(value.value)
    return None


def to_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as a job keeps it, for its page to say in the reader's language."""
    values = {name: _keep(value) for name, value in problem.values.items()}
    return {"reason": problem.template, "values": values}


def _keep(value: object) -> str | dict[str, Any]:
    """Return a value as text; a problem with its own values, an instant for the reader's clock."""
    if isinstance(value, Problem):
        return to_json(value)
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return str(find_words(value) or value)


def say_in_english(problem: Problem, time_zone: str | None = None) -> str:
    """Return the sentence of a problem in English, without codes; in UTC, unless a zone is named."""
    said = {name: _say_value(value, time_zone) for name, value in problem.values.items()}
    return problem.template.format(**said)


def _say_value(value: object, time_zone: str | None) -> object:
    if isinstance(value, datetime):
        return _say_instant(value, time_zone)
    if isinstance(value, Problem):
        return say_in_english(value, time_zone)
    return find_words(value) or value


def _say_instant(value: datetime, time_zone: str | None) -> str:
    if time_zone is None:
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{value.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M}"
