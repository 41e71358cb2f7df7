"""Applications, evaluations and the conclusions that every payment rests on."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ltc.rules.applications import ApplicationStatus, RefusalReason
from ltc.store.base import AreaKeyed, Base, Fact, UtcDateTime, area_key, enum_of


class Application(AreaKeyed, Base):
    """A person's application for a disability assessment.

    ``decision_note`` says in words why it was refused or withdrawn. ``self_assessment`` is what was
    answered at filing, where the law asks for it: instrument, answers by function, level.
    """

    __tablename__ = "applications"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        area_key("assessor_id", "users"),
        area_key("expert_id", "users"),
        sa.UniqueConstraint("area_id", "number"),
        sa.Index(None, "area_id", "person_id"),
        sa.Index(None, "area_id", "filed_on", "id"),
        sa.Index(None, "area_id", "status", "filed_on", "id"),
        sa.Index(None, "area_id", "status", "visit_planned_at"),
        sa.Index(None, "area_id", "assessor_id", "status"),
        sa.Index(None, "area_id", "expert_id", "status"),
    )

    number: Mapped[str] = mapped_column(sa.String(30))
    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    filed_on: Mapped[date] = mapped_column(sa.Date)
    status: Mapped[ApplicationStatus] = mapped_column(enum_of(ApplicationStatus))
    decided_on: Mapped[date | None] = mapped_column(sa.Date)
    refusal_reason: Mapped[RefusalReason | None] = mapped_column(enum_of(RefusalReason))
    decision_note: Mapped[str] = mapped_column(sa.Text, default="")
    assessor_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    expert_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    visit_planned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    self_assessment: Mapped[dict[str, Any] | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)


class Evaluation(AreaKeyed, Base):
    """The scores of one evaluation, kept section by section until it is complete.

    ``revision`` rises with every save: a second tablet that saves over a newer draft is refused.
    ``sent_back_reason`` is why an expert wanted the one before this done again; empty at first.
    """

    __tablename__ = "evaluations"
    __table_args__ = (
        area_key("application_id", "applications"),
        sa.Index(None, "area_id", "application_id"),
    )

    application_id: Mapped[int] = mapped_column(sa.BigInteger)
    instrument: Mapped[str] = mapped_column(sa.String(40))
    scores: Mapped[dict[str, Any]]
    notes: Mapped[str] = mapped_column(sa.Text, default="")
    guardian_present: Mapped[str] = mapped_column(sa.String(120), default="")
    sent_back_reason: Mapped[str] = mapped_column(sa.Text, default="")
    revision: Mapped[int] = mapped_column(sa.Integer, default=0)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    grade: Mapped[str | None] = mapped_column(sa.String(10))
    adl_total: Mapped[int | None] = mapped_column(sa.Integer)
    cog_total: Mapped[int | None] = mapped_column(sa.Integer)
    per_total: Mapped[int | None] = mapped_column(sa.Integer)


class Confirmation(AreaKeyed, Base):
    """One expert's confirmation of an evaluation; a conclusion needs two different experts."""

    __tablename__ = "confirmations"
    __table_args__ = (
        area_key("application_id", "applications"),
        area_key("evaluation_id", "evaluations"),
        area_key("expert_id", "users"),
        sa.UniqueConstraint("area_id", "evaluation_id", "expert_id"),
        sa.Index(None, "area_id", "application_id", "expert_id"),
    )

    application_id: Mapped[int] = mapped_column(sa.BigInteger)
    evaluation_id: Mapped[int] = mapped_column(sa.BigInteger)
    expert_id: Mapped[int] = mapped_column(sa.BigInteger)
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    remark: Mapped[str] = mapped_column(sa.Text, default="")


class Conclusion(AreaKeyed, Fact, Base):
    """The confirmed grade of a person under a standard, from a day on."""

    __tablename__ = "conclusions"
    __table_args__ = (
        area_key("person_id", "insured_persons"),
        area_key("application_id", "applications"),
        sa.Index(None, "area_id", "person_id"),
        sa.Index(None, "area_id", "application_id"),
        sa.Index(None, "area_id", "valid_before"),
    )

    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    application_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    standard: Mapped[str] = mapped_column(sa.String(40))
    grade: Mapped[str] = mapped_column(sa.String(10))
    concluded_on: Mapped[date] = mapped_column(sa.Date)
    valid_before: Mapped[date | None] = mapped_column(sa.Date)


class ProposedCorrection(AreaKeyed, Base):
    """What an expert says a conclusion should have been; it holds once a second expert confirms it.

    Of several the newest counts. A conclusion that was corrected leaves its proposals behind.
    """

    __tablename__ = "proposed_corrections"
    __table_args__ = (
        area_key("conclusion_id", "conclusions"),
        area_key("proposed_by_id", "users"),
        sa.Index(None, "area_id", "conclusion_id"),
    )

    conclusion_id: Mapped[int] = mapped_column(sa.BigInteger)
    grade: Mapped[str] = mapped_column(sa.String(10))
    concluded_on: Mapped[date] = mapped_column(sa.Date)
    valid_before: Mapped[date | None] = mapped_column(sa.Date)
    reason: Mapped[str] = mapped_column(sa.Text)
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int] = mapped_column(sa.BigInteger)
