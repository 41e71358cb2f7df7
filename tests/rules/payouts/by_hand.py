"""A made-up city with every payment form, and cases for it: what the property tests settle."""

from datetime import date

from hypothesis import strategies as st

from ltc.rules.months import Month
from ltc.rules.payouts.cases import (
    Absence,
    AgreementPeriod,
    AssistancePeriod,
    BedDays,
    Case,
    Conclusion,
    Enrolment,
    Fee,
    PlanPeriod,
    Visit,
)
from ltc.rules.payouts.days import EPOCH, MINUTES_PER_DAY
from ltc.rules.policies import (
    Assistance,
    CapOrder,
    Component,
    ContributionRule,
    Conventions,
    DailyCap,
    DailyFixed,
    Hourly,
    Law,
    Level,
    Mode,
    MonthlyCap,
    MonthlyFixed,
    Payee,
    Per,
    Policy,
    Proration,
    Scheme,
    Setting,
    Standing,
    StartMode,
    Text,
    Value,
)

MONTH = Month(2024, 5)  # 31 days; the 1st is a Wednesday
FIRST, PROVIDER, OTHER_PROVIDER = MONTH.starts_on, 7, 8
LONG_AGO = date(2010, 1, 1)


def text(words):
    return Text(words, words)


def value(key, known):
    return Value("madeup", key, known, Standing.ASSUMED)


def by_level(key, known):
    return {"severe": value(f"{key}.severe", known)}


def build_modes():
    """One mode for each payment form; the code of a mode names the form in it."""
    care, provider = "daily_care", Payee.PROVIDER
    forms = {
        "daily_fixed": DailyFixed("f1", care, provider, by_level("rate_fen", 5_001),
                                  value("needs_visit", False)),
        "daily_visited": DailyFixed("f2", care, Payee.PERSON, by_level("rate_fen_2", 4_003),
                                    value("needs_visit_2", True)),
        "cap_on_payment": DailyCap("f3", care, provider, by_level("cap_fen_3", 6_007),
                                   value("share_bp_3", 7_513),
                                   value("order_3", CapOrder.BOUNDS_PAYMENT)),
        "cap_on_cost": DailyCap("f4", care, provider, by_level("cap_fen_4", 7_003),
                                value("share_bp_4", 7_111),
                                value("order_4", CapOrder.BOUNDS_COST)),
        "monthly_cap": MonthlyCap("f5", care, provider, by_level("cap_fen_5", 210_001),
                                  value("share_bp_5", 7_501), value("limit_bp_5", 5_000)),
        "monthly_fixed": MonthlyFixed("f6", care, Payee.RELATIVE, by_level("amount_fen", 75_001)),
        "weekly_hours": Hourly("f7", care, provider, value("price_7", 6_500),
                               value("share_bp_7", 9_000), by_level("cap_minutes_7", 180),
                               value("per_7", Per.WEEK), {}),
        "monthly_hours": Hourly("f8", care, provider, value("price_8", 6_000),
                                value("share_bp_8", 9_999), by_level("cap_minutes_8", 600),
                                value("per_8", Per.MONTH), {}),
    }  # fmt: skip
    return {code: Mode(code, text(code), Setting.HOME, (form,)) for code, form in forms.items()}


def build_law(*, starts=LONG_AGO, next_month=True, proration=Proration.BY_DAYS):
    """Return the law of the made-up city: one policy without an end."""
    policy = Policy(
        area="madeup", name=text("Made-up"), title=text("Made-up"), time_zone="Asia/Shanghai",
        starts_on=starts, ends_before=None, digest="", sources=(),
        levels=(Level("severe", text("Severe")),),
        schemes={
            "employee": Scheme("employee", text("E"), frozenset({"daily_care", "medical_care"})),
            "resident": Scheme("resident", text("R"), frozenset({"medical_care"})),
        },
        components={code: Component(code, text(code)) for code in ("daily_care", "medical_care")},
        grade_map={"national": {"4": "severe", "1": None}},
        start=value("start", StartMode.DAY_AFTER),
        conclusion_months=value("conclusion_months", 24),
        contribution=ContributionRule(
            value("years", 15), value("premium_fen", 15_000),
            value("start_after_payment", StartMode.MONTH_AFTER),
        ),
        conventions=Conventions(
            value("admission_day_paid", False), value("discharge_day_paid", False),
            value("death_day_paid", True), value("monthly_proration", proration),
            value("mode_changes_next_month", next_month),
        ),
        assistance={"poor": Assistance("poor", text("Poor"), value("assistance_bp", 5_003))},
        modes=build_modes(), settings={}, values=(),
    )  # fmt: skip
    return Law("madeup", (policy,))


LAW = build_law()


def minute(day, of_day):
    """Return a minute of a day of the month (from 1) as minutes of the cases."""
    return (FIRST.toordinal() + day - 1 - EPOCH) * MINUTES_PER_DAY + of_day


def make_visit(ref, day, begin, length, carer=1, **more):
    begins = minute(day, begin)
    return Visit(ref, PROVIDER, carer, begins, begins + length, **more)


def make_assistance(category="poor", starts_on=LONG_AGO, ends_before=None, ref=1):
    """Return the periods of a person who belongs to one category."""
    return (AssistancePeriod(ref, category, starts_on, ends_before),)


def make_case(mode, **facts):
    """Return a plain case in which every day of the month counts."""
    return Case(**{
        "person": "C1",
        "month": MONTH,
        "enrolments": (Enrolment(1, "employee", 20, LONG_AGO),),
        "conclusions": (Conclusion(1, "national", "4", date(2024, 1, 10)),),
        "plans": (PlanPeriod(1, mode, PROVIDER, LONG_AGO),),
        "agreements": (AgreementPeriod(1, PROVIDER, LONG_AGO),),
        **facts,
    })  # fmt: skip


DAYS = st.dates(date(2024, 4, 25), date(2024, 6, 5))
MODES = st.sampled_from(sorted(LAW.policies[0].modes))


@st.composite
def visits(draw, most=12):
    """Visits in and around the month, overlapping and across midnight too, some refused."""
    drawn = draw(st.lists(st.tuples(
        st.integers(-6, 33), st.integers(0, 1439), st.integers(-10, 400), st.integers(1, 3),
        st.sampled_from([None, None, None, "unsigned"]),
        st.sampled_from([None, 0, 4_999, 12_345]),
    ), max_size=most))  # fmt: skip
    return tuple(
        make_visit(ref, day, begin, length, carer, refused=refused, price_fen=price)
        for ref, (day, begin, length, carer, refused, price) in enumerate(drawn, 1)
    )


@st.composite
def ranges(draw, make, most=3):
    """Half-open ranges of days around the month, some without an end."""
    found = []
    for ref in range(1, draw(st.integers(0, most)) + 1):
        first, last = sorted((draw(DAYS), draw(DAYS)))
        found.append(make(ref, first, draw(st.sampled_from([last, None]))))
    return tuple(found)


def absences(kinds=("hospital_stay", "suspension", "moved_away")):
    return st.lists(st.sampled_from(kinds), min_size=3, max_size=3).flatmap(
        lambda chosen: ranges(lambda ref, a, b: Absence(ref, chosen[ref - 1], a, b))
    )


def beds():
    return st.lists(st.integers(1, 20_000), min_size=3, max_size=3).flatmap(
        lambda prices: ranges(lambda ref, a, b: BedDays(ref, PROVIDER, a, b, prices[ref - 1]))
    )


def fees():
    fee = st.builds(
        Fee, ref=st.integers(1, 999), provider=st.sampled_from([PROVIDER, OTHER_PROVIDER]),
        charged_on=DAYS, amount_fen=st.integers(0, 200_000),
        kind=st.sampled_from(["daily_care", "medical_care"]),
    )  # fmt: skip
    return st.lists(fee, max_size=6, unique_by=lambda f: f.ref).map(tuple)


@st.composite
def plans(draw):
    """Up to three plans that begin on any day, with any mode, some not confirmed."""
    return draw(ranges(lambda ref, a, b: PlanPeriod(
        ref, draw(MODES), draw(st.sampled_from([PROVIDER, OTHER_PROVIDER, None])), a, b,
        confirmed=draw(st.sampled_from([True, True, True, False])),
        authorised_minutes_per_month=draw(st.sampled_from([None, None, 100])),
    )))  # fmt: skip


@st.composite
def assistances(draw):
    """No medical assistance, or up to three periods, of a category without a share too."""
    category = st.sampled_from(["poor", "poor", "unheard_of"])
    periods = ranges(lambda ref, a, b: AssistancePeriod(ref, draw(category), a, b))
    return draw(st.one_of(st.just(()), periods))


@st.composite
def cases(draw):
    """Any case at all: most facts plain, some odd."""
    plain = make_case(draw(MODES))
    grade = st.sampled_from(["4", "4", "4", "1", "x"])
    conclusions = ranges(lambda ref, a, b: Conclusion(ref, "national", draw(grade), a, b))
    scheme = st.sampled_from(["employee", "employee", "resident", "other"])
    enrolments = ranges(lambda ref, a, b: Enrolment(
        ref, draw(scheme), draw(st.integers(13, 16)), a, b,
        draw(st.sampled_from([None, date(2024, 3, 3), date(2024, 5, 3)]))))  # fmt: skip
    return make_case(
        "daily_fixed",
        enrolments=draw(st.one_of(st.just(plain.enrolments), enrolments)),
        conclusions=draw(st.one_of(st.just(plain.conclusions), conclusions)),
        plans=draw(st.one_of(st.just(plain.plans), plans())),
        absences=draw(absences()),
        died_on=draw(st.one_of(st.none(), DAYS)),
        visits=draw(visits()),
        bed_days=draw(beds()),
        fees=draw(fees()),
        has_account=draw(st.booleans()),
        assistance=draw(assistances()),
    )
