"""The start page: what waits for whom, by role."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from ltc import http
from ltc.rules.access import ROLE_TASKS, Actor, Permission, Role
from ltc.rules.applications import ApplicationStatus
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.words import N_
from ltc.services.context import Context
from ltc.services.payout_so_far import preview_provider
from ltc.store import waiting
from ltc.store.conclusion_questions import list_waiting_proposals
from ltc.store.evaluation_days import list_to_evaluate
from ltc.web import home_finance, home_oversight, home_provider
from ltc.web.lists import ENDS_SOON

blueprint = Blueprint("home", __name__)

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Moment:
    """Who asks, when, of which database."""

    session: Session
    actor: Actor
    now: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Card:
    """A number with what it counts, what to do about it, and where."""

    title: str
    count: Callable[[Moment], int]
    nothing: str
    endpoint: str
    query: tuple[tuple[str, str], ...] = ()


def _applications(status: ApplicationStatus) -> Callable[[Moment], int]:
    return lambda m: waiting.count_applications(m.session, m.actor, status)


def _runs(status: RunStatus) -> Callable[[Moment], int]:
    return lambda m: waiting.count_runs(m.session, m.actor, status)


TO_ACCEPT = Card(
    N_("Applications to accept or refuse"), _applications(ApplicationStatus.FILED),
    N_("Every application is decided on."), "assessments.index", (("status", "filed"),),
)  # fmt: skip
TO_EVALUATE = Card(
    N_("People to evaluate"), lambda m: waiting.count_to_evaluate(m.session, m.actor),
    N_("Nobody is assigned to you now."), "assessments.index", (("status", "accepted"),),
)  # fmt: skip
OVERDUE = Card(
    N_("Evaluations overdue"),
    lambda m: waiting.count_overdue_evaluations(m.session, m.actor, m.now),
    N_("No evaluation is late."), "assessments.index", (("status", "accepted"),),
)  # fmt: skip
TO_CONFIRM = Card(
    N_("Evaluations to confirm"), lambda m: waiting.count_to_confirm(m.session, m.actor),
    N_("Every evaluation is confirmed by you."), "assessments.index", (("status", "scored"),),
)  # fmt: skip
UNSIGNED_PLANS = Card(
    N_("Care plans not signed yet"),
    lambda m: waiting.count_unconfirmed_plans(m.session, m.actor),
    N_("Every care plan is signed."), "plans.index", (("status", "to_confirm"),),
)  # fmt: skip
CERTIFICATES = Card(
    N_("Certificates that end within 60 days, or have ended"),
    lambda m: waiting.count_ending_certificates(m.session, m.actor, m.today),
    N_("Every certificate holds for 60 days and more."), "providers.carers.index",
    (("certificate", ENDS_SOON),),
)  # fmt: skip
CONCLUSIONS = Card(
    N_("Conclusions that end within 60 days"),
    lambda m: waiting.count_ending_conclusions(m.session, m.actor, m.today),
    N_("No conclusion ends within 60 days."), "insured.index", (("conclusion", ENDS_SOON),),
)  # fmt: skip
AGREEMENTS = Card(
    N_("Agreements that end within 60 days"),
    lambda m: waiting.count_ending_agreements(m.session, m.actor, m.today),
    N_("No agreement ends within 60 days."), "providers.index", (("agreed", ENDS_SOON),),
)  # fmt: skip
PEOPLE = Card(
    N_("Insured persons"), lambda m: waiting.count_people(m.session, m.actor),
    N_("Nobody is registered yet."), "insured.index",
)  # fmt: skip
HOLDS = Card(
    N_("Holds in the newest run"),
    lambda m: waiting.count_holds_of_newest_run(m.session, m.actor),
    N_("Nothing is held."), "payouts.index",
)  # fmt: skip
TO_CHECK = Card(
    N_("Runs to check"), _runs(RunStatus.CALCULATED), N_("No run waits for a check."),
    "payouts.index",
)  # fmt: skip
TO_APPROVE = Card(
    N_("Runs to approve"), _runs(RunStatus.CHECKED), N_("No run waits for approval."),
    "payouts.index",
)  # fmt: skip
SENT_BACK = Card(
    N_("Runs sent back"), _runs(RunStatus.REJECTED), N_("No run was sent back."), "payouts.index"
)
APPROVED = Card(
    N_("Months approved"), _runs(RunStatus.APPROVED), N_("No month is approved yet."),
    "payouts.index",
)  # fmt: skip
USERS = Card(
    N_("Users who can sign in"), lambda m: waiting.count_active_users(m.session, m.actor),
    N_("Nobody can sign in."), "users.index", (("state", "active"),),
)  # fmt: skip
LOCKED = Card(
    N_("Users locked now"), lambda m: waiting.count_locked_users(m.session, m.actor, m.now),
    N_("Nobody is locked."), "users.index", (("state", "locked"),),
)  # fmt: skip
FAILED_JOBS = Card(
    N_("Jobs that failed in the last 7 days"),
    lambda m: waiting.count_failed_jobs(m.session, m.actor, m.now - WEEK),
    N_("No job failed."), "jobs.index",
)  # fmt: skip

CARDS: dict[Role, tuple[Card, ...]] = {
    Role.OFFICER: (
        TO_ACCEPT,
        OVERDUE,
        UNSIGNED_PLANS,
        CONCLUSIONS,
        AGREEMENTS,
        CERTIFICATES,
        HOLDS,
        PEOPLE,
    ),
    Role.ASSESSOR: (TO_EVALUATE, OVERDUE),
    Role.EXPERT: (TO_CONFIRM, TO_EVALUATE),
    Role.PROVIDER_MANAGER: (PEOPLE, APPROVED),
    Role.CARER: (),  # whose start page is the own visits
    Role.FINANCE_PREPARER: (SENT_BACK, TO_CHECK, TO_APPROVE),
    Role.FINANCE_CHECKER: (TO_CHECK, TO_APPROVE),
    Role.FINANCE_APPROVER: (TO_APPROVE, TO_CHECK, APPROVED),
    Role.AUDITOR: (FAILED_JOBS, HOLDS, APPROVED),
    Role.ADMINISTRATOR: (FAILED_JOBS, LOCKED, USERS),
    Role.MACHINE: (),
}

# What a role sees above its cards.
PARTS: dict[Role, Callable[[Context], dict[str, Any]]] = {
    Role.PROVIDER_MANAGER: home_provider.build_part,
    Role.FINANCE_PREPARER: home_finance.build_part,
    Role.FINANCE_CHECKER: home_finance.build_part,
    Role.FINANCE_APPROVER: home_finance.build_part,
    Role.AUDITOR: home_oversight.build_auditor_part,
    Role.ADMINISTRATOR: home_oversight.build_administrator_part,
}


@blueprint.get("/")
@http.signed_in
def index() -> Any:
    """Show what waits for the person who is there; a carer goes on to the own visits."""
    ctx = http.context()
    if ctx.actor.role is Role.CARER:  # the next visit is all that a carer opens the phone for
        return redirect(url_for("visits.index"))
    moment = Moment(ctx.session, ctx.actor, ctx.now, ctx.today)
    cards = [_shown(card, card.count(moment)) for card in CARDS[ctx.actor.role]]
    build_part = PARTS.get(ctx.actor.role)
    evaluates = ctx.actor.may(Permission.RECORD_SCORES)
    confirms = ctx.actor.may(Permission.CONFIRM_CONCLUSION)
    return render_template(
        "home/index.html",
        cards=cards,
        task=_(ROLE_TASKS[ctx.actor.role]),
        today=ctx.today,
        evaluates=evaluates,
        to_evaluate=list_to_evaluate(ctx.session, ctx.actor) if evaluates else [],
        proposals=list_waiting_proposals(ctx.session, ctx.actor) if confirms else [],
        now=ctx.now,
        part=build_part(ctx) if build_part else None,
    )


@blueprint.get("/so-far")
@http.requires(Permission.SEE_PAYOUTS)
def so_far() -> Any:
    """Say what the own provider's month comes to up to today; as a part where one asks for it."""
    ctx = http.context()
    found = preview_provider(ctx, provider_id=ctx.actor.organisation_id or 0)
    template = "home/_so_far.html" if http.wants_part() else "home/so_far.html"
    return render_template(template, found=found)


def _shown(card: Card, count: int) -> dict[str, Any]:
    is_there = card.endpoint in http.endpoints()
    query: dict[str, Any] = dict(card.query)
    return {
        "title": _(card.title),
        "count": count,
        "nothing": _(card.nothing),
        "href": url_for(card.endpoint, **query) if is_there else None,
    }
