"""Insured persons, their enrolments, medical assistance, life events and bank accounts."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ltc.rules.insured import LifeEventKind, SchemeCode, Sex
from ltc.store.base import AreaKeyed, Base, Fact, Record, RecordVersion, area_key, enum_of


class PersonColumns:
    """What is known of a person; identity number, phone and address are sealed."""

    case_number: Mapped[str] = mapped_column(sa.String(30))
    name: Mapped[str] = mapped_column(sa.String(120))
    sex: Mapped[Sex] = mapped_column(enum_of(Sex))
    born_on: Mapped[date] = mapped_column(sa.Date)
    district_id: Mapped[int] = mapped_column(sa.BigInteger)
    community: Mapped[str] = mapped_column(sa.String(100), default="")
    identity_sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    identity_digest: Mapped[str] = mapped_column(sa.String(64))
    identity_last4: Mapped[str] = mapped_column(sa.String(4))
    phone_sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    phone_digest: Mapped[str | None] = mapped_column(sa.String(64))
    address_sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    home_latitude_e6: Mapped[int | None] = mapped_column(sa.Integer)
    home_longitude_e6: Mapped[int | None] = mapped_column(sa.Integer)


class InsuredPerson(AreaKeyed, PersonColumns, Record, Base):
    """A person with a case number, as believed now."""

    __tablename__ = "insured_persons"
    __table_args__ = (
        area_key("district_id", "districts"),
        sa.UniqueConstraint("area_id", "case_number"),
        sa.UniqueConstraint("area_id", "identity_digest"),
        sa.Index(None, "area_id", "name", "id"),
        sa.Index(None, "area_id", "district_id", "case_number"),
        sa.Index(None, "area_id", "identity_last4"),
        sa.Index(None, "area_id", "phone_digest"),
    )


class PersonVersion(AreaKeyed, PersonColumns, RecordVersion, Base):
    """A person as believed before a correction."""

    __tablename__ = "person_versions"
    __table_args__ = (
        area_key("record_id", "insured_persons"),
        area_key("district_id", "districts"),
        sa.Index(None, "area_id", "record_id"),
    )


class Enrolment(AreaKeyed, Fact, Base):
    """Insured in a scheme over some days, with the years paid in."""

    __tablename__ = "enrolments"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        sa.Index(None, "area_id", "person_id"),
        sa.CheckConstraint("contribution_years >= 0", name="years"),
    )

    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    scheme: Mapped[SchemeCode] = mapped_column(enum_of(SchemeCode))
    contribution_years: Mapped[int] = mapped_column(sa.Integer)
    topped_up_on: Mapped[date | None] = mapped_column(sa.Date)
    starts_on: Mapped[date] = mapped_column(sa.Date)
    ends_before: Mapped[date | None] = mapped_column(sa.Date)


class Assistance(AreaKeyed, Fact, Base):
    """A category of medical assistance (医疗救助) that a person belongs to over some days."""

    __tablename__ = "assistances"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        sa.Index(None, "area_id", "person_id"),
    )

    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    category: Mapped[str] = mapped_column(sa.String(40))
    starts_on: Mapped[date] = mapped_column(sa.Date)
    ends_before: Mapped[date | None] = mapped_column(sa.Date)


class LifeEvent(AreaKeyed, Fact, Base):
    """A hospital stay, death, move or suspension.

    For a hospital stay ``starts_on`` is the day of admission and ``ends_before`` the day after
    discharge (None: still there); for a death ``starts_on`` is the day of death.
    """

    __tablename__ = "life_events"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        sa.Index(None, "area_id", "person_id"),
        sa.Index(None, "area_id", "starts_on", "id"),
        sa.Index(None, "area_id", "recorded_at", "id"),
    )

    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[LifeEventKind] = mapped_column(enum_of(LifeEventKind))
    starts_on: Mapped[date] = mapped_column(sa.Date)
    ends_before: Mapped[date | None] = mapped_column(sa.Date)
    note: Mapped[str] = mapped_column(sa.Text, default="")


class BankAccount(AreaKeyed, Fact, Base):
    """The account that a person's own benefits go to."""

    __tablename__ = "bank_accounts"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        sa.Index(None, "area_id", "person_id"),
        sa.Index(None, "area_id", "account_digest"),
    )

    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    holder_name: Mapped[str] = mapped_column(sa.String(120))
    bank_name: Mapped[str] = mapped_column(sa.String(120))
    account_sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    account_digest: Mapped[str] = mapped_column(sa.String(64))
    account_last4: Mapped[str] = mapped_column(sa.String(4))
    starts_on: Mapped[date] = mapped_column(sa.Date)
    ends_before: Mapped[date | None] = mapped_column(sa.Date)
