"""Why nothing, or less than hoped for, is paid, and what the family can do: in plain words."""

from flask_babel import gettext as _

from ltc import http
from ltc.rules.applications import REFUSAL_NAMES, ApplicationStatus
from ltc.rules.payouts.explain import AMOUNTS, DAYS, build_hold_sentences, build_sentences
from ltc.rules.payouts.holds import HoldKind
from ltc.rules.policies import Standing
from ltc.rules.words import N_
from ltc.store.assessments import Application, Conclusion
from ltc.store.family_questions import LastMonth
from ltc.store.payout_questions import read_settlement
from ltc.store.working_days import load_working_days
from ltc.web import reassessments
from ltc.web.formats import day, said
from ltc.web.law_choices import policy_on
from ltc.web.payout_words import Names, fill

# What the family does about a hold; of the others the agency or the provider takes care.
FAMILY_STEPS: dict[HoldKind, str] = {
    HoldKind.CONTRIBUTION_MISSING: N_(
        "Pay the missing contributions once, at the agency. It says from when on care counts then."
    ),
    HoldKind.CONCLUSION_EXPIRED: N_("Apply for a new assessment at the agency."),
    HoldKind.PLAN_UNCONFIRMED: N_("Sign the care plan: the provider brings it."),
    HoldKind.NO_ACCOUNT: N_("Give the agency a bank account of the person."),
    HoldKind.BONUS_CHOICE_MISSING: N_("Tell the agency which of the two you choose."),
}
OTHERS_STEP = N_("You need do nothing: the agency or the provider sees to it.")
# Amounts, and the days that do not count; grounds and minutes stand on the statement.
PLAIN = frozenset({*AMOUNTS.values(), *[text for pair in DAYS.values() for text in pair]})


def tell_end(application: Application | None) -> tuple[str, str] | None:
    """Return how an application ended without an assessment, and the words that were written to it."""
    if application is None:
        return None
    filed = day(application.filed_on)
    if application.status is ApplicationStatus.WITHDRAWN:
        return _(
            "The application of %(day)s was withdrawn.", day=filed
        ), application.decision_note or ""
    if application.refusal_reason is None:
        return None
    reason = said(REFUSAL_NAMES[application.refusal_reason])
    text = _("The application of %(day)s was refused: %(reason)s.", day=filed, reason=reason)
    return text, _join(application.decision_note, _("You can apply again."))


def tell_again(conclusion: Conclusion) -> list[str]:
    """Return what can be done about a conclusion: to disagree, or to be assessed again later."""
    told, from_on = _tell_objection(conclusion), reassessments.find_day(conclusion)
    if from_on is not None:
        later = _(
            "If the state changes, another assessment can be applied for from %(day)s on.",
            day=day(from_on),
        )
        told.append(later)
    return told


def _tell_objection(conclusion: Conclusion) -> list[str]:
    """Return until when one may disagree; never a number of days that the law does not give.

    Nothing once that is over for sure: nobody keeps the day on which a conclusion was received, but
    the law says how long it may take to be delivered.
    """
    policy = policy_on(conclusion.concluded_on)
    settings = policy.settings if policy else {}
    days, delivery = settings.get("dispute_working_days"), settings.get("delivery_working_days")
    if days is None or days.value is None or delivery is None or delivery.value is None:
        told = _(
            "If you disagree with the grade, tell the agency, in writing or in person, by the date"
            " it tells you. Other people assess then, and what they find is final."
        )
        return [told]
    count = days.value + delivery.value
    last = load_working_days().add_working_days(conclusion.concluded_on, count)
    if last.on < http.context().today:
        return []
    told = _(
        "If you disagree with the grade, tell the agency, in writing or in person, within %(days)s"
        " working days of receiving the conclusion. Other people assess then, and what they find is"
        " final.",
        days=days.value,
    )
    is_assumed = days.standing is Standing.ASSUMED
    return [
        _join(told, _("This period is assumed; the local rule prevails.") if is_assumed else "")
    ]


def tell_month(last: LastMonth) -> tuple[str, list[tuple[str, str]]]:
    """Return why a month came to what it came to, and what is held with the family's next step."""
    settlement, names = read_settlement(last.result), Names(last.run)
    holds = []
    for hold in settlement.holds:
        held, _clears = build_hold_sentences(hold)
        step = FAMILY_STEPS.get(HoldKind(hold.kind), OTHERS_STEP)
        holds.append((fill(held, names), str(_(step))))
    told = [fill(each, names) for each in build_sentences(settlement) if each[0] in PLAIN]
    return " ".join(told), holds


def _join(*sentences: str | None) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
