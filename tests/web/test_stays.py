from datetime import date

import pytest

from ltc.store.visits import BedStay, Fee
from tests.support import factories as make
from tests.support.pages import known, read, refused, rows_of, sent

pytestmark = pytest.mark.usefixtures("november")


def test_a_stay_is_recorded_corrected_and_withdrawn(officer, session, person, provider):
    data = {"person": person.case_number, "provider": provider.code, "starts_on": "2019-11-01",
            "ends_on": "2019-11-10", "price": "70.00"}  # fmt: skip
    page = sent(officer, "/stays/beds/record", data)
    assert "10 bed-days at ¥70.00: ¥700.00." in page
    assert "Stay in a bed · " in page
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
    data = {"person": person.case_number, "provider": provider.code, "starts_on": "2019-11-10",
            "ends_on": "", "price": "70"}  # fmt: skip
    assert "in a bed from 2019-11-01" in refused(officer, "/stays/beds/record", data)


def test_a_stay_that_is_only_booked_is_refused(officer, person, provider):
    data = {"person": person.case_number, "provider": provider.code, "starts_on": "2019-11-15",
            "ends_on": "", "price": "70"}  # fmt: skip
    assert "once the person is there" in refused(officer, "/stays/beds/record", data)


def test_the_same_fee_is_another_one_only_under_a_number_of_its_own(
    officer, session, person, provider
):
    data = {"person": person.case_number, "provider": provider.code, "charged_on": "2019-11-05",
            "amount": "60", "kind": "daily_care"}  # fmt: skip
    sent(officer, "/stays/fees/record", data)
    assert "The same fee is recorded already as" in refused(officer, "/stays/fees/record", data)
    for other in ({"amount": "60.01"}, {"charged_on": "2019-11-06"}, {"reference": "R-2"}):
        sent(officer, "/stays/fees/record", {**data, **other})


def test_a_stay_that_goes_on_says_what_it_comes_to_so_far(officer, session, person, provider):
    stay = make.make_bed_stay(session, person, provider, starts_on=date(2019, 11, 14),
                              ends_before=None, price_fen=7000)  # fmt: skip
    assert "Still there: 1 bed-day so far at ¥70.00, ¥70.00." in read(
        officer, f"/stays/beds/{stay.id}"
    )
    fee = make.make_fee(session, person, provider, charged_on=date(2019, 11, 5), amount_fen=6000, kind="medical_care")  # fmt: skip
    assert "Medical care, 2019-11-05 (Tue): ¥60.00" in read(officer, f"/stays/fees/{fee.id}")
