"""Providers, their agreements with the agency, and their carers."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ltc.rules.providers import CarerKind, ProviderKind
from ltc.store.base import AreaKeyed, Base, Fact, Record, RecordVersion, area_key, enum_of


class ProviderColumns:
    """What is known of a provider."""

    code: Mapped[str] = mapped_column(sa.String(30))
    name: Mapped[str] = mapped_column(sa.String(200))
    credit_code: Mapped[str | None] = mapped_column(sa.String(18))
    kind: Mapped[ProviderKind] = mapped_column(enum_of(ProviderKind))
    district_id: Mapped[int] = mapped_column(sa.BigInteger)
    address: Mapped[str] = mapped_column(sa.String(300), default="")


class Provider(AreaKeyed, ProviderColumns, Record, Base):
    """A designated provider as believed now; its users belong to the organisation with the same id."""

    __tablename__ = "providers"
    __table_args__ = (
        area_key("id", "organisations"),
        area_key("district_id", "districts"),
        sa.UniqueConstraint("area_id", "code"),
        sa.UniqueConstraint("area_id", "credit_code"),
        sa.Index(None, "area_id", "name", "id"),
    )


class ProviderVersion(AreaKeyed, ProviderColumns, RecordVersion, Base):
    """A provider as believed before a correction."""

    __tablename__ = "provider_versions"
    __table_args__ = (
        area_key("record_id", "providers"),
        area_key("district_id", "districts"),
        sa.Index(None, "area_id", "record_id"),
    )


class Agreement(AreaKeyed, Fact, Base):
    """Days on which a provider may deliver care for the agency."""

    __tablename__ = "agreements"
    __table_args__ = (
        area_key("provider_id", "providers"),
        sa.Index(None, "area_id", "provider_id"),
    )

    provider_id: Mapped[int] = mapped_column(sa.BigInteger)
    number: Mapped[str] = mapped_column(sa.String(60))
    starts_on: Mapped[date] = mapped_column(sa.Date)
    ends_before: Mapped[date | None] = mapped_column(sa.Date)


class CarerColumns:
    """What is known of a carer, with the one employer; the identity number is sealed."""

    code: Mapped[str] = mapped_column(sa.String(30))
    provider_id: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[CarerKind] = mapped_column(enum_of(CarerKind))
    identity_sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    identity_digest: Mapped[str | None] = mapped_column(sa.String(64))
    identity_last4: Mapped[str | None] = mapped_column(sa.String(4))
    phone_sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    phone_digest: Mapped[str | None] = mapped_column(sa.String(64))
    certificate_number: Mapped[str] = mapped_column(sa.String(60), default="")
    certificate_ends_before: Mapped[date | None] = mapped_column(sa.Date)
    starts_on: Mapped[date] = mapped_column(sa.Date)
    ends_before: Mapped[date | None] = mapped_column(sa.Date)


class Carer(AreaKeyed, CarerColumns, Record, Base):
    """A carer as believed now."""

    __tablename__ = "carers"
    __table_args__ = (
        area_key("provider_id", "providers"),
        sa.UniqueConstraint("area_id", "code"),
        sa.UniqueConstraint("area_id", "identity_digest"),
        sa.Index(None, "area_id", "provider_id", "name", "id"),
        sa.Index(None, "area_id", "certificate_ends_before"),
    )


class CarerVersion(AreaKeyed, CarerColumns, RecordVersion, Base):
    """A carer as believed before a correction."""

    __tablename__ = "carer_versions"
    __table_args__ = (
        area_key("record_id", "carers"),
        area_key("provider_id", "providers"),
        sa.Index(None, "area_id", "record_id"),
    )
