import re
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.rules.providers import CarerKind
from ltc.rules.stays import ReferenceTaken
from ltc.rules.visits import VisitSource
from ltc.services import plans, stays, visits
from ltc.store.plans import CarePlan
from ltc.store.providers import Carer
from ltc.store.visits import BedStay, Fee, Visit
from tests.services.import_files import ROWS, counts, import_file, make_world, try_file, write_csv
from tests.support.factories import make_person, make_plan

VISIT = ROWS[ImportKind.VISITS]


@pytest.fixture
def world(session, area):
    return make_world(session)


@pytest.fixture
def officer(make_ctx, world):
    return make_ctx(Role.OFFICER)


def write(tmp_path, *rows):
    return write_csv(tmp_path / "file.csv", rows)


def test_times_of_a_visit_are_the_areas_wall_clock(officer, session, tmp_path):
    import_file(officer, ImportKind.VISITS, write(tmp_path, VISIT))
    visit = session.scalar(sa.select(Visit))
    assert visit.begins_at == datetime(2019, 11, 5, 1, 0, tzinfo=UTC)
    assert (visit.service_on, visit.ends_min - visit.begins_min) == (date(2019, 11, 5), 90)
    assert visit.begins_min % (24 * 60) == 9 * 60
    assert (visit.latitude_e6, visit.longitude_e6) == (29_484_712, 106_482_301)


def test_a_visit_over_midnight_belongs_to_the_day_it_begins(officer, session, tmp_path):
    row = {**VISIT, "begins_at": "2019-11-04 23:30", "ends_at": "2019-11-05 00:30"}
    assert counts(import_file(officer, ImportKind.VISITS, write(tmp_path, row))) == {"new": 1}
    visit = session.scalar(sa.select(Visit))
    assert (visit.service_on, visit.ends_min - visit.begins_min) == (date(2019, 11, 4), 60)


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"ends_at": "2019-11-05 08:30"}, "ends_at", "-30 minutes"),
        ({"ends_at": "2019-11-05 09:00"}, "ends_at", "0 minutes"),
        ({"ends_at": "2019-11-05 24:00"}, "ends_at", "00:00 of the next day"),
        ({"ends_at": "2019-11-07 09:30"}, "ends_at", "more than 24 hours"),
        ({"begins_at": "2019-11-31 09:00"}, "begins_at", "not a day"),
        ({"begins_at": "09:00"}, "begins_at", "not a time"),
        ({"begins_at": "2019-11-14 10:00", "ends_at": "2019-11-14 10:31"}, "ends_at", "ahead"),
        ({"items": "D01 X99"}, "items", "X99"),
        ({"latitude": "91"}, "latitude", "-90 to 90"),
        ({"longitude": ""}, "longitude", "both"),
        ({"datum": "mars"}, "datum", "wgs84, gcj02"),
        ({"source": "telepathy"}, "source", "phone, page, paper, import"),
        ({"case_number": "A99"}, "case_number", "A99"),
        ({"carer_code": "C99"}, "carer_code", "C99"),
        ({"reference": "V" * 61}, "reference", "61 characters"),
        ({"price_yuan": "-1"}, "price_yuan", "two decimals"),
        ({"price_yuan": "9.005"}, "price_yuan", "two decimals"),
        ({"price_yuan": "10000.01"}, "price_yuan", "10000"),
    ],
)
def test_what_is_wrong_with_a_visit_is_said_with_its_column(
    officer, session, tmp_path, change, column, words
):
    file = try_file(officer, ImportKind.VISITS, write(tmp_path, {**VISIT, **change}))
    assert counts(file) == {"bad": 1}
    (problem,) = file.problems
    assert problem["column"] == column
    assert words in problem["template"].format(**problem["values"])


@pytest.mark.parametrize(
    ("carer", "words"),
    [
        ({"certificate_ends_before": date(2019, 11, 5)}, "certificate ended before"),
        ({"ends_before": date(2019, 11, 5)}, "not employed"),
        ({"starts_on": date(2019, 11, 6)}, "not employed"),
        ({"certificate_ends_before": date(2019, 11, 6), "ends_before": date(2019, 11, 6)}, None),
    ],
)
def test_a_file_takes_no_visit_that_the_page_would_refuse_for_its_carer(
    officer, session, tmp_path, carer, words
):
    session.execute(sa.update(Carer).where(Carer.code == "C1").values(**carer))
    session.commit()
    file = try_file(officer, ImportKind.VISITS, write(tmp_path, VISIT))
    assert counts(file) == ({"conflict": 1} if words else {"new": 1})
    for problem in file.problems:
        assert problem["column"] == "carer_code"
        assert words in problem["template"]


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        (CarerKind.ASSISTANT, {"items": "D01 D14"}, "“D14” is for nurses only. Choose a nurse"),
        (CarerKind.FAMILY, {"items": "M02"}, "“M02” is for nurses only"),
        (CarerKind.NURSE, {"items": "D01 D14"}, None),
        (
            CarerKind.ASSISTANT,
            {"ends_at": "2019-11-05 09:24"},
            "take 25 minutes .* the visit has 24",
        ),
        (CarerKind.ASSISTANT, {"ends_at": "2019-11-05 09:25"}, None),
        (CarerKind.ASSISTANT, {"ends_at": "2019-11-05 09:01", "items": ""}, None),
    ],
)
def test_a_file_takes_no_items_that_the_page_would_refuse(
    officer, session, tmp_path, kind, change, words
):
    session.execute(sa.update(Carer).where(Carer.code == "C1").values(kind=kind))
    session.commit()
    file = try_file(officer, ImportKind.VISITS, write(tmp_path, {**VISIT, **change}))
    assert counts(file) == ({"bad": 1} if words else {"new": 1})
    for problem in file.problems:
        assert problem["column"] == "items"
        assert re.search(words, problem["template"].format(**problem["values"]))


def test_a_visit_of_one_minute_that_ended_now_is_taken(officer, tmp_path):
    times = {"begins_at": "2019-11-14 10:29", "ends_at": "2019-11-14 10:30"}
    row = {**VISIT, **times, "items": ""}
    assert counts(try_file(officer, ImportKind.VISITS, write(tmp_path, row))) == {"new": 1}


def test_a_visit_needs_no_place_and_no_items(officer, session, tmp_path):
    short = {name: VISIT[name] for name in ("reference", "case_number", "carer_code",
                                            "begins_at", "ends_at")}  # fmt: skip
    import_file(officer, ImportKind.VISITS, write(tmp_path, short))
    visit = session.scalar(sa.select(Visit))
    assert (visit.items, visit.latitude_e6, visit.datum, visit.source) == ("", None, None, "import")


@pytest.mark.parametrize(
    ("cell", "price_fen"), [("90.50", 9_050), ("0", 0), ("", None), ("¥90", 9_000)]
)
def test_a_visit_may_have_a_price(officer, session, tmp_path, cell, price_fen):
    import_file(officer, ImportKind.VISITS, write(tmp_path, {**VISIT, "price_yuan": cell}))
    assert session.scalar(sa.select(Visit.price_fen)) == price_fen


def test_what_a_file_does_not_say_of_a_visit_stays(officer, make_ctx, session, tmp_path):
    import_file(officer, ImportKind.VISITS, write(tmp_path, VISIT))
    session.execute(sa.update(Visit).values(refused="no proof", price_fen=9_000))
    session.commit()
    changed = write(tmp_path, {**VISIT, "ends_at": "2019-11-05 10:00"})
    assert counts(import_file(make_ctx(Role.OFFICER), ImportKind.VISITS, changed)) == {"changed": 1}
    new = session.scalar(sa.select(Visit).where(Visit.superseded_at.is_(None)))
    assert (new.refused, new.price_fen) == ("no proof", 9_000)


def withdraw(ctx, session, kind):
    """Withdraw by hand the newest record of a kind."""
    change, table, key = {
        ImportKind.VISITS: (visits.withdraw, Visit, "visit_id"),
        ImportKind.BED_STAYS: (stays.withdraw, BedStay, "stay_id"),
        ImportKind.FEES: (stays.withdraw_fee, Fee, "fee_id"),
        ImportKind.PLANS: (plans.withdraw, CarePlan, "plan_id"),
    }[kind]
    row_id = session.scalar(sa.select(table.id).order_by(table.id.desc()).limit(1))
    session.rollback()
    return change(ctx, reason="never happened", **{key: row_id})


WITHDRAWABLE = [ImportKind.VISITS, ImportKind.BED_STAYS, ImportKind.FEES, ImportKind.PLANS]


@pytest.mark.parametrize("kind", WITHDRAWABLE)
@pytest.mark.parametrize("is_changed", [False, True])
def test_a_file_does_not_bring_back_what_was_withdrawn(
    officer, make_ctx, session, tmp_path, kind, is_changed
):
    row = ROWS[kind]
    import_file(officer, kind, write(tmp_path, row))
    withdraw(make_ctx(Role.OFFICER), session, kind)
    other = {"price_yuan": "12"} if "price_yuan" in row else {"case_number": "A2"}
    file = import_file(
        make_ctx(Role.OFFICER), kind, write(tmp_path, {**row, **(other if is_changed else {})})
    )
    assert counts(file) == {"conflict": 1}
    (problem,) = file.problems
    told = problem["template"].format(**problem["values"])
    assert "2019-11-14" in told
    assert "never happened" in told


def test_a_withdrawn_reference_may_be_logged_anew_and_the_file_then_meets_it(
    officer, make_ctx, session, tmp_path
):
    import_file(officer, ImportKind.VISITS, write(tmp_path, VISIT))
    gone = withdraw(make_ctx(Role.OFFICER), session, ImportKind.VISITS)
    facts = visits.VisitFacts(
        gone.person_id, gone.carer_id, datetime(2019, 11, 5, 9, 0), datetime(2019, 11, 5, 10, 30),  # noqa: DTZ001 - a wall clock
        ("D01", "D04"), VisitSource.PAPER, reference=gone.reference,
    )  # fmt: skip
    visits.log(make_ctx(Role.OFFICER), facts=facts, reason="it was right after all")
    with pytest.raises(ReferenceTaken):
        visits.log(make_ctx(Role.OFFICER), facts=facts, reason="once more")
    file = try_file(make_ctx(Role.OFFICER), ImportKind.VISITS, write(tmp_path, VISIT))
    assert set(counts(file)) <= {"same", "changed"}


@pytest.mark.parametrize("kind", [ImportKind.VISITS, ImportKind.BED_STAYS, ImportKind.FEES])
def test_a_reference_used_for_somebody_else_is_a_conflict(officer, session, world, tmp_path, kind):
    other = make_person(session, case_number="A3")
    make_plan(session, other, world)
    import_file(officer, kind, write(tmp_path, ROWS[kind]))
    file = import_file(officer, kind, write(tmp_path, {**ROWS[kind], "case_number": "A3"}))
    assert counts(file) == {"conflict": 1}
    assert file.problems[0]["column"] == "reference"


def test_the_same_reference_at_two_providers_is_two_visits(officer, session, tmp_path):
    rows = [VISIT, {**VISIT, "carer_code": "C2"}]
    assert counts(import_file(officer, ImportKind.VISITS, write(tmp_path, *rows))) == {"new": 2}


def test_a_correction_keeps_the_old_visit(officer, make_ctx, session, tmp_path):
    import_file(officer, ImportKind.VISITS, write(tmp_path, VISIT))
    changed = write(tmp_path, {**VISIT, "ends_at": "2019-11-05 10:00"})
    import_file(make_ctx(Role.OFFICER), ImportKind.VISITS, changed)
    session.rollback()
    old, new = session.scalars(sa.select(Visit).order_by(Visit.superseded_at.is_(None)))
    assert (new.replaces_id, new.ends_min - new.begins_min) == (old.id, 60)
    assert old.ends_min - old.begins_min == 90
    assert old.superseded_at == new.recorded_at


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"last_day": "2019-10-31"}, "last_day"),
        ({"price_yuan": "-1"}, "price_yuan"),
        ({"price_yuan": "90.005"}, "price_yuan"),
        ({"price_yuan": "10000.01"}, "price_yuan"),
        ({"first_day": "2019-11-15", "last_day": ""}, "first_day"),
        ({"provider_code": "P99"}, "provider_code"),
    ],
)
def test_what_is_wrong_with_a_stay_is_said_with_its_column(officer, tmp_path, change, column):
    row = {**ROWS[ImportKind.BED_STAYS], **change}
    file = try_file(officer, ImportKind.BED_STAYS, write(tmp_path, row))
    assert counts(file) == {"bad": 1}
    assert file.problems[0]["column"] == column


def test_a_file_takes_nobody_into_two_beds_at_once(officer, make_ctx, session, tmp_path):
    """As on the page; the day of a change belongs to the second bed."""
    stay = ROWS[ImportKind.BED_STAYS]
    import_file(officer, ImportKind.BED_STAYS, write(tmp_path, stay))
    rows = [
        {**stay, "reference": "B2", "first_day": "2019-11-10", "last_day": "2019-11-12"},
        {**stay, "reference": "B3", "first_day": "2019-11-11", "last_day": "2019-11-12"},
        {**stay, "reference": "B4", "first_day": "2019-11-12", "last_day": ""},
        {**stay, "reference": "B5", "first_day": "2019-11-13", "last_day": ""},
        {**stay, "reference": "B6", "case_number": "A2", "first_day": "2019-11-12"},
    ]
    rows[-1]["last_day"] = ""
    file = import_file(make_ctx(Role.OFFICER), ImportKind.BED_STAYS, write(tmp_path, *rows))
    assert counts(file) == {"new": 3, "conflict": 2}
    assert [(p["row"], p["column"]) for p in file.problems] == [(2, "first_day"), (4, "first_day")]
    kept = session.scalars(sa.select(BedStay.reference).order_by(BedStay.reference)).all()
    assert kept == ["B1", "B3", "B5", "B6"]


def test_a_stay_is_corrected_by_file_without_being_in_its_own_way(
    officer, make_ctx, session, tmp_path
):
    stay = ROWS[ImportKind.BED_STAYS]
    import_file(officer, ImportKind.BED_STAYS, write(tmp_path, stay))
    rows = [
        {**stay, "last_day": "2019-11-05"},
        {**stay, "reference": "B2", "first_day": "2019-11-06", "last_day": "2019-11-10"},
    ]
    file = import_file(make_ctx(Role.OFFICER), ImportKind.BED_STAYS, write(tmp_path, *rows))
    assert counts(file) == {"changed": 1, "new": 1}


@pytest.mark.parametrize(
    ("change", "column"),
    [({"amount_yuan": "1000000.01"}, "amount_yuan"), ({"charged_on": "2019-11-15"}, "charged_on")],
)
def test_what_is_wrong_with_a_fee_is_said_with_its_column(officer, tmp_path, change, column):
    row = {**ROWS[ImportKind.FEES], **change}
    file = try_file(officer, ImportKind.FEES, write(tmp_path, row))
    assert counts(file) == {"bad": 1}
    assert file.problems[0]["column"] == column


def test_a_stay_without_a_last_day_goes_on(officer, session, tmp_path):
    row = {**ROWS[ImportKind.BED_STAYS], "last_day": ""}
    import_file(officer, ImportKind.BED_STAYS, write(tmp_path, row))
    stay = session.scalar(sa.select(BedStay))
    assert (stay.ends_before, stay.price_fen) == (None, 9_000)
