"""Tells whether the facts of a month are still those that a run was calculated from.

Facts are only ever added and superseded, never overwritten. How many rows were recorded and how
many superseded up to an instant therefore names the state of a table at that instant, and counting
is cheap. A person is counted with the versions before: so a correction made later changes nothing.
"""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.store.assessments import Conclusion
from ltc.store.insured import (
    Assistance,
    BankAccount,
    Enrolment,
    InsuredPerson,
    LifeEvent,
    PersonVersion,
)
from ltc.store.payout_cases import Frame
from ltc.store.plans import CarePlan
from ltc.store.providers import Agreement
from ltc.store.visits import BedStay, Fee, Visit

FACTS: tuple[Any, ...] = (Enrolment, Assistance, LifeEvent, BankAccount, Conclusion, Agreement,
                          CarePlan, BedStay, Fee)  # fmt: skip


def read_facts_digest(session: Session, frame: Frame) -> str:
    """Return SHA-256 (hex) over the counts of all facts that the month may rest on."""
    counts: list[Any] = [
        [table.__tablename__, *session.execute(_select_counts(table, frame)).one()]
        for table in (*FACTS, Visit)
    ]
    counts.append(["people", *_count_people(session, frame)])
    text = json.dumps(counts, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _select_counts(table: Any, frame: Frame) -> sa.Select[*tuple[Any, ...]]:
    """Rows recorded, and rows superseded, up to the instant; visits only of the month's weeks
    and of the day before.
    """
    recorded = sa.func.count(sa.case((table.recorded_at <= frame.known_at, 1)))
    superseded = sa.func.count(sa.case((table.superseded_at <= frame.known_at, 1)))
    query: sa.Select[*tuple[Any, ...]] = sa.select(recorded, superseded).where(
        table.area_id == frame.area_id
    )
    if table is Visit:
        query = query.where(
            Visit.service_on >= frame.visits_since, Visit.service_on < frame.month.ends_before
        )
    return query


def _count_people(session: Session, frame: Frame) -> list[int]:
    """Return how many versions of people were recorded, and how many superseded, by the instant."""
    p, instant = InsuredPerson, frame.known_at
    newest = sa.select(sa.func.count()).where(p.area_id == frame.area_id, p.recorded_at <= instant)
    recorded, superseded = session.execute(_select_counts(PersonVersion, frame)).one()
    return [session.scalar(newest) + recorded, superseded]
