"""Being assessed again: from which day on, and the conclusion that holds until then."""

from datetime import date

from flask_babel import gettext as _

from ltc.rules.applications import find_reassessment_day
from ltc.rules.errors import Problem
from ltc.store.assessments import Conclusion
from ltc.web.formats import day
from ltc.web.insured_show import grade_name
from ltc.web.law_choices import policy_on


def find_day(conclusion: Conclusion) -> date | None:
    """Return from when on a changed state may be assessed again; None where the law is silent."""
    policy = policy_on(conclusion.concluded_on)
    try:
        return policy and find_reassessment_day(policy, conclusion.concluded_on)
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
