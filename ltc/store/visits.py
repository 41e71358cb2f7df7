"""Visits at home, stays in a bed, and fees of the month."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ltc.rules.visits import Datum, VisitSource
from ltc.store.base import AreaKeyed, Base, Fact, UtcDateTime, area_key, enum_of

# What is withdrawn gives its reference free; what is corrected passes it on.
IS_BELIEVED = sa.text("superseded_at IS NULL AND NOT withdrawn")
IS_WITHDRAWN = sa.text("superseded_at IS NULL AND withdrawn")


def _one_believed(name: str) -> sa.Index:
    """Return the rule that a provider's reference is believed once."""
    columns = ("area_id", "provider_id", "reference")
    return sa.Index(
        name, *columns, unique=True, sqlite_where=IS_BELIEVED, postgresql_where=IS_BELIEVED
    )


def _withdrawn(name: str) -> sa.Index:
    """Return the way to the few rows that were withdrawn, for imports that bring them again."""
    columns = ("area_id", "provider_id", "reference")
    return sa.Index(name, *columns, sqlite_where=IS_WITHDRAWN, postgresql_where=IS_WITHDRAWN)


class Visit(AreaKeyed, Fact, Base):
    """A visit with its six elements.

    ``service_on`` is the day of the begin in the area's time zone and ``begins_min``/``ends_min``
    are whole minutes since 1970-01-01 00:00 of the area's wall clock: both follow from the
    instants and are stored so that a month is loaded without converting each one.
    ``reference`` is the provider's own number: a second import of the same file meets it again.
    ``price_fen`` is what was charged for the visit, where the fund shares in costs.
    """

    __tablename__ = "visits"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        area_key("provider_id", "providers"),
        area_key("carer_id", "carers"),
        sa.Index(None, "area_id", "person_id", "service_on"),
        sa.Index(None, "area_id", "carer_id", "service_on"),
        sa.Index(None, "area_id", "begins_at", "id"),
        sa.Index(None, "area_id", "provider_id", "service_on", "id"),
        # A day's visits in order; and how many were known when, counted from the index alone.
        sa.Index(None, "area_id", "service_on", "id", "recorded_at", "superseded_at"),
        _one_believed("uq_visits_believed_reference"),
        _withdrawn("ix_visits_withdrawn_reference"),
        sa.CheckConstraint("ends_at > begins_at", name="order"),
        sa.CheckConstraint("price_fen >= 0", name="price"),
    )

    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    provider_id: Mapped[int] = mapped_column(sa.BigInteger)
    carer_id: Mapped[int] = mapped_column(sa.BigInteger)
    reference: Mapped[str] = mapped_column(sa.String(60))
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    service_on: Mapped[date] = mapped_column(sa.Date)
    begins_min: Mapped[int] = mapped_column(sa.Integer)
    ends_min: Mapped[int] = mapped_column(sa.Integer)
    items: Mapped[str] = mapped_column(sa.String(400), default="")  # catalogue codes, spaces
    latitude_e6: Mapped[int | None] = mapped_column(sa.Integer)
    longitude_e6: Mapped[int | None] = mapped_column(sa.Integer)
    datum: Mapped[Datum | None] = mapped_column(enum_of(Datum))
    source: Mapped[VisitSource] = mapped_column(enum_of(VisitSource))
    refused: Mapped[str | None] = mapped_column(sa.String(200))
    price_fen: Mapped[int | None] = mapped_column(sa.BigInteger)


class BedStay(AreaKeyed, Fact, Base):
    """A residential stay with its price a bed-day, in fen."""

    __tablename__ = "bed_stays"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        area_key("provider_id", "providers"),
        sa.Index(None, "area_id", "person_id"),
        sa.Index(None, "area_id", "starts_on", "id"),
        _one_believed("uq_bed_stays_believed_reference"),
        _withdrawn("ix_bed_stays_withdrawn_reference"),
        sa.CheckConstraint("price_fen >= 0", name="price"),
    )

    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    provider_id: Mapped[int] = mapped_column(sa.BigInteger)
    reference: Mapped[str] = mapped_column(sa.String(60))
    starts_on: Mapped[date] = mapped_column(sa.Date)
    ends_before: Mapped[date | None] = mapped_column(sa.Date)
    price_fen: Mapped[int] = mapped_column(sa.BigInteger)


class Fee(AreaKeyed, Fact, Base):
    """A fee for professional care on a day, in fen; ``kind`` is daily_care or medical_care."""

    __tablename__ = "fees"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        area_key("provider_id", "providers"),
        sa.Index(None, "area_id", "person_id", "charged_on"),
        _one_believed("uq_fees_believed_reference"),
        _withdrawn("ix_fees_withdrawn_reference"),
        sa.CheckConstraint("amount_fen >= 0", name="amount"),
    )

    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    provider_id: Mapped[int] = mapped_column(sa.BigInteger)
    reference: Mapped[str] = mapped_column(sa.String(60))
    charged_on: Mapped[date] = mapped_column(sa.Date)
    amount_fen: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str] = mapped_column(sa.String(20), default="daily_care")
