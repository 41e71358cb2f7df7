import csv
import io
from datetime import date

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.store.insured import Assistance, BankAccount, Enrolment, InsuredPerson, LifeEvent
from tests.support.factories import (
    make_account,
    make_account_number,
    make_assistance,
    make_carer,
    make_conclusion,
    make_district,
    make_enrolment,
    make_identity,
    make_life_event,
    make_person,
    make_plan,
    make_provider,
    make_user,
    make_visit,
)
from tests.support.sign_in import csrf_token, send, sign_in_as
from tests.support.world import build_world

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def officer(client, session, area):
    return sign_in_as(client, make_user(session, Role.OFFICER))


@pytest.fixture
def district(session, area):
    return make_district(session)


def read(client, path):
    answer = client.get(path, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return answer.text


def person_data(district, **changes):
    return {"identity": make_identity(1), "name": "王淑珍", "district_id": str(district.id),
            "community": "钢花社区", "phone": "13800138000", "address": "钢花路3号",
            "scheme": "employee", "contribution_years": "20", "starts_on": "2018-01-01",
            **changes}  # fmt: skip


def test_somebody_of_another_district_is_not_named(client, session, district):
    elsewhere = make_person(
        session, identity=make_identity(1), district_id=make_district(session).id
    )
    own = make_person(session, identity=make_identity(2), district_id=district.id)
    officer = sign_in_as(client, make_user(session, Role.OFFICER, district_id=district.id))
    client.get("/language/en")
    answer = send(officer, "/insured/register", person_data(district)).text
    assert "is registered already, in another district." in answer
    assert elsewhere.case_number not in answer
    assert "Go to the page of" not in answer
    data = person_data(district, identity=make_identity(2))
    answer = send(officer, "/insured/register", data).text
    assert f"already, as {own.case_number}." in answer
    link = f'href="/insured/{own.id}">Go to the page of {own.name}, {own.case_number}</a>'
    assert link in answer


def test_an_empty_list_says_how_to_begin(officer):
    assert "Nobody is registered yet" in read(officer, "/insured/")


def test_the_list_shows_people_masked(officer, session):
    person = make_person(session, identity=make_identity(9))
    make_enrolment(session, person)
    page = read(officer, "/insured/")
    assert person.case_number in page
    assert "*" * 14 + make_identity(9)[-4:] in page
    assert make_identity(9) not in page


@pytest.mark.parametrize(
    "query", ["q=秀", "q=CHO2019000002", "q={last4}", "q={identity}", "district={district}",
              "scheme=resident"]
)  # fmt: skip
def test_the_list_is_filtered(officer, session, query):
    make_enrolment(session, make_person(session, identity=make_identity(1), name="王淑珍"))
    elsewhere = make_district(session)
    wanted = make_person(session, identity=make_identity(2), name="李秀英",
                         district_id=elsewhere.id, case_number="CHO2019000002")  # fmt: skip
    make_enrolment(session, wanted, scheme="resident")
    identity = make_identity(2)
    query = query.format(identity=identity, last4=identity[-4:], district=elsewhere.id)
    page = read(officer, f"/insured/?{query}")
    assert "李秀英" in page
    assert "王淑珍" not in page


def test_the_list_is_paged_without_losing_the_filter(officer, session):
    for number in range(51):
        make_person(session, identity=make_identity(number), name=f"王{number:02d}")
    page = read(officer, "/insured/?q=王&sort=name&order=descending")
    assert "王50" in page
    assert "王00" not in page
    link = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "sort=name" in link
    last = read(officer, "/insured/" + link)
    assert "王00" in last
    assert "王50" not in last


def test_a_broken_cursor_is_a_clear_answer(officer):
    answer = officer.get("/insured/?cursor=broken", headers=ENGLISH)
    assert answer.status_code == 422
    assert "Begin with the first page" in answer.text


def test_a_person_is_registered_on_the_page(officer, session, district):
    answer = send(officer, "/insured/register", person_data(district), follow_redirects=True)
    assert answer.status_code == 200
    person = session.scalar(sa.select(InsuredPerson))
    assert person.case_number in answer.text
    assert session.scalar(sa.select(Enrolment.person_id)) == person.id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"identity": make_identity(1)[:-1] + "0"}, "check digit"),
        ({"identity": ""}, "Enter the identity number."),
        ({"name": "王" * 61}, "61 characters"),
        ({"name": ""}, "Enter the name."),
        ({"name": "\u3000"}, "The name is empty."),
        ({"starts_on": "2019-02-29"}, "Enter a day that exists"),
        ({"contribution_years": "-3"}, "whole number from 0"),
        ({"contribution_years": "many"}, "Enter a whole number."),
        ({"phone": "=cmd|calc"}, "5 to 20 digits"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_kept(
    officer, session, district, changes, words
):
    data = person_data(district, **changes)
    assert data["identity"] != make_identity(1) or "identity" not in changes
    answer = send(officer, "/insured/register", data, headers=ENGLISH)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'class="govuk-error-message"' in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(InsuredPerson)) == 0


def test_a_double_click_registers_once(officer, session, district):
    data = {**person_data(district), "form_token": "a-token-of-one-form-1234567890ab"}
    first = send(officer, "/insured/register", data)
    second = send(officer, "/insured/register", data)
    assert first.location == second.location
    assert session.scalar(sa.select(sa.func.count()).select_from(InsuredPerson)) == 1


def test_the_page_of_a_person_shows_everything_on_one_page(officer, session):
    person = make_person(session, identity=make_identity(7), phone="13800138000")
    make_enrolment(session, person)
    make_life_event(session, person)
    make_conclusion(session, person)
    make_account(session, person, account=make_account_number(7))
    provider = make_provider(session, name="康宁护理站")
    make_plan(session, person, provider)
    make_visit(session, person, make_carer(session, provider))
    page = read(officer, f"/insured/{person.id}")
    for words in ("Employees", "Hospital stay", "20 contribution years", "康宁护理站", "1 h",
                  "138****8000", "中国农业银行"):  # fmt: skip
        assert words in page, words
    for secret in (make_identity(7), "13800138000", make_account_number(7)):
        assert secret not in page


def test_the_page_of_a_person_leads_on(officer, session):
    person = make_person(session)
    plan = make_plan(session, person, make_provider(session))
    page = read(officer, f"/insured/{person.id}")
    for path in (f"/insured/{person.id}/enrolments/record", f"/insured/{person.id}/accounts/record",
                 f"/insured/{person.id}/life-events/record", f"/plans/{plan.id}",
                 f"/assessments/file?person={person.id}",
                 f"/plans/draw-up?person={person.case_number}"):  # fmt: skip
        assert f'href="{path}"' in page, path


def test_a_person_is_corrected_with_a_reason(officer, session):
    person = make_person(session)
    data = {"name": "王淑真", "district_id": str(person.district_id), "community": ""}
    refused = send(officer, f"/insured/{person.id}/correct", data, headers=ENGLISH)
    assert refused.status_code == 422
    assert "Say why." in refused.text
    send(officer, f"/insured/{person.id}/correct", {**data, "reason": "misspelt"})
    session.expire_all()
    assert session.get(InsuredPerson, (1, person.id)).name == "王淑真"


def test_what_was_believed_of_a_person_stands_beside_with_numbers_masked(officer, session):
    person = make_person(session, name="王淑珍", phone="13800138000", address="钢花路3号2单元")
    assert "All versions" not in read(officer, f"/insured/{person.id}")
    data = {"name": "王淑真", "district_id": str(person.district_id), "community": "",
            "phone": "13900139000", "reason": "misspelt in the file"}  # fmt: skip
    send(officer, f"/insured/{person.id}/correct", data)
    page = read(officer, f"/insured/{person.id}")
    versions = page.split('id="versions"')[1]
    for text in ("王淑珍", "王淑真", "138****8000", "139****9000", "misspelt in the file"):
        assert text in versions, text
    for secret in ("13800138000", "13900139000", "2单元"):
        assert secret not in page


def test_a_change_that_the_mask_hides_is_marked_all_the_same(officer, session):
    person = make_person(session, address="钢花路三号小区2单元")
    data = {"name": person.name, "district_id": str(person.district_id), "community": "",
            "address": "钢花路三号小区5单元", "reason": "other house"}  # fmt: skip
    send(officer, f"/insured/{person.id}/correct", data)
    versions = read(officer, f"/insured/{person.id}").split('id="versions"')[1]
    assert versions.count("钢花路三号***") == 1 + 1
    assert versions.count("ltc-changed") == 1 + 1  # the address, and the community it had


def test_medical_assistance_is_recorded_corrected_and_withdrawn_on_the_pages(officer, session):
    person = make_person(session)
    page = read(officer, f"/insured/{person.id}")
    assert "In no category of medical assistance." in page
    data = {"category": "poor", "starts_on": "2019-11-04", "ends_on": "2019-11-08"}
    path = f"/insured/{person.id}/assistances/record"
    send(officer, path, data)
    refused = send(officer, path, data, headers=ENGLISH)
    assert refused.status_code == 422
    assert "belongs to a category already from" in refused.text
    (row,) = session.scalars(sa.select(Assistance))
    assert (row.category, row.ends_before) == ("poor", date(2019, 11, 9))
    corrected = {**data, "category": "poorest", "reason": "the newer notice"}
    session.commit()
    send(officer, f"/insured/assistances/{row.id}/correct", corrected)
    newest = session.scalar(sa.select(Assistance).where(Assistance.category == "poorest"))
    page = read(officer, f"/insured/{person.id}")
    assert "the newer notice" in page
    session.commit()
    send(officer, f"/insured/assistances/{newest.id}/withdraw", {"reason": "never was"})
    assert "withdrawn" in read(officer, f"/insured/{person.id}")


def test_medical_assistance_is_not_a_providers_business(client, session, area):
    provider = make_provider(session)
    person = make_person(session)
    make_assistance(session, person)
    make_plan(session, person, provider)
    manager = sign_in_as(client, make_user(
        session, Role.PROVIDER_MANAGER, organisation_id=provider.id))  # fmt: skip
    page = read(manager, f"/insured/{person.id}")
    assert "Medical assistance" not in page


def test_a_life_event_is_recorded_corrected_and_withdrawn_on_the_pages(officer, session):
    person = make_person(session)
    stay = {"kind": "hospital_stay", "starts_on": "2019-11-04", "ends_on": "2019-11-08"}
    send(officer, f"/insured/{person.id}/life-events/record", stay)
    event = session.scalar(sa.select(LifeEvent))
    assert event.ends_before == date(2019, 11, 9)
    path = f"/insured/life-events/{event.id}/correct"
    send(officer, path, {**stay, "ends_on": "2019-11-10", "reason": "stayed longer"})
    page = read(officer, f"/insured/{person.id}")
    assert "1 earlier version" in page
    assert "stayed longer" in page
    session.rollback()
    new = session.scalar(sa.select(LifeEvent).where(LifeEvent.replaces_id == event.id))
    send(officer, f"/insured/life-events/{new.id}/withdraw", {"reason": "another person"})
    assert "withdrawn" in read(officer, f"/insured/{person.id}")


@pytest.mark.parametrize(
    ("first", "last", "follows"),
    [("2019-11-20", "2019-12-02", True), ("2019-10-20", "2019-10-31", False),
     ("2019-12-01", "2019-12-02", False)],
)  # fmt: skip
def test_the_receipt_of_a_late_fact_names_the_months_to_settle_again(
    client, session, first, last, follows
):
    side = build_world(session)[0][0]
    officer = sign_in_as(client, side.users[Role.OFFICER])
    path = f"/insured/{side[InsuredPerson].id}"
    stay = {"kind": "hospital_stay", "starts_on": first, "ends_on": last}
    assert send(officer, f"{path}/life-events/record", stay).status_code == 302
    page = read(officer, path)
    assert "done." in page
    next_step = "approved without it, a correction settles it: November 2019"
    assert (next_step in page) is follows


def test_a_refused_reason_asks_again_and_leaves_the_masked_number_in_its_place(officer, session):
    path = f"/unmask/insured_person/identity/{make_person(session).id}"
    answer = officer.post(path, data={"csrf_token": csrf_token(officer), "form_token": "f" * 32, "reason": "why"},
                          headers={"HX-Request": "true", "HX-Target": "masked-identity"})  # fmt: skip
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#masked-identity form"
    assert answer.text.lstrip().startswith("<form")
    assert 'value="why"' in answer.text


def test_the_form_of_a_correction_begins_with_what_is_recorded(officer, session):
    person = make_person(session)
    event = make_life_event(session, person)
    page = read(officer, f"/insured/life-events/{event.id}/correct")
    assert 'value="2019-11-10"' in page
    assert 'value="2019-11-14"' in page


def test_an_account_is_recorded_and_its_number_never_shown_again(officer, session):
    person = make_person(session)
    number = make_account_number(3)
    send(officer, f"/insured/{person.id}/accounts/record",
         {"holder_name": "王淑珍", "bank_name": "中国银行", "account": number,
          "starts_on": "2019-01-01"})  # fmt: skip
    account = session.scalar(sa.select(BankAccount))
    assert account.account_last4 == number[-4:]
    assert number not in read(officer, f"/insured/accounts/{account.id}/correct")


def test_an_overlapping_enrolment_is_refused_in_words(officer, session):
    person = make_person(session)
    make_enrolment(session, person)
    data = {"scheme": "resident", "contribution_years": "1", "starts_on": "2019-01-01"}
    answer = send(officer, f"/insured/{person.id}/enrolments/record", data, headers=ENGLISH)
    assert answer.status_code == 422
    assert "already enrolled from 2018-01-01" in answer.text


def test_the_list_as_a_file_is_masked_and_safe(officer, session):
    make_person(session, name="=cmd|'/C calc'!A0", identity=make_identity(5))
    text = officer.get("/insured/people.csv").data.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["name"] == "'=cmd|'/C calc'!A0"
    assert row["identity"] == "*" * 14 + make_identity(5)[-4:]


def test_a_provider_sees_its_own_people_only(client, session, area):
    provider, other = make_provider(session), make_provider(session)
    mine, foreign = make_person(session, name="王己"), make_person(session, name="李他")
    make_plan(session, mine, provider)
    make_plan(session, foreign, other)
    make_account(session, mine)
    user = make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)
    sign_in_as(client, user)
    assert "李他" not in read(client, "/insured/")
    assert "李他" not in client.get("/insured/people.csv").text
    assert client.get(f"/insured/{foreign.id}").status_code == 404
    page = read(client, f"/insured/{mine.id}")
    assert "王己" in page
    assert "Bank accounts" not in page
    assert client.get("/insured/register").status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_forms_open_in_both_languages(officer, session, language):
    person = make_person(session)
    paths = ["register", f"{person.id}/correct"]
    paths += [f"{person.id}/{kind}/record" for kind in ("enrolments", "life-events", "accounts")]
    for path in paths:
        answer = officer.get(f"/insured/{path}", headers={"Accept-Language": language})
        assert answer.status_code == 200, path
