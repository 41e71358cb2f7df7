"""The pages of providers, carers, plans, visits and stays, as an officer walks through them."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
import time_machine
from pypdf import PdfReader

from ltc.rules.access import Role
from ltc.rules.insured import LifeEventKind
from ltc.rules.providers import CarerKind
from ltc.store.base import known_at
from ltc.store.plans import CarePlan, PlanItem
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.visits import BedStay, Fee, Visit
from tests.support import factories as make
from tests.support.sign_in import send, sign_in_as

NOW = datetime(2019, 11, 14, 2, 30, tzinfo=UTC)
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def officer(client, session, area):
    return sign_in_as(client, make.make_user(session, Role.OFFICER))


@pytest.fixture
def person(session, area):
    return make.make_person(session)


@pytest.fixture
def provider(session, area):
    provider = make.make_provider(session)
    make.make_agreement(session, provider)
    return provider


@pytest.fixture
def carer(session, provider):
    return make.make_carer(session, provider)


def read(client, path, status=200):
    answer = client.get(path, headers=ENGLISH)
    assert answer.status_code == status, answer.text
    return answer.text


def sent(client, path, data):
    answer = send(client, path, data, headers=ENGLISH)
    assert answer.status_code == 302, answer.text
    return read(client, answer.location)


def refused(client, path, data):
    answer = send(client, path, data, headers=ENGLISH)
    assert answer.status_code == 422, answer.text
    return answer.text


def rows_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def look_again(session):
    """End the reading of before, so that what a page wrote is seen."""
    session.rollback()
    session.expire_all()


def known(session, table):
    look_again(session)
    return session.scalars(sa.select(table).where(known_at(table, None))).one()


def visit_data(person, by, **changes):
    return {"person": person.case_number, "carer": by.code, "on": "2019-11-13",
            "begins_time": "09:00", "ends_time": "10:00", "items": ["D01", "D07"],
            "datum": "gcj02", "source": "paper", "reason": "no signal", **changes}  # fmt: skip


# --- providers and carers ---


def test_empty_lists_say_how_to_begin(officer):
    assert "No provider is registered yet" in read(officer, "/providers/")
    assert "No carer is registered yet" in read(officer, "/providers/carers")
    assert "No care plan yet" in read(officer, "/plans/")
    assert "No visit is logged yet" in read(officer, "/visits/")
    assert "No stay is recorded yet" in read(officer, "/stays/")
    assert "No fee is recorded yet" in read(officer, "/stays/fees/")


def test_a_provider_is_registered_and_given_an_agreement_and_a_carer(officer, session, area):
    district = make.make_district(session)
    data = {"code": "p-1", "name": "康宁护理站", "kind": "home", "district_id": str(district.id)}
    page = sent(officer, "/providers/register", data)
    assert "No agreement today" in page
    provider = session.scalars(sa.select(Provider)).one()
    terms = {"number": "XY-1", "starts_on": "2019-01-01", "ends_on": "2020-12-31"}
    page = sent(officer, f"/providers/{provider.id}/agreements/record", terms)
    assert "Under agreement XY-1" in page
    data = {"code": "C1", "name": "李秀英", "kind": "nurse", "identity": make.make_identity(4),
            "certificate_number": "Z1", "certificate_ends_on": "2019-12-01",
            "starts_on": "2019-01-01"}  # fmt: skip
    page = sent(officer, f"/providers/{provider.id}/carers/register", data)
    assert "May make visits for 康宁护理站" in page
    assert make.make_identity(4) not in page
    assert "ends 2019-12-01" in page
    assert "李秀英" in read(officer, "/providers/carers?certificate=ends")


def test_what_is_wrong_with_a_provider_is_said_at_the_field(officer, session, provider):
    data = {"code": provider.code, "name": "另一家", "kind": "home",
            "district_id": str(provider.district_id)}  # fmt: skip
    assert "belongs to somebody else" in refused(officer, "/providers/register", data)
    wrong = {**data, "code": "P9", "credit_code": "91110000600037341M"}
    assert "check character" in refused(officer, "/providers/register", wrong)
    assert session.scalar(sa.select(sa.func.count()).select_from(Provider)) == 1


def test_an_agreement_is_corrected_and_withdrawn(officer, session, provider):
    agreement = known(session, Agreement)
    path = f"/providers/agreements/{agreement.id}/correct"
    assert f'value="{agreement.number}"' in read(officer, path)
    data = {"number": "XY-2", "starts_on": "2019-01-01", "ends_on": "", "reason": "typo"}
    page = sent(officer, path, data)
    assert "1 earlier version" in page
    assert "typo" in page
    new = known(session, Agreement)
    page = sent(officer, f"/providers/agreements/{new.id}/withdraw", {"reason": "never signed"})
    assert "withdrawn" in page
    assert "No agreement today" in page


def test_lists_are_filtered_and_exported_safely(officer, session, provider):
    make.make_provider(session, name="=cmd|'/C calc'!A0", kind="residential")
    page = read(officer, "/providers/?kind=residential&agreed=no")
    assert provider.name not in page
    (row,) = rows_of(officer, "/providers/providers.csv?kind=residential")
    assert row["name"].startswith("'=cmd")
    assert "Clear filter" in read(officer, "/providers/?q=nobody")


# --- plans ---


def test_a_plan_is_drawn_up_confirmed_and_changed_to_another_mode(
    officer, session, person, provider
):
    data = {"person": person.case_number, "mode": "home_visits", "provider": provider.code,
            "starts_on": "2019-11-01", "items-D01": "3", "items-D06": "1", "items-D07": "0",
            "bonus_choice": ""}  # fmt: skip
    page = sent(officer, "/plans/draw-up", data)
    assert "until then nothing is paid" in page
    plan = known(session, CarePlan)
    items = {item.item_code: item.times_per_week for item in session.scalars(sa.select(PlanItem))}
    assert items == {"D01": 3, "D06": 1}
    signed = {"confirmed_on": "2019-11-01", "confirmed_by": "王小明"}
    page = sent(officer, f"/plans/{plan.id}/confirm", signed)
    assert "In force since 2019-11-01" in page
    plan = known(session, CarePlan)
    form = read(officer, f"/plans/{plan.id}/change-mode")
    assert "takes effect on 2019-12-01" in form
    change = {"mode": "residential", "provider": provider.code, "reason": "moves in"}
    page = sent(officer, f"/plans/{plan.id}/change-mode", change)
    assert "until then nothing is paid" in page
    look_again(session)
    plans = session.scalars(
        sa.select(CarePlan).where(known_at(CarePlan, None)).order_by(CarePlan.starts_on)
    ).all()
    assert [(plan.mode, plan.starts_on, plan.ends_before) for plan in plans] == [
        ("home_visits", date(2019, 11, 1), date(2019, 12, 1)),
        ("residential", date(2019, 12, 1), None),
    ]
    assert plans[1].number in read(officer, "/plans/?status=to_confirm&q=" + person.case_number)


def test_what_is_wrong_with_a_plan_is_said_and_what_was_typed_stays(officer, person, provider):
    data = {"person": "NOBODY", "mode": "home_visits", "provider": provider.code,
            "starts_on": "2019-11-01", "items-D01": "often", "bonus_choice": ""}  # fmt: skip
    page = refused(officer, "/plans/draw-up", data)
    assert "Times a week are whole numbers." in page
    assert 'value="often"' in page
    page = refused(officer, "/plans/draw-up", {**data, "items-D01": "3"})
    assert "Nobody with the case number NOBODY" in page
    page = refused(officer, "/plans/draw-up", {**data, "items-D01": "71"})
    alone = {**data, "person": person.case_number, "provider": "", "items-D01": ""}
    assert "say which provider" in refused(officer, "/plans/draw-up", alone)


def test_a_plan_is_printed_with_lines_to_sign(officer, session, person, provider):
    plan = make.make_plan(session, person, provider, mode="home_visits", items={"D01": 3, "D06": 2})
    answer = officer.get(f"/plans/{plan.id}/plan.pdf")
    assert answer.mimetype == "application/pdf"
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.data)).pages)
    for words in (plan.number, person.name, "D06", "参保人或监护人", "Home visits"):
        assert words in text, words


# --- visits ---


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
        ({"ends_time": "08:00"}, "ends before it begins"),
        ({"ends_time": "24:00"}, "midnight is 00:00"),
        ({"on": "2019-11-31"}, "Enter a day that exists"),
        ({"on": "2019-12-01"}, "lies ahead"),
        ({"items": []}, "Choose what was done"),
        ({"items": ["D99"]}, "has no service"),
        ({"items": ["D07"], "ends_time": "09:02"}, "The items take"),
        ({"latitude": "29.5"}, "A position has a latitude"),
        ({"latitude": "north", "longitude": "106.5"}, "Enter degrees"),
        ({"carer": "C-none"}, "No carer with the code"),
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
    for words in ("Hospital stay from 2019-11-10", "died on 2019-11-11", "20 minutes overlap",
                  "has no agreement", "No confirmed plan", "5 checks found"):  # fmt: skip
        assert words in page, words


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


def test_a_manager_works_for_the_own_provider_only(client, session, person, provider, carer):
    make.make_plan(session, person, provider)
    elsewhere = make.make_provider(session, name="别处护理院")
    foreign_carer = make.make_carer(session, elsewhere)
    foreign = make.make_person(session, name="李他")
    make.make_visit(session, foreign, foreign_carer)
    make.make_bed_stay(session, foreign, elsewhere)
    user = make.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)
    sign_in_as(client, user)
    for path in ("/providers/", "/providers/carers", "/plans/", "/visits/", "/stays/"):
        page = read(client, path)
        assert "别处护理院" not in page
        assert "李他" not in page
    assert rows_of(client, "/visits/visits.csv") == []
    assert rows_of(client, "/stays/beds/list.csv") == []
    assert "No carer with the code" in refused(
        client, "/visits/log", visit_data(person, foreign_carer)
    )
    assert client.get(f"/providers/{elsewhere.id}").status_code == 404
    assert client.get(f"/providers/{elsewhere.id}/carers/register").status_code == 404
    assert f'value="{provider.code}"' in read(client, "/stays/beds/record")
    sent(client, "/visits/log", visit_data(person, carer))


# --- stays and fees ---


def test_a_stay_is_recorded_corrected_and_withdrawn(officer, session, person, provider):
    data = {"person": person.case_number, "provider": provider.code, "starts_on": "2019-11-01",
            "ends_on": "2019-11-10", "price": "70.00"}  # fmt: skip
    page = sent(officer, "/stays/beds/record", data)
    assert "¥700.00" in page
    stay = known(session, BedStay)
    assert (stay.price_fen, stay.ends_before) == (7000, date(2019, 11, 11))
    page = sent(
        officer, f"/stays/beds/{stay.id}/correct", {**data, "price": "80", "reason": "bill"}
    )
    assert "¥800.00" in page
    assert "¥700.00" in page
    assert "There is no such" not in read(officer, f"/stays/beds/{stay.id}")
    listed = read(officer, "/stays/?from=2019-11-05&to=2019-11-05")
    assert person.name in listed
    assert "Nothing fits" in read(officer, "/stays/?from=2019-11-11")
    (row,) = rows_of(officer, "/stays/beds/list.csv")
    assert (row["bed_days"], row["price_fen"]) == ("10", "8000")
    page = sent(officer, f"/stays/beds/{known(session, BedStay).id}/withdraw", {"reason": "no"})
    assert "This was withdrawn" in page
    assert "No stay is recorded yet" in read(officer, "/stays/")


def test_a_fee_is_recorded_and_a_second_number_refused(officer, session, person, provider):
    data = {"person": person.case_number, "provider": provider.code, "reference": "F-1",
            "charged_on": "2019-11-05", "kind": "medical_care", "amount": "1,234.5"}  # fmt: skip
    assert "¥1,234.50" in sent(officer, "/stays/fees/record", data)
    assert known(session, Fee).amount_fen == 123_450
    assert "recorded already" in refused(officer, "/stays/fees/record", data)
    for amount in ("1.234", "x", "-1", "1e99"):
        wrong = {**data, "reference": "F-2", "amount": amount}
        refused(officer, "/stays/fees/record", wrong)
    assert known(session, Fee).reference == "F-1"


def test_a_second_bed_on_the_same_days_is_refused(officer, person, provider, session):
    make.make_bed_stay(session, person, provider)
    data = {"person": person.case_number, "provider": provider.code, "starts_on": "2019-11-20",
            "ends_on": "", "price": "70"}  # fmt: skip
    assert "in a bed from 2019-11-01" in refused(officer, "/stays/beds/record", data)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_opens_in_both_languages(officer, session, person, provider, carer, language):
    plan = make.make_plan(session, person, provider, items={"D01": 2})
    visit = make.make_visit(session, person, carer, items="D01")
    stay, fee = (
        make.make_bed_stay(session, person, provider),
        make.make_fee(session, person, provider),
    )
    paths = [
        f"/providers/{provider.id}", f"/providers/{provider.id}/correct",
        f"/providers/carers/{carer.id}", f"/providers/carers/{carer.id}/correct",
        f"/plans/{plan.id}", f"/plans/{plan.id}/correct", f"/plans/{plan.id}/withdraw",
        f"/visits/{visit.id}", f"/visits/{visit.id}/withdraw", f"/stays/beds/{stay.id}",
        f"/stays/fees/{fee.id}", f"/stays/fees/{fee.id}/correct", "/providers/", "/plans/",
        "/visits/", "/stays/", "/stays/fees/", "/providers/carers",
    ]  # fmt: skip
    for path in paths:
        answer = officer.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, path


def test_a_carer_is_corrected_at_once_and_keeps_the_sealed_numbers(officer, session, carer):
    data = {"code": carer.code, "name": "李秀兰", "kind": "nurse", "certificate_number": "Z9",
            "certificate_ends_on": "2021-01-01", "starts_on": "2018-01-01",
            "reason": "passed"}  # fmt: skip
    assert "李秀兰" in sent(officer, f"/providers/carers/{carer.id}/correct", data)
    look_again(session)
    assert session.get(Carer, (1, carer.id)).kind is CarerKind.NURSE
