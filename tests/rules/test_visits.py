from datetime import date, datetime, timedelta

import pytest

from ltc.rules.catalogues import ServiceUnknown
from ltc.rules.months import DayRange
from ltc.rules.providers import CarerKind
from ltc.rules.visits import (
    CertificateExpired,
    Client,
    Datum,
    ItemsDoNotFit,
    ItemsMissing,
    NotEmployed,
    NurseNeeded,
    Place,
    PlaceWrong,
    VisitAhead,
    VisitEndsBeforeBegin,
    VisitTooLong,
    check_carer,
    check_items,
    check_place,
    check_times,
    order_clients,
    week_of,
)
from ltc.store.catalogues import get_catalogue

NINE = datetime(2019, 11, 12, 9, 0)  # noqa: DTZ001 - any clock will do
LATER = NINE + timedelta(days=9)
ON = date(2019, 11, 12)
EMPLOYED = DayRange(date(2019, 1, 1), date(2019, 12, 1))


@pytest.mark.parametrize(
    ("minutes", "refused"),
    [(0, VisitEndsBeforeBegin), (-1, VisitEndsBeforeBegin), (1441, VisitTooLong)],
)
def test_a_visit_lasts_from_a_minute_to_a_day(minutes, refused):
    with pytest.raises(refused):
        check_times(NINE, NINE + timedelta(minutes=minutes), LATER)


@pytest.mark.parametrize("minutes", [1441, 1470, 1500])
def test_what_is_too_long_is_never_said_to_last_what_is_possible(minutes):
    with pytest.raises(VisitTooLong, match="lasts more than 24 hours"):
        check_times(NINE, NINE + timedelta(minutes=minutes), LATER)


@pytest.mark.parametrize("minutes", [1, 1440])
def test_the_edges_of_a_visit_are_possible(minutes):
    assert check_times(NINE, NINE + timedelta(minutes=minutes), LATER) == minutes


def test_a_visit_that_has_not_ended_lies_ahead():
    end = NINE + timedelta(hours=1)
    assert check_times(NINE, end, end) == 60
    with pytest.raises(VisitAhead):
        check_times(NINE, end, end - timedelta(minutes=1))


def test_items_fit_into_the_visit():
    catalogue = get_catalogue()
    needed = catalogue.planned_minutes(["D01", "D07"])
    check_items(catalogue, ["D01", "D07"], CarerKind.ASSISTANT, needed)
    with pytest.raises(ItemsDoNotFit):
        check_items(catalogue, ["D01", "D07"], CarerKind.ASSISTANT, needed - 1)


def test_items_are_known_and_some_are_for_nurses():
    catalogue = get_catalogue()
    with pytest.raises(ItemsMissing):
        check_items(catalogue, [], CarerKind.NURSE, 60)
    with pytest.raises(ServiceUnknown):
        check_items(catalogue, ["X1"], CarerKind.NURSE, 60)
    check_items(catalogue, ["D14"], CarerKind.NURSE, 60)
    for kind in set(CarerKind) - {CarerKind.NURSE}:
        with pytest.raises(NurseNeeded):
            check_items(catalogue, ["D14"], kind, 60)


def test_a_certificate_holds_up_to_its_last_day():
    check_carer(EMPLOYED, date(2019, 11, 13), ON)
    check_carer(EMPLOYED, None, ON)
    with pytest.raises(CertificateExpired):
        check_carer(EMPLOYED, ON, ON)


@pytest.mark.parametrize("day", [date(2018, 12, 31), date(2019, 12, 1)])
def test_a_carer_visits_while_employed(day):
    with pytest.raises(NotEmployed):
        check_carer(EMPLOYED, None, day)


@pytest.mark.parametrize(("latitude", "longitude"), [(90_000_001, 0), (0, -180_000_001)])
def test_a_position_lies_on_this_earth(latitude, longitude):
    with pytest.raises(PlaceWrong):
        check_place(Place(latitude, longitude, Datum.GCJ02))
    check_place(Place(90_000_000, -180_000_000, Datum.GCJ02))
    check_place(None)


def test_who_has_most_open_visits_comes_first_then_who_waits_longest():
    waiting = [
        Client(1, 3, 3, date(2019, 11, 1)),
        Client(2, 3, 1, date(2019, 11, 11)),
        Client(3, 2, 0, date(2019, 11, 9)),
        Client(4, 1, 5, date(2019, 10, 30)),
    ]
    assert [client.person_id for client in order_clients(waiting)] == [3, 2, 4, 1]


def test_a_week_runs_from_monday_to_sunday():
    week = DayRange(date(2019, 11, 11), date(2019, 11, 18))
    assert week_of(date(2019, 11, 11)) == week_of(date(2019, 11, 17)) == week
