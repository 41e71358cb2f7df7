"""Payout runs: chunks with a checkpoint each, results per person, lines, holds, traces and sums."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ltc.rules.payouts.results import Outcome
from ltc.rules.payouts.runs import RunKind, RunStatus
from ltc.store.base import AreaKeyed, Base, UtcDateTime, area_key, enum_of


class PayoutRun(AreaKeyed, Base):
    """One calculation of one month as known at an instant.

    ``digest`` is over all results in the order of case numbers, without row ids or times: two
    calculations of the same facts have the same digest, to the byte.
    """

    __tablename__ = "payout_runs"
    __table_args__ = (
        sa.UniqueConstraint("area_id", "month", "kind", "sequence"),
        sa.CheckConstraint("length(month) = 7", name="month"),
    )

    month: Mapped[str] = mapped_column(sa.String(7))
    kind: Mapped[RunKind] = mapped_column(enum_of(RunKind))
    sequence: Mapped[int] = mapped_column(sa.Integer)
    status: Mapped[RunStatus] = mapped_column(enum_of(RunStatus))
    known_at: Mapped[datetime] = mapped_column(UtcDateTime)
    policy_digest: Mapped[str] = mapped_column(sa.String(64))
    facts_digest: Mapped[str | None] = mapped_column(sa.String(64))
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    people: Mapped[int] = mapped_column(sa.Integer, default=0)
    paid: Mapped[int] = mapped_column(sa.Integer, default=0)
    held: Mapped[int] = mapped_column(sa.Integer, default=0)
    zero: Mapped[int] = mapped_column(sa.Integer, default=0)
    eligible_fen: Mapped[int] = mapped_column(default=0)
    fund_fen: Mapped[int] = mapped_column(default=0)
    assistance_fen: Mapped[int] = mapped_column(default=0)
    person_fen: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    calculated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    calculated_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    approved_digest: Mapped[str | None] = mapped_column(sa.String(64))
    remark: Mapped[str] = mapped_column(sa.Text, default="")


class RunChunk(AreaKeyed, Base):
    """People from ``first_case`` to ``last_case``; done once it has a digest."""

    __tablename__ = "payout_chunks"
    __table_args__ = (
        area_key("run_id", "payout_runs"),
        sa.UniqueConstraint("area_id", "run_id", "number"),
    )

    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    number: Mapped[int] = mapped_column(sa.Integer)
    first_case: Mapped[str] = mapped_column(sa.String(30))
    last_case: Mapped[str] = mapped_column(sa.String(30))
    people: Mapped[int] = mapped_column(sa.Integer)
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PayoutResult(AreaKeyed, Base):
    """One person's outcome in a run, with sums in fen and the trace as canonical JSON.

    ``trace`` is compressed (zlib); ``trace_digest`` is over the uncompressed bytes.
    """

    __tablename__ = "payout_results"
    __table_args__ = (
        area_key("run_id", "payout_runs"),
        area_key("person_id", "insured_persons"),
        sa.UniqueConstraint("area_id", "run_id", "person_id"),
        sa.Index(None, "area_id", "run_id", "outcome", "case_number"),
        sa.Index(None, "area_id", "run_id", "case_number"),
    )

    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    case_number: Mapped[str] = mapped_column(sa.String(30))
    district_id: Mapped[int] = mapped_column(sa.BigInteger)
    provider_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    outcome: Mapped[Outcome] = mapped_column(enum_of(Outcome))
    days: Mapped[int] = mapped_column(sa.Integer)
    eligible_fen: Mapped[int]
    fund_fen: Mapped[int]
    assistance_fen: Mapped[int]
    person_fen: Mapped[int]
    trace: Mapped[bytes] = mapped_column(sa.LargeBinary)
    trace_digest: Mapped[str] = mapped_column(sa.String(64))


class PayoutLine(AreaKeyed, Base):
    """An amount for one payee and component, in fen; never edited."""

    __tablename__ = "payout_lines"
    __table_args__ = (
        area_key("run_id", "payout_runs"),
        area_key("person_id", "insured_persons"),
        sa.UniqueConstraint(
            "area_id", "run_id", "person_id", "component", "payee_kind", "payee_id", "sequence",
            name="uq_payout_lines_once",
        ),
        sa.Index(None, "area_id", "run_id", "provider_id"),
        sa.CheckConstraint(
            "eligible_fen = fund_fen + assistance_fen + person_fen", name="parts"
        ),
    )  # fmt: skip

    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    district_id: Mapped[int] = mapped_column(sa.BigInteger)
    component: Mapped[str] = mapped_column(sa.String(40))
    payee_kind: Mapped[str] = mapped_column(sa.String(20))
    payee_id: Mapped[int] = mapped_column(sa.BigInteger)  # provider, or the person
    sequence: Mapped[int] = mapped_column(sa.Integer)
    scheme: Mapped[str] = mapped_column(sa.String(40))
    mode: Mapped[str] = mapped_column(sa.String(40))
    grade: Mapped[str] = mapped_column(sa.String(10))
    level: Mapped[str] = mapped_column(sa.String(40))
    form: Mapped[str] = mapped_column(sa.String(40))
    provider_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    days: Mapped[int] = mapped_column(sa.Integer)
    minutes: Mapped[int] = mapped_column(sa.Integer)
    eligible_fen: Mapped[int]
    fund_fen: Mapped[int]
    assistance_fen: Mapped[int]
    person_fen: Mapped[int]
    excess_fen: Mapped[int] = mapped_column(default=0)  # beyond what the law counts
    starts_on: Mapped[date] = mapped_column(sa.Date)
    ends_before: Mapped[date] = mapped_column(sa.Date)


class PayoutHold(AreaKeyed, Base):
    """Something that stops a person's amount, with who must clear it."""

    __tablename__ = "payout_holds"
    __table_args__ = (
        area_key("run_id", "payout_runs"),
        area_key("person_id", "insured_persons"),
        sa.UniqueConstraint("area_id", "run_id", "person_id", "sequence"),
        sa.Index(None, "area_id", "run_id", "owner", "kind"),
    )

    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    person_id: Mapped[int] = mapped_column(sa.BigInteger)
    sequence: Mapped[int] = mapped_column(sa.Integer)
    kind: Mapped[str] = mapped_column(sa.String(60))
    owner: Mapped[str] = mapped_column(sa.String(40))
    values: Mapped[dict[str, Any]]


class PayoutSum(AreaKeyed, Base):
    """What the lines of a finished run come to by one thing, such as a scheme, over the whole area.

    Worked out once, from lines that are never edited; ``digest`` is that of the run they belong to.
    ``key`` is a code, or an id in figures; empty where the lines have none.
    """

    __tablename__ = "payout_sums"
    __table_args__ = (
        area_key("run_id", "payout_runs"),
        sa.UniqueConstraint("area_id", "run_id", "breakdown", "key"),
    )

    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    digest: Mapped[str] = mapped_column(sa.String(64))
    breakdown: Mapped[str] = mapped_column(sa.String(40))
    key: Mapped[str] = mapped_column(sa.String(60))
    people: Mapped[int] = mapped_column(sa.Integer)
    eligible_fen: Mapped[int]
    fund_fen: Mapped[int]
    assistance_fen: Mapped[int]
    person_fen: Mapped[int]


class PayoutBridge(AreaKeyed, Base):
    """Why a finished run differs from the one of the month before, over the whole area.

    ``spans`` are the causes with people and fen; ``largest`` the largest changes of single people.
    ``digest`` and ``before_digest`` are those of the two runs.
    """

    __tablename__ = "payout_bridges"
    __table_args__ = (
        area_key("run_id", "payout_runs"),
        area_key("before_id", "payout_runs"),
        sa.UniqueConstraint("area_id", "run_id", "before_id"),
    )

    run_id: Mapped[int] = mapped_column(sa.BigInteger)
    digest: Mapped[str] = mapped_column(sa.String(64))
    before_id: Mapped[int] = mapped_column(sa.BigInteger)
    before_digest: Mapped[str] = mapped_column(sa.String(64))
    spans: Mapped[list[Any]]
    largest: Mapped[list[Any]]
