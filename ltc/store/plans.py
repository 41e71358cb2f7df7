"""Care plans and the service items they authorise."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ltc.rules.plans import BonusChoice
from ltc.store.base import AreaKeyed, Base, Fact, area_key, enum_of

IS_UNCONFIRMED = sa.text("superseded_at IS NULL AND confirmed_on IS NULL")


class CarePlan(AreaKeyed, Fact, Base):
    """Mode and provider over some days; pays nothing before the person confirmed it."""

    __tablename__ = "care_plans"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        area_key("provider_id", "providers"),
        sa.Index(None, "area_id", "person_id"),
        sa.Index(None, "area_id", "provider_id", "starts_on", "id"),
        sa.Index(None, "area_id", "starts_on", "id"),
        # The few that nobody has signed yet.
        sa.Index(
            "ix_care_plans_unconfirmed",
            "area_id",
            "provider_id",
            sqlite_where=IS_UNCONFIRMED,
            postgresql_where=IS_UNCONFIRMED,
        ),
    )

    number: Mapped[str] = mapped_column(sa.String(30))
    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    provider_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    mode: Mapped[str] = mapped_column(sa.String(40))
    starts_on: Mapped[date] = mapped_column(sa.Date)
    ends_before: Mapped[date | None] = mapped_column(sa.Date)
    confirmed_on: Mapped[date | None] = mapped_column(sa.Date)
    confirmed_by: Mapped[str] = mapped_column(sa.String(120), default="")
    authorised_minutes_per_month: Mapped[int | None] = mapped_column(sa.Integer)
    bonus_choice: Mapped[BonusChoice | None] = mapped_column(enum_of(BonusChoice))
    home_care_since: Mapped[date | None] = mapped_column(sa.Date)


class PlanItem(AreaKeyed, Base):
    """One service item of a plan, by the code of the catalogue."""

    __tablename__ = "plan_items"
    __table_args__ = (
        area_key("plan_id", "care_plans"),
        sa.UniqueConstraint("area_id", "plan_id", "item_code"),
        sa.CheckConstraint("times_per_week > 0", name="times"),
    )

    plan_id: Mapped[int] = mapped_column(sa.BigInteger)
    item_code: Mapped[str] = mapped_column(sa.String(40))
    times_per_week: Mapped[int] = mapped_column(sa.Integer)
