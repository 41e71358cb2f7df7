"""Care plans in words: what a page says of one, and the sheet that the office hands out."""

from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask_babel import gettext as _

from ltc import http
from ltc.rules.errors import Problem
from ltc.rules.months import DayRange
from ltc.rules.plans import (
    BONUS_NAMES,
    PLAN_STATUS_NAMES,
    PlanStatus,
    plan_status,
    planned_minutes_per_week,
)
from ltc.rules.policies import Text
from ltc.store.areas import get_area
from ltc.store.catalogues import get_catalogue
from ltc.store.family_questions import find_conclusion_on
from ltc.store.insured import InsuredPerson
from ltc.store.plan_questions import find_items
from ltc.store.plans import CarePlan
from ltc.store.provider_questions import find_providers
from ltc.web import reassessments
from ltc.web.fact_views import Rows, days_text
from ltc.web.formats import day, minutes, said
from ltc.web.forms.fields import last_day
from ltc.web.law_choices import item_name, mode_name, policy_on

STATES = {
    PlanStatus.TO_CONFIRM: "attention",
    PlanStatus.AHEAD: "waiting",
    PlanStatus.IN_FORCE: "done",
    PlanStatus.ENDED: "neutral",
    PlanStatus.WITHDRAWN: "stopped",
}


def status_of(plan: CarePlan) -> PlanStatus:
    """Return where a plan stands today."""
    days = DayRange(plan.starts_on, plan.ends_before)
    return plan_status(days, plan.confirmed_on, http.context().today, is_withdrawn=plan.withdrawn)


def tell_no_benefit(plan: CarePlan) -> tuple[str, str] | None:
    """Return that care by a plan is not paid any more, as the newest grade has no benefit."""
    ctx, standing = http.context(), (PlanStatus.IN_FORCE, PlanStatus.AHEAD)
    found = find_conclusion_on(ctx.session, ctx.actor, plan.person_id, ctx.today)
    if found is None or status_of(plan) not in standing:
        return None
    return reassessments.tell_no_benefit(found)


def status_tag(plan: CarePlan) -> tuple[str, str]:
    """Return the status of a plan as the text and the shape of a tag."""
    status = status_of(plan)
    return said(PLAN_STATUS_NAMES[status]), STATES[status]


def answer_of(plan: CarePlan) -> tuple[str, str]:
    """Return in a sentence, with its shape, what a plan means today."""
    status = status_of(plan)
    sentences = {
        PlanStatus.TO_CONFIRM: _(
            "The person or the guardian has to confirm this plan: until then nothing is paid."
        ),
        PlanStatus.AHEAD: _("Confirmed; begins on %(day)s.", day=day(plan.starts_on)),
        PlanStatus.IN_FORCE: _("In force since %(day)s.", day=day(plan.starts_on)),
        PlanStatus.ENDED: _("Ended on %(day)s.", day=day(last_day(plan.ends_before))),
        PlanStatus.WITHDRAWN: _("Withdrawn: this plan never was."),
    }
    return sentences[status], STATES[status]


def describe(plan: CarePlan) -> Rows:
    """Return what a plan says, label by label."""
    session, area_id = http.database(), http.current_actor().area_id
    providers = find_providers(session, area_id, [plan.provider_id])
    provider = providers.get(plan.provider_id or 0)
    bonus = said(BONUS_NAMES[plan.bonus_choice]) if plan.bonus_choice else "–"
    if plan.home_care_since:
        bonus += " · " + _("at home since %(day)s", day=day(plan.home_care_since))
    return [
        (_("Mode"), mode_name(plan.mode, plan.starts_on)),
        (_("Provider"), f"{provider.name} ({provider.code})" if provider else "–"),
        (_("Period"), days_text(plan)),
        (_("Service items"), _items_text(find_items(session, area_id, [plan.id])[plan.id])),
        (_("Authorised a month"), minutes(plan.authorised_minutes_per_month)),
        (_("Bonus"), bonus),
        (_("Confirmed"), _confirmed_text(plan)),
    ]


def build_sheet(plan: CarePlan, person: InsuredPerson) -> str:
    """Return the page of a plan that is printed: for the person, the guardian and the provider."""
    session, area_id = http.database(), plan.area_id
    area = get_area(session, area_id)
    items = find_items(session, area_id, [plan.id])[plan.id]
    provider = find_providers(session, area_id, [plan.provider_id]).get(plan.provider_id or 0)
    policy = policy_on(plan.starts_on)
    mode = policy.modes.get(plan.mode) if policy else None
    return render_template(
        "paper/plan.html",
        language="zh-CN",
        title_zh="护理计划",
        title_en="Care plan",
        number=plan.number,
        issuer_zh=f"{area.name_zh}长期护理保险经办机构",
        issuer_en=f"Long-term care insurance agency, {area.name_en}",
        issued_on=http.context().today.isoformat(),
        plan=plan,
        person=person,
        provider=provider,
        mode=mode.name if mode else Text(plan.mode, plan.mode),
        ends_on=last_day(plan.ends_before),
        items=_sheet_items(items),
        minutes_per_week=_minutes_per_week(items),
    )


def _items_text(items: Mapping[str, int]) -> str:
    if not items:
        return "–"
    return str(_("; ")).join(
        _("%(item)s, %(times)s × a week", item=item_name(code), times=times)
        for code, times in items.items()
    )


def _confirmed_text(plan: CarePlan) -> str:
    if plan.confirmed_on is None:
        return str(_("not confirmed yet"))
    return str(_("on %(day)s by %(who)s", day=day(plan.confirmed_on), who=plan.confirmed_by))


def _sheet_items(items: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the items as lines of the sheet, both languages."""
    catalogue, lines = get_catalogue(), []
    for code, times in items.items():
        try:
            service = catalogue.service(code)
        except Problem:
            lines.append({"code": code, "name": Text(code, code), "minutes": None, "times": times})
            continue
        lines.append(
            {"code": code, "name": service.name, "minutes": service.minutes, "times": times}
        )
    return lines


def _minutes_per_week(items: Mapping[str, int]) -> int | None:
    try:
        return planned_minutes_per_week(get_catalogue(), items)
    except Problem:
        return None
