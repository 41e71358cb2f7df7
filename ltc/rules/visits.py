"""Visits: who, for whom, what, when and where; and what a visit is refused for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from ltc.rules.catalogues import Catalogue
from ltc.rules.errors import Conflict, Invalid
from ltc.rules.months import DayRange
from ltc.rules.providers import CarerKind
from ltc.rules.words import N_


class VisitSource(StrEnum):
    """How a visit reached us."""

    PHONE = "phone"
    PAGE = "page"
    PAPER = "paper"
    IMPORT = "import"


class Datum(StrEnum):
    """The coordinate system of a position; Chinese maps give GCJ-02."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


SOURCE_NAMES = {
    VisitSource.PHONE: N_("Phone"),
    VisitSource.PAGE: N_("Entered on the page"),
    VisitSource.PAPER: N_("Paper record"),
    VisitSource.IMPORT: N_("File import"),
}
DATUM_NAMES = {Datum.WGS84: N_("WGS-84 (satellite)"), Datum.GCJ02: N_("GCJ-02 (Chinese maps)")}
# What is entered afterwards says why, and is checked more closely.
LATER_SOURCES = frozenset({VisitSource.PAGE, VisitSource.PAPER})

WALL_CLOCK_BEGIN = datetime(1970, 1, 1)  # noqa: DTZ001 - the area's own wall clock has no zone
ONE_MINUTE = timedelta(minutes=1)
LONGEST_VISIT_MINUTES = 24 * 60
LATITUDE_E6_MAX = 90_000_000
LONGITUDE_E6_MAX = 180_000_000
DAYS_PER_WEEK = 7


# --- minutes --------------------------------------------------------------------------------------


class VisitEndsBeforeBegin(Invalid):
    """The visit does not end after it begins. Say so if it ended on the next day."""


class VisitTooLong(Invalid):
    """The visit lasts more than 24 hours. Compare the day, begin and end."""


class VisitAhead(Invalid):
    """The visit lies ahead: it can be logged once it has happened."""


def wall_minutes(wall_clock: datetime) -> int:
    """Return whole minutes since 1970-01-01 00:00 of a wall clock (a time without its zone)."""
    return (wall_clock - WALL_CLOCK_BEGIN) // ONE_MINUTE


def wall_of(instant: datetime, zone: tzinfo) -> datetime:
    """Return what the clock on the wall of a time zone says at an instant."""
    return instant.astimezone(zone).replace(tzinfo=None)


def instant_of(wall_clock: datetime, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, at which the clock on the wall of a time zone says so."""
    return wall_clock.replace(tzinfo=zone).astimezone(UTC)


def check_times(begins_at: datetime, ends_at: datetime, now: datetime) -> int:
    """Return the minutes of a visit; raises VisitEndsBeforeBegin, VisitTooLong, VisitAhead."""
    minutes = (ends_at - begins_at) // ONE_MINUTE
    if minutes <= 0:
        raise VisitEndsBeforeBegin(field="ends_time")
    if minutes > LONGEST_VISIT_MINUTES:
        raise VisitTooLong(field="ends_time")
    if ends_at > now:
        raise VisitAhead(field="on")
    return minutes


# --- items, carer, place --------------------------------------------------------------------------


class ItemsMissing(Invalid):
    """Choose what was done: a visit has at least one service item."""


class NurseNeeded(Invalid):
    """“{item}” is for nurses only. Choose a nurse, or leave the item out."""


class ItemsDoNotFit(Invalid):
    """The items take {planned} minutes by the catalogue; the visit has {minutes}. Correct one of them."""


class NotEmployed(Conflict):
    """The carer was not employed by this provider on {day}."""


class CertificateExpired(Conflict):
    """The carer's certificate ended before {ends_before}. Enter the new certificate first."""


class PlaceWrong(Invalid):
    """A position has a latitude from -90 to 90, a longitude from -180 to 180, and its system."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position in millionths of a degree, with its coordinate system."""

    latitude_e6: int
    longitude_e6: int
    datum: Datum


def check_items(catalogue: Catalogue, codes: Sequence[str], carer: CarerKind, minutes: int) -> None:
    """Raise where the items are none, unknown, not for this carer, or longer than the visit.

    Raises ItemsMissing, ServiceUnknown, NurseNeeded, ItemsDoNotFit.
    """
    if not codes:
        raise ItemsMissing(field="items")
    for service in (catalogue.service(code) for code in codes):
        if service.nurse_only and carer is not CarerKind.NURSE:
            raise NurseNeeded(field="items", item=service.name, code=service.code)
    planned = catalogue.planned_minutes(codes)
    if planned > minutes:
        raise ItemsDoNotFit(field="items", planned=planned, minutes=minutes)


def check_carer(employed: DayRange, certificate_ends_before: date | None, on: date) -> None:
    """Raise where a carer could not make a visit on a day: NotEmployed, CertificateExpired."""
    if on not in employed:
        raise NotEmployed(field="carer", day=on)
    if certificate_ends_before is not None and on >= certificate_ends_before:
        raise CertificateExpired(field="carer", ends_before=certificate_ends_before)


def check_place(place: Place | None) -> None:
    """Raise PlaceWrong where a position is none on this earth."""
    if place is None:
        return
    if abs(place.latitude_e6) > LATITUDE_E6_MAX or abs(place.longitude_e6) > LONGITUDE_E6_MAX:
        raise PlaceWrong(field="latitude")


# --- the carer's next visit -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody whom a carer visits: planned and made visits of this week, and the last day."""

    person_id: int
    planned_this_week: int
    made_this_week: int
    last_on: date

    @property
    def open_this_week(self) -> int:
        """Visits that the plan still asks for this week."""
        return max(0, self.planned_this_week - self.made_this_week)


def order_clients(clients: Iterable[Client]) -> list[Client]:
    """Return clients in the order in which they wait: most open visits, then longest not seen."""
    return sorted(clients, key=lambda c: (-c.open_this_week, c.last_on, c.person_id))


def week_of(day: date) -> DayRange:
    """Return the week of a day, Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return DayRange(monday, monday + timedelta(days=DAYS_PER_WEEK))
