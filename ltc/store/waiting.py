"""What waits for whom: counts for the start page, within what the actor may see.

They stop at a thousand and one (``store.counting``).
"""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.applications import ApplicationStatus
from ltc.rules.payouts.runs import RunStatus
from ltc.store.assessments import Application, Conclusion, Confirmation
from ltc.store.base import known_at
from ltc.store.counting import count_up_to
from ltc.store.endings import agreement_ends_soon, certificate_ends_soon, conclusion_ends_soon
from ltc.store.evaluation_days import is_assigned_to
from ltc.store.insured import InsuredPerson
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutHold, PayoutRun
from ltc.store.plans import CarePlan
from ltc.store.providers import Agreement, Carer
from ltc.store.scope import visible
from ltc.store.users import User


def count_people(session: Session, actor: Actor) -> int:
    """Return how many people the actor sees."""
    return _count(session, actor, InsuredPerson)


def count_applications(session: Session, actor: Actor, status: ApplicationStatus) -> int:
    """Return how many applications stand at a status."""
    return _count(session, actor, Application, Application.status == status)


def count_to_evaluate(session: Session, actor: Actor) -> int:
    """Return how many applications the assessor or expert was given and has to evaluate."""
    accepted = Application.status == ApplicationStatus.ACCEPTED
    return _count(session, actor, Application, accepted, is_assigned_to(actor))


def count_overdue_evaluations(session: Session, actor: Actor, now: datetime) -> int:
    """Return how many accepted applications have a planned evaluation that is past."""
    return _count(
        session,
        actor,
        Application,
        Application.status == ApplicationStatus.ACCEPTED,
        Application.visit_planned_at < now,
    )


def count_to_confirm(session: Session, actor: Actor) -> int:
    """Return how many evaluated applications the expert has not confirmed yet."""
    mine = sa.select(Confirmation.id).where(
        Confirmation.area_id == Application.area_id,
        Confirmation.application_id == Application.id,
        Confirmation.expert_id == actor.user_id,
    )
    scored = Application.status == ApplicationStatus.SCORED
    return _count(session, actor, Application, scored, ~mine.exists())


def count_unconfirmed_plans(session: Session, actor: Actor) -> int:
    """Return how many care plans nobody has signed yet; they pay nothing until then."""
    return _count(
        session, actor, CarePlan, known_at(CarePlan, None), CarePlan.confirmed_on.is_(None)
    )


def count_ending_certificates(session: Session, actor: Actor, today: date) -> int:
    """Return how many carers' certificates end in the next 60 days, or have ended."""
    return _count(session, actor, Carer, certificate_ends_soon(today))


def count_ending_conclusions(session: Session, actor: Actor, today: date) -> int:
    """Return how many conclusions end in the next 60 days and have no later one."""
    return _count(session, actor, Conclusion, conclusion_ends_soon(today))


def count_ending_agreements(session: Session, actor: Actor, today: date) -> int:
    """Return how many agreements end in the next 60 days."""
    return _count(session, actor, Agreement, agreement_ends_soon(today))


def count_runs(session: Session, actor: Actor, status: RunStatus) -> int:
    """Return how many payout runs stand at a status."""
    return _count(session, actor, PayoutRun, PayoutRun.status == status)


def count_holds_of_newest_run(session: Session, actor: Actor) -> int:
    """Return how many holds the newest calculated run has."""
    newest = (
        visible(sa.select(PayoutRun.id), actor, PayoutRun)
        .where(PayoutRun.calculated_at.is_not(None))
        .order_by(PayoutRun.month.desc(), PayoutRun.sequence.desc(), PayoutRun.id)
        .limit(1)
    )
    run_id = session.scalar(newest)
    return _count(session, actor, PayoutHold, PayoutHold.run_id == run_id) if run_id else 0


def count_active_users(session: Session, actor: Actor) -> int:
    """Return how many users can sign in."""
    return _count(session, actor, User, User.active.is_(True))


def count_locked_users(session: Session, actor: Actor, now: datetime) -> int:
    """Return how many users are locked after wrong passwords."""
    return _count(session, actor, User, User.locked_until > now)


def count_failed_jobs(session: Session, actor: Actor, since: datetime) -> int:
    """Return how many jobs failed since an instant."""
    return _count(
        session, actor, JobRun, JobRun.status == JobStatus.FAILED, JobRun.started_at > since
    )


def _count(session: Session, actor: Actor, table: Any, *conditions: sa.ColumnElement[bool]) -> int:
    query = visible(sa.select(table.id), actor, table)
    return count_up_to(session, query.where(*conditions))
