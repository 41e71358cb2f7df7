"""Example values for the parameters of routes: the walk of ``test_access_walk.py`` needs them.

A new room adds a line for each new parameter name: where in the small world (``support/world.py``)
its record lies. A parameter that names no record goes into ``PLAIN``. Where one name means
different things on two routes, the route's own entry in ``BY_ENDPOINT`` wins.
"""

from collections.abc import Callable
from typing import Any

from ltc.store.assessments import Application
from ltc.store.imports import ImportFile
from ltc.store.insured import Enrolment, InsuredPerson
from ltc.store.job_runs import JobRun
from ltc.store.payouts import PayoutLine, PayoutRun
from ltc.store.plans import CarePlan
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.statements import Statement
from ltc.store.users import User
from ltc.store.visits import BedStay, Fee, Visit
from tests.support.world import Side

# Parameter → the record's class.
RECORDS: dict[str, type[Any]] = {
    "person_id": InsuredPerson,
    "application_id": Application,
    "provider_id": Provider,
    "agreement_id": Agreement,
    "carer_id": Carer,
    "plan_id": CarePlan,
    "visit_id": Visit,
    "stay_id": BedStay,
    "fee_id": Fee,
    "run_id": PayoutRun,
    "line_id": PayoutLine,
    "statement_id": Statement,
    "import_id": ImportFile,
    "file_id": ImportFile,
    "job_id": JobRun,
    "user_id": User,
}
# Parameter → a value that names no record.
PLAIN: dict[str, Any] = {
    "area": "chongqing",
    "breakdown": "district",
    "code": "zh_CN",
    "field": "provider",
    "filename": "css/app.css",
    "month": "2019-11",
    "suffix": "csv",
    "task": "audit_check",
}
# Route → its own values.
BY_ENDPOINT: dict[str, Callable[[Side], dict[str, Any]]] = {
    "insured.facts.record": lambda _side: {"kind": "enrolments"},
    "insured.facts.correct": lambda side: {"kind": "enrolments", "fact_id": side[Enrolment].id},
    "insured.facts.withdraw": lambda side: {"kind": "enrolments", "fact_id": side[Enrolment].id},
    "statements.bundle": lambda side: {"district_id": side.district_id},
    "verify.show": lambda _side: {"code": "7K3M-9QPX-R2TV-W8YZ"},
    "law.catalogue": lambda _side: {"code": "shanghai-42"},
    "law.instrument": lambda _side: {"code": "cn-2021"},
    **{
        f"stays.{view}": lambda side: {"kind": "beds", "row_id": side[BedStay].id}
        for view in ("show", "correct", "withdraw")
    },
    **{f"stays.{view}": lambda _side: {"kind": "fees"} for view in ("index", "export", "record")},
    "unmasking.show": lambda side: {
        "record_type": "insured_person", "field": "phone", "record_id": side[InsuredPerson].id
    },
}  # fmt: skip
# Routes whose records are the same for everybody in the area: nothing of another district is there.
AREA_WIDE_PARAMETERS = {"run_id", "job_id", "user_id", "file_id"}


def values_of(endpoint: str, arguments: set[str], side: Side) -> dict[str, Any]:
    """Return the values of a route's parameters on one side; KeyError names what has no example."""
    own = BY_ENDPOINT[endpoint](side) if endpoint in BY_ENDPOINT else {}
    missing = arguments - set(own)
    return own | {
        name: PLAIN[name] if name in PLAIN else side[RECORDS[name]].id for name in missing
    }


def record_parameters(endpoint: str, arguments: set[str]) -> set[str]:
    """Return the parameters of a route that name a record."""
    own = {"fact_id", "record_id", "row_id"} if endpoint in BY_ENDPOINT else set()
    return {name for name in arguments if name in RECORDS or name in own}
