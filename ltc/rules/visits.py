"""Visits: who, for whom, what, when and where."""

from enum import StrEnum

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
