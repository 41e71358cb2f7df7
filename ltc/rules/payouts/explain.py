"""A settlement in plain words: sentences with placeholders, for the doors to translate and fill.

Names of values end in their unit and so say how a door shows them: ``_fen`` as an amount, ``_bp``
as a percentage, ``_minutes`` and ``minutes`` as whole minutes, ``_on`` as a day. Other values are
codes of the policy (mode, level, scheme, component), whose names the policy itself carries.
"""

from collections.abc import Mapping

from ltc.rules.payouts.holds import HoldKind
from ltc.rules.payouts.results import DayState, Exclusion, Hold, Reason, Settlement, Step
from ltc.rules.words import N_

Values = Mapping[str, str | int]
Sentence = tuple[str, Values]

# What an amount consists of: told first.
AMOUNTS: dict[str, str] = {
    "daily_fixed": N_("%(days)s of %(of_days)s days at %(rate_fen)s: %(fund_fen)s."),
    "daily_cap_on_payment": N_(
        "%(days)s of %(of_days)s days at a cost of %(cost_fen)s; %(share_bp)s of it, at most"
        " %(cap_fen)s: %(day_fund_fen)s a day, %(fund_fen)s."
    ),
    "daily_cap_on_cost": N_(
        "%(days)s of %(of_days)s days at a cost of %(cost_fen)s, of which at most %(cap_fen)s"
        " count; %(share_bp)s of that: %(day_fund_fen)s a day, %(fund_fen)s."
    ),
    "monthly_cap": N_(
        "Costs of %(cost_fen)s, of which %(eligible_fen)s count up to the limit of %(cap_fen)s;"
        " %(share_bp)s of it: %(fund_fen)s."
    ),
    "monthly_fixed": N_("%(amount_fen)s a month, for %(days)s of %(of_days)s days: %(fund_fen)s."),
    "hourly": N_(
        "%(minutes)s minutes at %(price_fen_per_hour)s an hour: %(eligible_fen)s; %(share_bp)s"
        " of it: %(fund_fen)s."
    ),
    "bonus_cash": N_("For %(from_months)s months of care at home or more: %(fund_fen)s."),
}

# What led to it: told after the days that do not count.
GROUNDS: dict[str, str] = {
    "start": N_(
        "Concluded on %(concluded_on)s, valid to %(valid_to_on)s: it counts from %(starts_on)s on."
    ),
    "grade": N_("%(standard)s: %(grade)s, which is level %(level)s here."),
    "grade_without_level": N_("%(standard)s: %(grade)s, which has no benefit here."),
    "segment": N_(
        "From %(first_on)s to %(last_on)s: mode %(mode)s, scheme %(scheme)s, level %(level)s."
    ),
    "contribution_met": N_("%(years)s years paid in, %(needed_years)s needed."),
    "contribution_missing": N_(
        "%(years)s years paid in, %(needed_years)s needed: a one-off payment of"
        " %(one_off_payment_fen)s is open."
    ),
    "contribution_topped_up": N_(
        "%(years)s years paid in, %(needed_years)s needed: the one-off payment of"
        " %(one_off_payment_fen)s was made on %(topped_up_on)s and counts from %(starts_on)s."
    ),
    "mode_change_waits": N_(
        "The change from %(mode_before)s to %(mode)s of %(wished_on)s takes effect on"
        " %(starts_on)s."
    ),
    "admission_day_paid": N_("The day of admission, %(on)s, counts."),
    "admission_day_not_paid": N_("The day of admission, %(on)s, does not count."),
    "discharge_day_paid": N_("The day of discharge, %(on)s, counts."),
    "discharge_day_not_paid": N_("The day of discharge, %(on)s, does not count."),
    "death_day_paid": N_("The day of death, %(on)s, counts."),
    "death_day_not_paid": N_("The day of death, %(on)s, does not count."),
    "days_without_care": N_("Days without care that counts: %(days)s."),
    "assistance": N_(  # the category is nobody's business but the agency's
        "From %(first_on)s to %(last_on)s medical assistance bears %(share_bp)s of what the fund"
        " leaves."
    ),
    "not_covered": N_("The scheme %(scheme)s does not pay the component %(component)s."),
    "prorated_fen": N_(
        "Of %(whole_fen)s a month %(days)s of %(of_days)s days count: %(part_fen)s."
    ),
    "prorated_minutes": N_(
        "Of %(whole_minutes)s minutes a month %(days)s of %(of_days)s days count:"
        " %(part_minutes)s minutes."
    ),
    "daily_care_limited": N_(
        "Daily care may fill %(limit_bp)s of the limit: of %(daily_care_fen)s, %(counted_fen)s count."
    ),
    "limit_used": N_("Of the limit of %(cap_fen)s, %(used_fen)s were used earlier in the month."),
    "limit_used_minutes": N_(
        "%(used_minutes)s minutes of the limit were used before: under another plan or grade, or in"
        " the days of the week before this month."
    ),
    "bonus_time": N_(
        "For %(from_months)s months of care at home or more: %(extra_minutes)s minutes more."
    ),
    "capped_by_week": N_(
        "At most %(cap_minutes)s minutes a week and %(extra_minutes)s extra: %(paid_minutes)s"
        " minutes count, %(over_minutes)s do not."
    ),
    "capped_by_month": N_(
        "At most %(cap_minutes)s minutes a month and %(extra_minutes)s extra: %(paid_minutes)s"
        " minutes count, %(over_minutes)s do not."
    ),
}

DAY_STATES: dict[DayState, str] = {
    DayState.PAID: N_("Paid"),
    DayState.NOT_INSURED: N_("Not insured"),
    DayState.BEFORE_START: N_("Before the start of the benefit"),
    DayState.NO_GRADE: N_("No grade with a benefit"),
    DayState.NO_PLAN: N_("No care plan"),
    DayState.NO_AGREEMENT: N_("Provider without an agreement"),
    DayState.IN_HOSPITAL: N_("In hospital"),
    DayState.SUSPENDED: N_("Benefit suspended"),
    DayState.MOVED_AWAY: N_("Moved away"),
    DayState.AFTER_DEATH: N_("After the death"),
    DayState.EXPIRED: N_("Conclusion expired"),
    DayState.NO_VISIT: N_("No care that counts"),
    DayState.NOT_COVERED: N_("Not covered by the scheme"),
    DayState.HELD: N_("Held"),
}

DAYS: dict[DayState, tuple[str, str]] = {
    DayState.NOT_INSURED: (
        N_("On %(first_on)s not insured."),
        N_("From %(first_on)s to %(last_on)s not insured."),
    ),
    DayState.BEFORE_START: (
        N_("On %(first_on)s before the start of the benefit."),
        N_("From %(first_on)s to %(last_on)s before the start of the benefit."),
    ),
    DayState.NO_GRADE: (
        N_("On %(first_on)s without a grade that has a benefit."),
        N_("From %(first_on)s to %(last_on)s without a grade that has a benefit."),
    ),
    DayState.NO_PLAN: (
        N_("On %(first_on)s without a care plan."),
        N_("From %(first_on)s to %(last_on)s without a care plan."),
    ),
    DayState.NO_AGREEMENT: (
        N_("On %(first_on)s the provider had no agreement."),
        N_("From %(first_on)s to %(last_on)s the provider had no agreement."),
    ),
    DayState.IN_HOSPITAL: (
        N_("On %(first_on)s in hospital."),
        N_("From %(first_on)s to %(last_on)s in hospital."),
    ),
    DayState.SUSPENDED: (
        N_("On %(first_on)s the benefit was suspended."),
        N_("From %(first_on)s to %(last_on)s the benefit was suspended."),
    ),
    DayState.MOVED_AWAY: (
        N_("On %(first_on)s moved away."),
        N_("From %(first_on)s to %(last_on)s moved away."),
    ),
    DayState.AFTER_DEATH: (
        N_("On %(first_on)s after the death."),
        N_("From %(first_on)s to %(last_on)s after the death."),
    ),
    DayState.EXPIRED: (
        N_("On %(first_on)s the conclusion had expired."),
        N_("From %(first_on)s to %(last_on)s the conclusion had expired."),
    ),
    DayState.NOT_COVERED: (
        N_("On %(first_on)s not covered by the scheme."),
        N_("From %(first_on)s to %(last_on)s not covered by the scheme."),
    ),
    DayState.HELD: (N_("On %(first_on)s held."), N_("From %(first_on)s to %(last_on)s held.")),
}

REASONS: dict[str, str] = {  # by state of the day or reason
    **{state.value: name for state, name in DAY_STATES.items()},
    Reason.REFUSED: N_("Refused when checked"),
    Reason.NO_LENGTH: N_("Ends before it begins, or at once"),
    Reason.NO_AMOUNT: N_("No amount"),
    Reason.OUTSIDE_MONTH: N_("Not of this month"),
    Reason.OTHER_PROVIDER: N_("Not the provider of the plan"),
    Reason.NOT_IN_MODE: N_("Not part of the chosen mode of care"),
    Reason.OVERLAP_CARER: N_("The carer was with another person"),
    Reason.OVERLAP_PERSON: N_("The same time is already counted"),
    Reason.ABOVE_PLAN: N_("Above what the plan authorises"),
    Reason.ABOVE_CAP: N_("Above the limit of the law"),
}

# What is held, and what clears it.
HOLDS: dict[HoldKind, tuple[str, str]] = {
    HoldKind.VALUE_UNKNOWN: (
        N_("The law of %(area)s does not say “%(key)s” yet."),
        N_("Enter the value with its source."),
    ),
    HoldKind.NO_POLICY: (
        N_("No policy of %(area)s is in force."),
        N_("Enter the policy of these days."),
    ),
    HoldKind.SCHEME_NOT_IN_POLICY: (
        N_("The policy of %(area)s has no scheme “%(scheme)s”."),
        N_("Correct the enrolment, or enter the scheme."),
    ),
    HoldKind.GRADE_NOT_IN_POLICY: (
        N_("The policy of %(area)s does not map grade %(grade)s of the standard %(standard)s."),
        N_("Enter which benefit level the grade has."),
    ),
    HoldKind.MODE_NOT_IN_POLICY: (
        N_("The policy of %(area)s has no mode “%(mode)s”."),
        N_("Correct the plan, or enter the mode."),
    ),
    HoldKind.ASSISTANCE_NOT_IN_POLICY: (
        N_("The policy of %(area)s has no medical assistance for “%(category)s”."),
        N_("Correct the category, or enter its share."),
    ),
    HoldKind.CONTRIBUTION_MISSING: (
        N_("%(missing_years)s years of contributions are missing: %(one_off_payment_fen)s."),
        N_("Record the one-off payment, or correct the years."),
    ),
    HoldKind.CONCLUSION_EXPIRED: (
        N_("The conclusion was valid before %(ends_before)s only."),
        N_("Have the person assessed again."),
    ),
    HoldKind.PLAN_UNCONFIRMED: (
        N_("The care plan is not confirmed by the person."),
        N_("Have the plan confirmed."),
    ),
    HoldKind.NO_PROVIDER: (
        N_("The care plan names no provider, but the mode pays one."),
        N_("Enter the provider in the plan."),
    ),
    HoldKind.NO_AGREEMENT: (
        N_("The provider has no agreement on these days."),
        N_("Record the agreement, or change the provider of the plan."),
    ),
    HoldKind.NO_ACCOUNT: (
        N_("There is no bank account to pay %(amount_fen)s to."),
        N_("Record the account."),
    ),
    HoldKind.PRICE_MISSING: (
        N_(
            "The fund shares in the cost. Visits from %(first_on)s to %(last_on)s without a price,"
            " and without a fee that covers them: %(count)s."
        ),
        N_("Enter the price of each of these visits (0 where nothing was charged), or the fee."),
    ),
    HoldKind.BONUS_CHOICE_MISSING: (
        N_("More time or cash for long care at home: no choice is recorded."),
        N_("Record the choice in the plan."),
    ),
    HoldKind.CALCULATION_FAILED: (
        N_("The calculation of this case failed (%(error)s)."),
        N_("Look at the facts of the case, then report it to the maker of the product."),
    ),
}

UNITS = {
    "visit": (N_("1 visit, %(minutes)s minutes not counted: %(reason)s."),
              N_("%(count)s visits, %(minutes)s minutes not counted: %(reason)s.")),
    "fee": (N_("1 fee, %(amount_fen)s not counted: %(reason)s."),
            N_("%(count)s fees, %(amount_fen)s not counted: %(reason)s.")),
    "bed_days": (N_("1 bed-day not counted: %(reason)s."),
                 N_("%(days)s bed-days not counted: %(reason)s.")),
}  # fmt: skip


def build_sentences(settlement: Settlement) -> list[Sentence]:
    """Return why an amount is what it is: amounts, days, what was left out, holds, grounds.

    The value ``reason`` of a sentence is itself a message to translate.
    """
    steps = settlement.steps
    return [
        *[(AMOUNTS[step.code], dict(step.values)) for step in steps if step.code in AMOUNTS],
        *[_tell_days(step) for step in steps if step.code == "days"],
        *_tell_exclusions(settlement.exclusions),
        *[sentence for hold in settlement.holds for sentence in build_hold_sentences(hold)],
        *[(GROUNDS[step.code], dict(step.values)) for step in steps if step.code in GROUNDS],
    ]


def _tell_days(step: Step) -> Sentence:
    values = dict(step.values)
    one, several = DAYS[DayState(str(values["state"]))]
    return (one if values["days"] == 1 else several), values


def _tell_exclusions(exclusions: tuple[Exclusion, ...]) -> list[Sentence]:
    """Return one sentence for each kind of fact and reason."""
    groups: dict[tuple[str, str], list[Exclusion]] = {}
    for exclusion in exclusions:
        groups.setdefault((exclusion.kind, exclusion.reason), []).append(exclusion)
    return [_tell_group(kind, reason, group) for (kind, reason), group in groups.items()]


def _tell_group(kind: str, reason: str, group: list[Exclusion]) -> Sentence:
    one, several = UNITS[kind]
    days = sum(exclusion.days for exclusion in group)
    how_many = days if kind == "bed_days" else len(group)
    return (one if how_many == 1 else several), {
        "count": len(group),
        "minutes": sum(exclusion.minutes for exclusion in group),
        "days": days,
        "amount_fen": sum(exclusion.amount_fen for exclusion in group),
        "reason": REASONS[reason],
    }


def build_hold_sentences(hold: Hold) -> list[Sentence]:
    """Return what is held and what clears it."""
    held, clears = HOLDS[HoldKind(hold.kind)]
    values: dict[str, str | int] = {name: _read(name, value) for name, value in hold.values}
    return [(held, values), (clears, values)]


def _read(name: str, value: str) -> str | int:
    """Return the value of a hold as a number where its name says that it is one."""
    return int(value) if name.endswith("_fen") else value
