"""Tells whether the facts of a month are still those that a run was calculated from.

Facts are only ever added and superseded, never overwritten. How many rows were recorded and how
many superseded up to an instant therefore names the state of a table at that instant, and counting
is cheap. What a person row itself says (category of assistance, district) has no second time; its
values are counted.
"""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.store.assessments import Conclusion
from ltc.store.insured import BankAccount, Enrolment, InsuredPerson, LifeEvent
from ltc.store.payout_cases import Frame
from ltc.store.plans import CarePlan
from ltc.store.providers import Agreement
from ltc.store.visits import BedStay, Fee, Visit

FACTS: tuple[Any, ...] = (Enrolment, LifeEvent, BankAccount, Conclusion, Agreement, CarePlan, BedStay,
                          Fee)  # fmt: skip


def read_facts_digest(session: Session, frame: Frame) -> str:
    """Return SHA-256 (hex) over the counts of all facts that the month may rest on."""
    counts: list[Any] = [
        [table.__tablename__, *session.execute(_select_counts(table, frame)).one()]
        for table in (*FACTS, Visit)
    ]
    counts.append(["people", [list(row) for row in session.execute(_select_people(frame))]])
    text = json.dumps(counts, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _select_counts(table: Any, frame: Frame) -> sa.Select[*tuple[Any, ...]]:
    """Rows recorded, and rows superseded, up to the instant; visits only of the month's weeks."""
    recorded = sa.func.count(sa.case((table.recorded_at <= frame.known_at, 1)))
    superseded = sa.func.count(sa.case((table.superseded_at <= frame.known_at, 1)))
    query: sa.Select[*tuple[Any, ...]] = sa.select(recorded, superseded).where(
        table.area_id == frame.area_id
    )
    if table is Visit:
        query = query.where(
            Visit.service_on >= frame.weeks_start_on, Visit.service_on < frame.month.ends_before
        )
    return query


def _select_people(frame: Frame) -> sa.Select[*tuple[Any, ...]]:
    p = InsuredPerson
    category = sa.func.coalesce(p.assistance, "")
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(category, p.district_id, sa.func.count())
        .where(p.area_id == frame.area_id)
        .group_by(category, p.district_id)
        .order_by(category, p.district_id)
    )
    return query
