"""The form of a visit: the items of the plan first, and a price where the fund shares in costs."""

import re
from datetime import date

import pytest

from ltc.rules.access import Role
from ltc.store.areas import Area
from ltc.store.visits import Visit
from tests.support import factories as make
from tests.support.pages import known, look_again, read, refused, rows_of, sent
from tests.support.sign_in import sign_in_as

pytestmark = pytest.mark.usefixtures("november")


@pytest.fixture
def costs(session, area):
    """Qingdao's law of 2018: at home the fund shares in the month's costs."""
    session.get(Area, area.id).policy_area = "qingdao"
    session.commit()


@pytest.fixture
def plan(session, person, provider):
    return make.make_plan(session, person, provider, items={"D07": 3, "D14": 1})


def visit_data(person, by, **changes):
    return {"person": person.case_number, "carer": by.code, "on": "2019-11-13",
            "begins_time": "09:00", "ends_time": "10:00", "items": ["D07"],
            "datum": "gcj02", "source": "paper", "reason": "no signal", **changes}  # fmt: skip


def offered(page):
    """Return the codes of the items in the order of the form, and those behind the fold."""
    items = re.findall(r'name="items" id="[^"]*" value="([^"]*)"', page)
    fold = page.partition("Other services")[2].partition("</details>")[0]
    return items, re.findall(r'name="items" id="[^"]*" value="([^"]*)"', fold)


@pytest.mark.usefixtures("plan")
def test_the_items_of_the_plan_stand_first(officer, person):
    page = read(officer, f"/visits/log?person={person.case_number}")
    assert f'<div class="govuk-hint" id="person-hint">{person.name}</div>' in page
    items, folded = offered(page)
    assert items[:2] == ["D07", "D14"]
    assert (len(items), len(set(items)), folded) == (42, 42, items[2:])


@pytest.mark.usefixtures("plan")
def test_a_chosen_item_beside_the_plan_opens_the_fold(officer, person, carer):
    page = read(officer, f"/visits/log?person={person.case_number}")
    assert '<details class="govuk-details"><summary' in page
    again = refused(officer, "/visits/log", visit_data(person, carer, items=["D01"], reason=""))
    assert '<details class="govuk-details" open><summary' in again


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("path", ["/visits/log", "/visits/log?person=nobody"])
def test_without_a_person_all_items_are_offered(officer, path):
    items, folded = offered(read(officer, path))
    assert (len(items), folded) == (42, [])


@pytest.mark.usefixtures("plan")
def test_a_carer_is_shown_the_plan_of_the_own_employer(client, session, person, provider, carer):
    user = make.make_user(session, Role.CARER, organisation_id=provider.id, carer_id=carer.id)
    page = read(sign_in_as(client, user), f"/visits/log?person={person.case_number}")
    items, folded = offered(page)
    assert (items[:2], folded) == (["D07", "D14"], items[2:])


def test_a_carer_sees_no_plan_of_another_provider(client, session, person, provider, carer):
    other = make.make_provider(session)
    make.make_plan(session, person, provider, ends_before=date(2019, 11, 1))
    make.make_plan(session, person, other, starts_on=date(2019, 11, 1), items={"D01": 1})
    user = make.make_user(session, Role.CARER, organisation_id=provider.id, carer_id=carer.id)
    _items, folded = offered(
        read(sign_in_as(client, user), f"/visits/log?person={person.case_number}")
    )
    assert folded == []


@pytest.mark.usefixtures("plan")
def test_where_the_law_sets_the_amount_no_price_is_asked_for(officer, person):
    for path in ("/visits/log", f"/visits/log?person={person.case_number}"):
        assert 'name="price"' not in read(officer, path)


@pytest.mark.usefixtures("plan", "costs")
def test_a_visit_is_logged_with_its_price(officer, session, person, carer):
    assert 'name="price"' in read(officer, f"/visits/log?person={person.case_number}")
    page = sent(officer, "/visits/log", visit_data(person, carer, price="90.50"))
    assert "it counts in the settlement of November 2019" in page
    visit = known(session, Visit)
    assert visit.price_fen == 9_050
    assert "¥90.50" in page
    assert 'value="90.50"' in read(officer, f"/visits/{visit.id}/correct")
    assert rows_of(officer, "/visits/visits.csv")[0]["price_fen"] == "9050"
    data = visit_data(person, carer, price="", reason="billed by the month")
    page = sent(officer, f"/visits/{visit.id}/correct", data)
    assert known(session, Visit).price_fen is None
    assert "Without a price, or a fee that covers it, the payment is held." in page


@pytest.mark.usefixtures("plan", "costs")
def test_a_receipt_says_that_the_price_is_missing(officer, person, carer):
    page = sent(officer, "/visits/log", visit_data(person, carer))
    assert "enter its price, or a fee that covers it" in page


@pytest.mark.usefixtures("plan", "costs")
def test_a_bill_of_the_month_may_cover_a_visit_without_a_price(
    officer, session, person, provider, carer
):
    visit = make.make_visit(session, person, carer)
    notice = "Without a price, or a fee that covers it, the payment is held."
    make.make_fee(session, person, provider, charged_on=date(2019, 10, 31))
    assert notice in read(officer, f"/visits/{visit.id}")
    make.make_fee(session, person, provider, charged_on=date(2019, 11, 30))
    assert notice not in read(officer, f"/visits/{visit.id}")


@pytest.mark.usefixtures("plan", "costs")
def test_visits_without_a_price_can_be_listed(officer, session, person, carer):
    make.make_visit(session, person, carer, price_fen=7_000)
    make.make_visit(session, person, carer, refused="no proof")
    make.make_visit(session, person, carer, reference="V-unpriced")
    page = read(officer, "/visits/")
    assert 'value="unpriced"' in page
    assert "¥70.00" in page
    (row,) = rows_of(officer, "/visits/visits.csv?state=unpriced")
    assert row["reference"] == "V-unpriced"


def test_where_no_mode_shares_in_costs_the_list_does_not_ask_for_prices(officer):
    assert 'value="unpriced"' not in read(officer, "/visits/")


@pytest.mark.usefixtures("plan", "costs")
@pytest.mark.parametrize(
    ("price", "words"),
    [("-1", "not negative"), ("nine", "Enter an amount"), ("10000.01", "10000")],
)
def test_a_price_that_cannot_be_is_refused(officer, person, carer, price, words):
    assert words in refused(officer, "/visits/log", visit_data(person, carer, price=price))


@pytest.mark.usefixtures("plan")
def test_a_price_that_the_form_does_not_ask_for_stays(officer, session, person, carer):
    visit = make.make_visit(session, person, carer, price_fen=7_000, items="D07")
    data = visit_data(person, carer, on="2019-11-05", ends_time="10:30", reason="read wrongly")
    sent(officer, f"/visits/{visit.id}/correct", data)
    look_again(session)
    assert known(session, Visit).price_fen == 7_000


def test_a_withdrawn_visit_gives_its_number_free(officer, session, person, carer):
    data = visit_data(person, carer, reference="V-7")
    sent(officer, "/visits/log", data)
    assert "is recorded already" in refused(officer, "/visits/log", data)
    page = sent(officer, f"/visits/{known(session, Visit).id}/withdraw", {"reason": "never was"})
    assert "its number is free" in page
    sent(officer, "/visits/log", data)
    assert known(session, Visit).reference == "V-7"
