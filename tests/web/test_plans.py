import io
from datetime import date

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from ltc.store.base import known_at
from ltc.store.plans import CarePlan, PlanItem
from tests.support import factories as make
from tests.support.pages import known, look_again, read, refused, sent

pytestmark = pytest.mark.usefixtures("november")


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
    assert "Enter whole numbers of times a week, or nothing, for: D01." in page
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


@pytest.mark.parametrize(("items", "sheets"), [(5, 1), (14, 2)])
def test_what_is_signed_stands_beside_what_it_is_signed_for(
    officer, session, person, provider, items, sheets
):
    chosen = {f"D{number:02}": 3 for number in range(1, items + 1)}
    plan = make.make_plan(session, person, provider, mode="home_visits", items=chosen)
    answer = officer.get(f"/plans/{plan.id}/plan.pdf")
    pages = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.data)).pages]
    assert len(pages) == sheets
    assert "签字确认" in pages[-1]
    assert "确认之前不予支付" in pages[-1]
