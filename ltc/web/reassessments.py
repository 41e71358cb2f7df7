"""Being assessed again: from which day on, and the conclusion that holds until then."""

from datetime import date

from flask_babel import gettext as _

from ltc import http
from ltc.rules.applications import find_reassessment_day
from ltc.rules.errors import Problem
from ltc.rules.months import ONE_DAY
from ltc.rules.payouts.entitlement import begin
from ltc.store.assessments import Conclusion
from ltc.web.formats import day
from ltc.web.insured_show import grade_name
from ltc.web.law_choices import has_benefit, policy_on


def find_day(conclusion: Conclusion) -> date | None:
    """Return from when on a changed state may be assessed again; None where the law is silent."""
    policy = policy_on(conclusion.concluded_on)
    try:
        return find_reassessment_day(policy, conclusion.concluded_on) if policy else None
    except Problem:
        return None


def tell_before(conclusion: Conclusion, filed_on: date) -> tuple[str, str]:
    """Return what somebody who applies again was assessed as, and a notice's state: is it early?"""
    known = {"grade": grade_name(conclusion), "day": day(conclusion.concluded_on)}
    from_on = find_day(conclusion)
    if from_on is None:
        return _("Assessed before, on %(day)s: %(grade)s.", **known), "neutral"
    told = _(
        "Assessed before, on %(day)s: %(grade)s. A state that has changed is assessed again from"
        " %(from_on)s on; earlier only where the agency orders it.",
        from_on=day(from_on),
        **known,
    )
    return told, "attention" if filed_on < from_on else "neutral"


def tell_no_benefit(conclusion: Conclusion) -> tuple[str, str] | None:
    """Return that a grade gives no right to benefits, and until when an earlier one pays.

    None where it gives one by the law of today.
    """
    if has_benefit(conclusion.standard, conclusion.grade, http.context().today):
        return None
    text = _(
        "Assessed as %(grade)s on %(day)s: no benefit is paid at this grade.",
        grade=grade_name(conclusion),
        day=day(conclusion.concluded_on),
    )
    last = _find_last_day_before(conclusion)
    until = _("What an earlier conclusion pays ends on %(day)s.", day=day(last)) if last else ""
    return text, until


def _find_last_day_before(conclusion: Conclusion) -> date | None:
    """Return the last day before a conclusion counts; None where the law does not say when."""
    policy = policy_on(conclusion.concluded_on)
    try:
        return begin(policy.start.get(), conclusion.concluded_on) - ONE_DAY if policy else None
    except Problem:
        return None
