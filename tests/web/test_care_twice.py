"""Each button of plans, visits, stays and fees pressed twice does its work once, and says what follows."""

import secrets

import pytest
import sqlalchemy as sa

from ltc.http import FORM_TOKEN
from ltc.store.audit_log import AuditEvent
from ltc.store.base import known_at
from ltc.store.plans import CarePlan
from ltc.store.visits import BedStay, Fee, Visit
from tests.support.pages import ENGLISH, look_again, read, refused
from tests.support.sign_in import send

pytestmark = pytest.mark.usefixtures("november")

WHY = {"reason": "as the paper says"}
VISIT = {"on": "2019-11-13", "begins_time": "09:00", "ends_time": "10:00", "items": ["D01"],
         "datum": "gcj02", "source": "paper", **WHY}  # fmt: skip
PLAN = {"mode": "home_visits", "starts_on": "2019-11-01", "bonus_choice": ""}
STAY = {"starts_on": "2019-11-01", "price": "70"}
FEE = {"charged_on": "2019-11-05", "amount": "60", "kind": "daily_care"}

# What is done one after the other with one record: page, entries, audit events.
WAYS = {
    "visits": (Visit, "/visits", [
        ("log", VISIT, ["visit.logged"]),
        ("correct", {**VISIT, "ends_time": "10:30"}, ["visit.corrected"]),
        ("refuse", WHY, ["visit.refused"]),
        ("take-back", WHY, ["visit.accepted"]),
        ("withdraw", WHY, ["visit.withdrawn"]),
    ]),
    "plans": (CarePlan, "/plans", [
        ("draw-up", PLAN, ["plan.drawn_up"]),
        ("confirm", {"confirmed_on": "2019-11-01", "confirmed_by": "王"}, ["plan.confirmed"]),
        ("correct", {**PLAN, "authorised_minutes": "600", **WHY}, ["plan.corrected"]),
        ("change-mode", {"mode": "residential", **WHY}, ["plan.ended", "plan.drawn_up"]),
        ("withdraw", WHY, ["plan.withdrawn"]),
    ]),
    "beds": (BedStay, "/stays/beds", [
        ("record", STAY, ["stay.recorded"]),
        ("correct", {**STAY, "price": "71", **WHY}, ["stay.corrected"]),
        ("withdraw", WHY, ["stay.withdrawn"]),
    ]),
    "fees": (Fee, "/stays/fees", [
        ("record", FEE, ["fee.recorded"]),
        ("correct", {**FEE, "amount": "61", **WHY}, ["fee.corrected"]),
        ("withdraw", WHY, ["fee.withdrawn"]),
    ]),
}  # fmt: skip


def newest_id(session, table):
    look_again(session)
    newest = sa.select(table.id).where(known_at(table, None)).order_by(table.id.desc())
    return session.scalars(newest).first()


def events(session):
    look_again(session)
    return list(session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


@pytest.mark.parametrize("kind", WAYS)
def test_a_double_click_on_every_button_does_its_work_once(
    officer, session, person, provider, carer, kind
):
    table, room, steps = WAYS[kind]
    named = {"person": person.case_number, "provider": provider.code, "carer": carer.code}
    for verb, entries, expected in steps:
        known_id = newest_id(session, table)
        path = f"{room}/{known_id}/{verb}" if known_id else f"{room}/{verb}"
        before = events(session)
        data = {**named, **entries, FORM_TOKEN: secrets.token_urlsafe(24)}
        first, second = (send(officer, path, data, headers=ENGLISH) for _click in range(2))
        assert first.status_code == 302, first.text
        assert second.location == first.location
        assert events(session)[len(before) :] == expected
        page = read(officer, first.location)
        assert "<dt>Next</dt>" in page
        assert "nothing was done twice" in page


@pytest.mark.parametrize(
    ("name", "status"),
    [("王", 302), ("𬭼" * 60, 302), ("王" * 61, 422), ("", 422), ("   ", 422)],
    ids=["one", "sixty rare ones", "sixty-one", "none", "blanks"],
)
def test_names_of_one_to_sixty_characters_confirm_a_plan(
    officer, session, person, provider, name, status
):
    send(
        officer, "/plans/draw-up", {"person": person.case_number, "provider": provider.code, **PLAN}
    )
    plan_id = newest_id(session, CarePlan)
    data = {"confirmed_on": "2019-11-01", "confirmed_by": name}
    answer = send(officer, f"/plans/{plan_id}/confirm", data)
    assert answer.status_code == status
    if status == 302:
        assert name in read(officer, answer.location)


def test_a_visit_of_no_length_is_refused(officer, person, carer):
    data = {**VISIT, "person": person.case_number, "carer": carer.code, "ends_time": "09:00"}
    assert "does not end after it begins" in refused(officer, "/visits/log", data)
