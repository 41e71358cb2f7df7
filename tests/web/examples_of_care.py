"""Complete forms of providers, carers, plans, visits, stays and fees (``form_examples.py``)."""

from collections.abc import Callable, Mapping
from typing import Any

from ltc.rules.access import Role
from ltc.rules.visits import VisitSource
from tests.support import factories as make
from tests.support.desk import Desk, Example, Sending

WHY = {"reason": "as the paper says"}
DAYS = {"starts_on": "2019-03-01", "ends_on": ""}
VISIT = {"on": "2019-11-13", "begins_time": "09:00", "ends_time": "10:00", "items": ["D01"],
         "datum": "gcj02", "source": VisitSource.PAPER.value, **WHY}  # fmt: skip
PLAN = {"mode": "home_visits", "starts_on": "2019-11-01", "bonus_choice": ""}
STAY = {"starts_on": "2019-11-01", "price": "70"}
FEE = {"charged_on": "2019-11-05", "amount": "60", "kind": "daily_care"}


def provider_data(desk: Desk, code: str = "") -> dict[str, str]:
    place = {"kind": "home", "district_id": str(desk.district.id)}
    return {"code": code or f"N{desk.number()}", "name": "新名护理站", **place}


def register_provider(desk: Desk) -> Sending:
    return Sending("/providers/register", desk.users[Role.OFFICER], provider_data(desk))


def correct_provider(desk: Desk) -> Sending:
    provider = make.make_provider(desk.session)
    data = {**provider_data(desk, provider.code), **WHY}
    return Sending(f"/providers/{provider.id}/correct", desk.users[Role.OFFICER], data)


def record_agreement(desk: Desk) -> Sending:
    path = f"/providers/{make.make_provider(desk.session).id}/agreements/record"
    return Sending(path, desk.users[Role.OFFICER], {"number": f"XY-{desk.number()}", **DAYS})


def change_agreement(verb: str) -> Example:
    def example(desk: Desk) -> Sending:
        row = make.make_agreement(desk.session, make.make_provider(desk.session))
        data = {"number": f"XY-{desk.number()}", **DAYS} if verb == "correct" else {}
        path = f"/providers/agreements/{row.id}/{verb}"
        return Sending(path, desk.users[Role.OFFICER], {**data, **WHY})

    return example


def register_carer(desk: Desk) -> Sending:
    number = desk.number()
    data = {"code": f"K{number}", "name": "李秀兰", "kind": "family",
            "identity": make.make_identity(number), "starts_on": "2019-01-01"}  # fmt: skip
    path = f"/providers/{desk.provider.id}/carers/register"
    return Sending(path, desk.users[Role.OFFICER], data)


def correct_carer(desk: Desk) -> Sending:
    carer = make.make_carer(desk.session, desk.provider)
    data = {
        "code": carer.code,
        "name": "李秀兰",
        "kind": "family",
        "starts_on": "2018-01-01",
        **WHY,
    }
    return Sending(f"/providers/carers/{carer.id}/correct", desk.users[Role.OFFICER], data)


def named(desk: Desk, person: Any = None) -> dict[str, str]:
    """Who is cared for and by which provider, as the forms of care name them."""
    person = person or make.make_person(desk.session)
    return {"person": person.case_number, "provider": desk.provider.code}


def care(path: str, entries: Mapping[str, Any]) -> Example:
    """New care given, or a new plan."""
    return lambda desk: Sending(path, desk.users[Role.OFFICER], {**named(desk), **entries})


def change(room: str, build: Callable[..., Any]) -> Callable[..., Example]:
    """Something done with care of a provider, or with a plan."""

    def of(verb: str, entries: Mapping[str, Any], **given: Any) -> Example:
        def example(desk: Desk) -> Sending:
            person = make.make_person(desk.session)
            row = build(desk.session, person, desk.provider, **given)
            data = {**named(desk, person), **entries}
            return Sending(f"{room}/{row.id}/{verb}", desk.users[Role.OFFICER], data)

        return example

    return of


change_plan = change("/plans", make.make_plan)
change_stay = change("/stays/beds", make.make_bed_stay)
change_fee = change("/stays/fees", make.make_fee)


def log_visit(desk: Desk) -> Sending:
    """A visit by a carer of its own: nobody is with two people at the same time."""
    carer = make.make_carer(desk.session, desk.provider)
    data = {**named(desk), "carer": carer.code, **VISIT}
    return Sending("/visits/log", desk.users[Role.OFFICER], data)


def change_visit(verb: str, entries: Mapping[str, Any], **given: Any) -> Example:
    def example(desk: Desk) -> Sending:
        person, carer = make.make_person(desk.session), make.make_carer(desk.session, desk.provider)
        row = make.make_visit(desk.session, person, carer, **given)
        data = {**named(desk, person), "carer": carer.code, **entries}
        return Sending(f"/visits/{row.id}/{verb}", desk.users[Role.OFFICER], data)

    return example
