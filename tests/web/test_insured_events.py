"""The list of life events of all people."""

import csv
import io
from datetime import UTC, date, datetime

import pytest

from ltc.rules.access import Role
from ltc.rules.insured import LifeEventKind
from ltc.store.insured import InsuredPerson
from tests.support.factories import (
    make_district,
    make_life_event,
    make_person,
    make_plan,
    make_provider,
    make_user,
)
from tests.support.sign_in import send, sign_in_as

ENGLISH = {"Accept-Language": "en"}
PATH = "/insured/life-events/"


@pytest.fixture
def officer(client, session, area):
    return sign_in_as(client, make_user(session, Role.OFFICER))


@pytest.fixture
def events(session, area):
    """A hospital stay, and a death a year before of somebody in another district."""
    stay = make_life_event(session, make_person(session, name="王淑珍"), note="市医院")
    elsewhere = make_district(session)
    other = make_person(session, name="李秀英", district_id=elsewhere.id)
    death = make_life_event(
        session, other, kind=LifeEventKind.DEATH, starts_on=date(2018, 11, 3), ends_before=None,
        recorded_at=datetime(2019, 11, 12, 2, 0, tzinfo=UTC),
    )  # fmt: skip
    return stay, death


def read(client, path):
    answer = client.get(path, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    return answer.text


def names_in(page):
    return [name for name in ("王淑珍", "李秀英") if name in page]


def test_an_empty_list_says_how_to_begin(officer):
    page = read(officer, PATH)
    assert "No life event is recorded yet" in page
    assert 'href="/insured/"' in page


def test_an_event_stands_with_both_times_and_leads_to_its_person(officer, session, events):
    stay, death = events
    page = read(officer, PATH)
    assert names_in(page) == ["王淑珍", "李秀英"]
    assert "2019-11-10 (Sun) to 2019-11-14 (Thu)" in page
    assert "2019-11-12 (Tue) 10:00" in page
    assert f"/insured/{stay.person_id}#life-events" in page
    assert f"/insured/life-events/{death.id}/correct" in page
    assert PATH in read(officer, "/insured/")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=death", ["李秀英"]),
        ("kind=suspension", []),
        ("q=王", ["王淑珍"]),
        ("from=2019-11-14", ["王淑珍"]),
        ("from=2019-11-15", []),
        ("from=2018-11-03&to=2018-11-03", ["李秀英"]),
        ("to=2018-11-02", []),
        ("from=2018-11-04&kind=death", []),
        ("district={district}", ["李秀英"]),
        ("state=withdrawn", []),
    ],
)
def test_the_list_is_filtered(officer, session, events, query, found):
    _stay, death = events
    district = session.get_one(InsuredPerson, (1, death.person_id)).district_id
    page = read(officer, f"{PATH}?{query.format(district=district)}")
    assert names_in(page) == found
    assert found or "No life event fits the filter" in page


@pytest.mark.parametrize(
    ("order", "first"),
    [("", "王淑珍"), ("sort=starts_on&order=ascending", "李秀英"),
     ("sort=recorded_at&order=ascending", "王淑珍"),
     ("sort=recorded_at&order=descending", "李秀英")],
)  # fmt: skip
def test_the_list_is_sorted_by_day_or_by_when_it_was_recorded(officer, events, order, first):
    page = read(officer, f"{PATH}?{order}")
    assert min(names_in(page), key=page.index) == first


@pytest.mark.parametrize("sort", ["starts_on", "recorded_at"])
def test_the_list_is_paged_without_losing_the_filter(officer, session, area, sort):
    person = make_person(session)
    for number in range(51):
        make_life_event(session, person, note=f"no. {number:02d}")
    page = read(officer, f"{PATH}?kind=hospital_stay&sort={sort}&order=ascending")
    assert "no. 00" in page
    assert "no. 50" not in page
    link = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "kind=hospital_stay" in link
    last = read(officer, PATH + link)
    assert "no. 50" in last
    assert "no. 00" not in last


def test_what_was_withdrawn_is_found_as_such_and_an_earlier_version_nowhere(officer, events):
    stay, _death = events
    given = {"kind": "hospital_stay", "starts_on": "2019-11-11", "ends_on": "2019-11-12"}
    path = f"/insured/life-events/{stay.id}"
    send(officer, f"{path}/correct", {**given, "reason": "the letter of the hospital"})
    page = read(officer, PATH)
    assert page.count(f"/insured/{stay.person_id}#life-events") == 1
    assert "2019-11-11 (Mon) to 2019-11-12 (Tue)" in page
    corrected = page.split("/correct")[0].rsplit("/", 1)[1]
    send(officer, f"/insured/life-events/{corrected}/withdraw", {"reason": "another person"})
    assert names_in(officer.get(f"{PATH}list.csv").text) == ["李秀英"]
    page = read(officer, f"{PATH}?state=withdrawn")
    assert names_in(page) == ["王淑珍"]
    assert "/correct" not in page


def test_a_provider_sees_the_events_of_its_own_people_only(client, session, events):
    stay, _death = events
    provider = make_provider(session)
    person = session.get_one(InsuredPerson, (1, stay.person_id))
    make_plan(session, person, provider)
    user = make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)
    sign_in_as(client, user)
    page = read(client, PATH)
    assert names_in(page) == ["王淑珍"]
    assert "/correct" not in page
    assert names_in(client.get(f"{PATH}list.csv").text) == ["王淑珍"]


def test_an_officer_of_a_district_sees_its_events_only(client, session, events):
    _stay, death = events
    district = session.get_one(InsuredPerson, (1, death.person_id)).district_id
    sign_in_as(client, make_user(session, Role.OFFICER, district_id=district))
    assert names_in(read(client, PATH)) == ["李秀英"]
    assert names_in(client.get(f"{PATH}list.csv").text) == ["李秀英"]


def test_the_export_has_the_filtered_rows(officer, events):
    text = officer.get(f"{PATH}list.csv?kind=hospital_stay").text.removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["name"], row["kind"], row["note"]) == ("王淑珍", "hospital_stay", "市医院")
    assert (row["first_day"], row["last_day"]) == ("2019-11-10", "2019-11-14")
    assert row["recorded_at"] == "2019-01-02T01:00:00+00:00"
