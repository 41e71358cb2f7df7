import re
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.insured import LifeEventKind
from ltc.rules.providers import CarerKind
from ltc.rules.visits import Datum
from ltc.store.providers import Agreement, Provider
from ltc.store.visits import Visit
from tests.support import factories as make
from tests.support.pages import known, look_again, read, refused, rows_of, sent
from tests.support.sign_in import send, sign_in_as

pytestmark = pytest.mark.usefixtures("november")


def visit_data(person, by, **changes):
    return {"person": person.case_number, "carer": by.code, "on": "2019-11-13",
            "begins_time": "09:00", "ends_time": "10:00", "items": ["D01", "D07"],
            "datum": "gcj02", "source": "paper", "reason": "no signal", **changes}  # fmt: skip


def test_a_visit_is_logged_corrected_refused_and_accepted(officer, session, person, carer):
    make.make_plan(session, person, session.get(Provider, (1, carer.provider_id)))
    page = sent(officer, "/visits/log", visit_data(person, carer))
    assert "Entered afterwards" in page
    visit = known(session, Visit)
    assert (visit.begins_at, visit.service_on) == (
        datetime(2019, 11, 13, 1, 0, tzinfo=UTC), date(2019, 11, 13)
    )  # fmt: skip
    assert (visit.ends_min - visit.begins_min, visit.reason) == (60, "no signal")
    assert 'value="09:00"' in read(officer, f"/visits/{visit.id}/correct")
    longer = visit_data(person, carer, ends_time="10:30", reason="read wrongly")
    page = sent(officer, f"/visits/{visit.id}/correct", longer)
    assert "Original" in page
    assert "1 h 30 min" in page
    assert "read wrongly" in page
    visit = known(session, Visit)
    page = sent(officer, f"/visits/{visit.id}/refuse", {"reason": "signature differs"})
    assert "Refused at the check: signature differs" in page
    assert "signature differs" in read(officer, "/visits/?state=refused")
    visit = known(session, Visit)
    page = sent(officer, f"/visits/{visit.id}/take-back", {"reason": "confirmed by phone"})
    assert "Refused at the check" not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_time": "08:00"}, "does not end after it begins"),
        ({"ends_time": "24:00"}, "midnight is 00:00"),
        ({"on": "2019-11-31"}, "Enter a day that exists"),
        ({"on": "2019-12-01"}, "lies ahead"),
        ({"items": []}, "Choose what was done"),
        ({"items": ["D99"]}, "has no service"),
        ({"items": ["D07"], "ends_time": "09:02"}, "The items take"),
        ({"latitude": "29.5"}, "A position has a latitude"),
        ({"latitude": "north", "longitude": "106.5"}, "Enter degrees"),
        ({"carer": "C-none"}, "No carer with the code or name"),
        ({"person": "X"}, "Nobody with the case number"),
        ({"reason": ""}, "Say why."),
    ],
)
def test_what_is_wrong_with_a_visit_is_said_and_nothing_is_kept(
    officer, session, person, carer, changes, words
):
    assert words in refused(officer, "/visits/log", visit_data(person, carer) | changes)
    assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 0


def test_nurses_items_and_expired_certificates_are_refused(officer, session, person, carer):
    nurse_item = visit_data(person, carer, items=["D14"])
    page = refused(officer, "/visits/log", nurse_item)
    assert "is for nurses only" in page
    expired = make.make_carer(
        session, session.get(Provider, (1, carer.provider_id)), kind=CarerKind.NURSE,
        certificate_ends_before=date(2019, 11, 13),
    )  # fmt: skip
    page = refused(officer, "/visits/log", visit_data(person, expired))
    assert "certificate ended before 2019-11-13" in page


def test_an_overnight_visit_ends_on_the_next_day(officer, session, person, carer):
    night = visit_data(person, carer, begins_time="23:30", ends_time="00:30", ends_next_day="y")
    sent(officer, "/visits/log", night)
    visit = known(session, Visit)
    assert (visit.service_on, visit.ends_min - visit.begins_min) == (date(2019, 11, 13), 60)


def test_the_checks_stand_on_the_page_of_a_visit(officer, session, person, carer):
    make.make_life_event(session, person)
    make.make_life_event(session, person, kind=LifeEventKind.DEATH, ends_before=None,
                         starts_on=date(2019, 11, 11))  # fmt: skip
    first = make.make_visit(session, person, carer, begins_at=datetime(2019, 11, 12, 1, tzinfo=UTC))
    make.make_visit(
        session, make.make_person(session), carer,
        begins_at=datetime(2019, 11, 12, 1, 40, tzinfo=UTC),
    )  # fmt: skip
    agreement = known(session, Agreement)
    send(officer, f"/providers/agreements/{agreement.id}/withdraw", {"reason": "never signed"})
    page = read(officer, f"/visits/{first.id}")
    for words in ("Hospital stay from 2019-11-10", "died on 2019-11-11", "minutes that overlap: 20",
                  "has no agreement", "No confirmed plan", "5 checks found"):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize("role", [Role.PROVIDER_MANAGER, Role.CARER])
def test_the_checks_tell_of_others_visits_and_of_stays_no_more_than_one_may_see(
    client, session, person, carer, provider, role
):
    make.make_plan(session, person, provider)
    make.make_life_event(session, person)  # in hospital from the 10th to the 14th
    at_once = datetime(2019, 11, 12, 1, tzinfo=UTC)
    own = make.make_visit(session, person, carer, begins_at=at_once)
    elsewhere = make.make_carer(session, make.make_provider(session))
    foreign = make.make_visit(session, person, elsewhere, begins_at=at_once)
    place = {"carer_id": carer.id} if role is Role.CARER else {}
    user = make.make_user(session, role, organisation_id=provider.id, **place)
    session.commit()
    page = read(sign_in_as(client, user), f"/visits/{own.id}")
    assert "It overlaps with another visit, which is not yours to see." in page
    assert "minutes that overlap: " not in page
    assert f"/visits/{foreign.id}" not in page
    assert ("Hospital stay" in page) is (role is Role.PROVIDER_MANAGER)


@pytest.mark.parametrize(
    ("home", "datum", "expected"),
    [
        ((None, None), "wgs84", "not known: the position of the home is not recorded"),
        ((29_563_000, 106_551_500), None, "not known: the visit has no place"),
        ((29_563_000, 106_551_500), "wgs84", "111 m"),
        ((29_563_000, 106_551_500), "gcj02", "about 111 m; maps in China are up to 700 m off"),
    ],
)
def test_a_visit_says_how_far_from_home_it_was_or_why_not(
    officer, session, person, carer, home, datum, expected
):
    person.home_latitude_e6, person.home_longitude_e6 = home
    place = {"latitude_e6": 29_564_000, "longitude_e6": 106_551_500} if datum else {}
    visit = make.make_visit(session, person, carer, datum=datum and Datum(datum), **place)
    session.commit()
    text = " ".join(officer.get(f"/visits/{visit.id}").text.split())
    assert re.search(
        rf"Distance from home</dt> <dd[^>]*>{re.escape(expected)}<", text
    ), text  # fmt: skip


def test_a_provider_without_agreement_is_warned_of_when_a_visit_is_logged(
    officer, session, person, area
):
    carer = make.make_carer(session, make.make_provider(session))
    page = sent(officer, "/visits/log", visit_data(person, carer))
    assert "without one the payment is held" in page


def test_a_carer_sees_and_logs_own_visits_only(client, session, person, provider, carer):
    make.make_plan(session, person, provider, items={"D01": 3})
    colleague = make.make_carer(session, provider)
    make.make_visit(session, person, carer, begins_at=datetime(2019, 11, 12, 1, tzinfo=UTC))
    other = make.make_person(session, name="李他")
    foreign = make.make_visit(session, other, colleague)
    user = make.make_user(session, Role.CARER, organisation_id=provider.id, carer_id=carer.id)
    sign_in_as(client, user)
    assert client.get("/").location == "/visits/"
    page = read(client, "/visits/")
    assert f"Next: {person.name}" in page
    assert "1 of 3 visits this week" in page
    assert "李他" not in page
    assert client.get(f"/visits/{foreign.id}").status_code == 404
    data = visit_data(person, colleague, source="page")
    sent(client, "/visits/log", data)
    look_again(session)
    newest = session.scalars(sa.select(Visit).order_by(Visit.begins_at.desc())).first()
    assert newest.carer_id == carer.id
    stranger = visit_data(other, carer)
    assert "Nobody with the case number" in refused(client, "/visits/log", stranger)
    assert rows_of(client, "/visits/visits.csv")[0]["carer"] == carer.code
    assert client.get(f"/visits/{newest.id}/refuse").status_code == 403
