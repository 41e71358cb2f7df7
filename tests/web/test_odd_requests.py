"""What no page offers but anybody may send: it is refused in words, and never breaks a page."""

import pytest

from ltc.rules.access import Role
from tests.support import factories as make
from tests.support.pages import refused
from tests.support.sign_in import send, sign_in_as

LARGEST_ID = 2**63 - 1
TOO_LARGE_IDS = (LARGEST_ID + 1, 2**64, 10**30)

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture(autouse=True)
def show_failures(app):
    """Let a failure be answered as it would be outside of tests: by a page with status 500."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield
    app.config["PROPAGATE_EXCEPTIONS"] = None


@pytest.mark.parametrize("number", [0, LARGEST_ID, *TOO_LARGE_IDS])
@pytest.mark.parametrize("path", ["/insured/{}", "/visits/{}/correct", "/stays/beds/{}"])
def test_a_number_that_no_record_has_is_not_found(officer, path, number):
    assert officer.get(path.format(number)).status_code == 404
    assert officer.head(path.format(number)).status_code == 404


@pytest.mark.parametrize("number", TOO_LARGE_IDS)
def test_a_form_sent_to_a_number_too_large_is_not_found(officer, number):
    answer = send(officer, f"/insured/{number}/correct", {"reason": "typed by hand"})
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/insured/?district={}", "/assessments/?district={}"])
def test_a_filter_by_a_number_too_large_filters_nothing(officer, person, path):
    for number in (LARGEST_ID, *TOO_LARGE_IDS):
        assert officer.get(path.format(number)).status_code == 200


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1899-12-31", "2201-01-01"])
def test_a_day_beyond_the_years_of_records_is_refused_at_its_field(officer, person, day):
    data = {
        "scheme": "employee",
        "contribution_years": 5,
        "starts_on": "2019-01-01",
        "ends_on": day,
    }
    page = refused(officer, f"/insured/{person.id}/enrolments/record", data)
    assert "Enter a day from 1900 to 2200" in page


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2019-02-30"])
def test_a_list_does_not_filter_by_a_day_beyond_the_years_of_records(client, session, area, day):
    sign_in_as(client, make.make_user(session, Role.AUDITOR))
    assert client.get(f"/audit?day={day}").status_code == 200
    assert client.get(f"/visits/?from={day}&to={day}").status_code == 200


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "2019-13"])
def test_a_month_that_cannot_be_calculated_is_refused(client, session, area, month):
    sign_in_as(client, make.make_user(session, Role.FINANCE_PREPARER))
    refused(client, "/payouts/start", {"month": month, "known_on": ""})


@pytest.mark.parametrize(
    "amount", ["9e999999", "1e5", "120,50", "NaN", "Infinity", "0.001", "=1+1"]
)
def test_an_amount_that_is_none_is_refused(officer, person, provider, amount):
    data = {
        "person": person.case_number, "provider": provider.code, "charged_on": "2019-11-13",
        "kind": "daily_care", "amount": amount, "reference": "",
    }  # fmt: skip
    assert "Enter an amount in yuan" in refused(officer, "/stays/fees/record", data)


def test_a_code_that_another_provider_has_is_refused_at_the_code(officer, session, provider):
    other = make.make_provider(session, name="别处护理院")
    data = {
        "code": other.code, "name": provider.name, "kind": provider.kind.value,
        "district_id": provider.district_id, "reason": "typed the wrong one",
    }  # fmt: skip
    page = refused(officer, f"/providers/{provider.id}/correct", data)
    assert other.code in page


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/", 405)]
)
def test_a_program_is_told_what_is_wrong_as_problem_json(officer, method, path, status):
    answer = officer.open(path, method=method, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["status"] == status


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("/users/?q=%E7%8E%8B&role=", "/users?q=%E7%8E%8B&role="),
        ("/audit/", "/audit"),
        ("/law/chongqing/", "/law/chongqing"),
        ("/insured", "/insured/"),
    ],
)
def test_a_page_has_one_address_and_a_slash_too_many_or_too_few_leads_there(
    officer, written, address
):
    answer = officer.get(written)
    assert answer.status_code == 308
    assert answer.location.removeprefix("http://localhost") == address


@pytest.mark.parametrize("path", ["/nowhere/", "/sign-out/", "//evil.example/", "/users/7/"])
def test_a_slash_is_taken_away_only_where_a_page_is_then(officer, path):
    answer = officer.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code == (308 if path == "/users/7/" else 404)
    assert answer.headers.get("Location") in (None, "/users/7")
