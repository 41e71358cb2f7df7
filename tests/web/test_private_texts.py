"""A person's whole number is looked for without standing in an address."""

from urllib.parse import parse_qs, urlsplit

import pytest

from ltc.rules.access import Role
from tests.support import factories as make
from tests.support.sign_in import send, sign_in_as

PHONE = "13912345678"
FILTERS = ("/search", "/insured/", "/insured/life-events/", "/assessments/", "/plans/", "/visits/",
           "/stays/", "/providers/carers")  # fmt: skip


@pytest.fixture
def officer(client, session, area):
    return sign_in_as(client, make.make_user(session, Role.OFFICER))


@pytest.fixture
def people(session, area):
    identity = make.make_identity(777)
    return [make.make_person(session, name="王淑珍", phone=PHONE, identity=identity),
            make.make_person(session, name="李秀英")]  # fmt: skip


def find(client, text, to="/search", **more):
    answer = send(client, "/find", {"q": text, "to": to, **more})
    assert answer.status_code == 303
    return answer.location


@pytest.mark.parametrize("number", [PHONE, make.make_identity(777)])
def test_a_number_finds_its_person_and_is_in_no_address(officer, people, number):
    address = find(officer, number)
    page = officer.get(address).text
    assert number not in address
    assert "王淑珍" in page
    assert "李秀英" not in page


def test_the_field_shows_what_was_looked_for(officer, people):
    assert f'value="{PHONE}"' in officer.get(find(officer, PHONE)).text


def test_other_words_stand_in_the_address_as_they_are(officer, people):
    query = parse_qs(urlsplit(find(officer, "王淑", to="/insured/", district="")).query)
    assert query == {"q": ["王淑"]}


def test_a_hidden_number_tells_nobody_else(officer, people, app, session):
    address = find(officer, PHONE, to="/insured/")
    other = sign_in_as(app.test_client(), make.make_user(session, Role.OFFICER))
    page = other.get(address).text
    assert PHONE not in page


@pytest.mark.parametrize("text", ["~", "~x", "~%%", "~" + "A" * 90])
def test_what_is_no_hidden_text_finds_as_if_nothing_was_entered(officer, people, text):
    assert officer.get("/insured/", query_string={"q": text}).status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "x"])
def test_nobody_is_led_to_another_site(officer, elsewhere):
    assert find(officer, "王", to=elsewhere).startswith("/?")


@pytest.mark.parametrize("path", FILTERS)
def test_a_filter_by_peoples_numbers_is_sent_and_not_asked_for(officer, path):
    page = officer.get(path).text
    assert officer.get(path).status_code == 200
    forms = [part.partition("</form>")[0] for part in page.split("<form ")[1:]]
    asking = [form for form in forms if 'name="q"' in form]
    assert len(asking) >= 2  # the header's and the list's
    assert all('method="post"' in form and 'name="to"' in form for form in asking)
