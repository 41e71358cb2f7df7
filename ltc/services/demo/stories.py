"""What happens to everybody of the demonstration, told before anything is recorded.

A story is plain data: who the person is, what the evaluation found, when, which care follows, and
the one thing (if any) that makes the person's November or December different. The same seed and
number of people give the same stories.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from ltc.rules.assessments.instruments import Instrument
from ltc.rules.insured import LifeEventKind, SchemeCode, Sex
from ltc.rules.months import DayRange, Month
from ltc.rules.providers import ProviderKind
from ltc.rules.working_days import WorkingDays
from ltc.services.demo import names
from ltc.services.demo.places import CLOSED_BEFORE, DISTRICTS, FIRMS, Firm
from ltc.services.demo.scores import draw_scores

SEED = 20191128  # the day of the report that the figures are from
APPLIED = 923
PASSED = 788
ZONE = ZoneInfo("Asia/Shanghai")
ENROLLED_FROM = date(2018, 1, 1)
FIRST_FILED_ON = date(2019, 1, 7)
LAST_FILED_ON = date(2019, 10, 31)
NOVEMBER = Month(2019, 11)
DECEMBER = Month(2019, 12)
HOME_VISITS, OWN_CARER, RESIDENTIAL = "home_visits", "own_carer", "residential"
MODES = (HOME_VISITS,) * 56 + (OWN_CARER,) * 22 + (RESIDENTIAL,) * 22


class Twist(StrEnum):
    """What makes a person's months different; ``late``: recorded after November was paid."""

    DIED_BEFORE = "died_before"
    DIED_NOVEMBER = "died_november"
    DIED_NOVEMBER_LATE = "died_november_late"
    DIED_DECEMBER = "died_december"
    HOSPITAL_NOVEMBER = "hospital_november"
    HOSPITAL_NOVEMBER_LATE = "hospital_november_late"
    HOSPITAL_OVER_THE_MONTHS = "hospital_over_the_months"
    HOSPITAL_DECEMBER = "hospital_december"
    SUSPENDED = "suspended"
    MOVED_AWAY = "moved_away"
    NO_ACCOUNT = "no_account"
    ACCOUNT_LATE = "account_late"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED_LATE = "confirmed_late"
    NO_PLAN = "no_plan"
    MODE_CHANGED = "mode_changed"
    SCHEME_CHANGED = "scheme_changed"
    ENROLMENT_ENDED = "enrolment_ended"


T = Twist
# How many of the 788 each happens to; fewer people have proportionally fewer, at least one each.
TWISTS = {
    T.DIED_BEFORE: 8, T.DIED_NOVEMBER: 7, T.DIED_NOVEMBER_LATE: 4, T.DIED_DECEMBER: 6,
    T.HOSPITAL_NOVEMBER: 38, T.HOSPITAL_NOVEMBER_LATE: 6, T.HOSPITAL_OVER_THE_MONTHS: 6,
    T.HOSPITAL_DECEMBER: 34, T.SUSPENDED: 5, T.MOVED_AWAY: 4, T.NO_ACCOUNT: 9, T.ACCOUNT_LATE: 3,
    T.UNCONFIRMED: 7, T.CONFIRMED_LATE: 4, T.NO_PLAN: 5, T.MODE_CHANGED: 10, T.SCHEME_CHANGED: 5,
    T.ENROLMENT_ENDED: 2,
}  # fmt: skip
# Twists that only make sense in one mode.
MODE_OF = {T.NO_ACCOUNT: OWN_CARER, T.ACCOUNT_LATE: OWN_CARER}


K = LifeEventKind
# What happens, in which month, and whether it is told only after November was paid.
HAPPENINGS = {
    T.DIED_BEFORE: (K.DEATH, Month(2019, 10), False),
    T.DIED_NOVEMBER: (K.DEATH, NOVEMBER, False),
    T.DIED_NOVEMBER_LATE: (K.DEATH, NOVEMBER, True),
    T.DIED_DECEMBER: (K.DEATH, DECEMBER, False),
    T.HOSPITAL_NOVEMBER: (K.HOSPITAL_STAY, NOVEMBER, False),
    T.HOSPITAL_NOVEMBER_LATE: (K.HOSPITAL_STAY, NOVEMBER, True),
    T.HOSPITAL_OVER_THE_MONTHS: (K.HOSPITAL_STAY, NOVEMBER, False),
    T.HOSPITAL_DECEMBER: (K.HOSPITAL_STAY, DECEMBER, False),
    T.SUSPENDED: (K.SUSPENSION, NOVEMBER, False),
    T.MOVED_AWAY: (K.MOVED_AWAY, NOVEMBER, False),
}
ENDING = frozenset({K.HOSPITAL_STAY, K.SUSPENSION})
# Recorded on admission without an end; the discharge is known in December.
STAY_OVER_THE_MONTHS = DayRange(date(2019, 11, 26), date(2019, 12, 5))


@dataclass(frozen=True, slots=True)
class Happening:
    """A life event and the day on which it is recorded."""

    kind: LifeEventKind
    starts_on: date
    ends_before: date | None
    recorded_on: date


@dataclass(slots=True)
class Story:
    """One person's year. Days are calendar days; ``firm`` is None where no provider is paid."""

    number: int
    name: str
    sex: Sex
    born_on: date
    identity: str
    district: int
    phone: str
    address: str
    community: str
    scheme: SchemeCode
    years: int
    scores: dict[str, int]
    is_severe: bool
    filed_on: date
    accepted_on: date
    evaluated_on: date
    concluded_on: date
    mode: str | None = None
    firm: Firm | None = None
    twist: Twist | None = None
    leaves: bool = False  # for another provider, with December
    happening: Happening | None = None

    @property
    def care_starts_on(self) -> date:
        """The first of the month after the conclusion."""
        return Month.of(self.concluded_on).ends_before


def write_stories(
    people: int, instrument: Instrument, working_days: WorkingDays, seed: int = SEED
) -> list[Story]:
    """Return so many stories in the order in which people apply.

    923 people have exactly 788 severe ones; other numbers keep the proportion, rounded down.
    """
    random = Random(seed)  # noqa: S311 - made-up people, the same every time
    severe = [place < people * PASSED // APPLIED for place in range(people)]
    random.shuffle(severe)
    days = sorted(_draw_filing_day(random, working_days) for _ in range(people))
    stories = [
        _draw_story(random, number, filed_on, is_severe, instrument, working_days)
        for number, (filed_on, is_severe) in enumerate(zip(days, severe, strict=True), start=1)
    ]
    _name_the_rare(stories)
    _give_care(random, stories)
    return stories


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return the instant of a time of day in the area."""
    return datetime.combine(day, time(hour, minute), ZONE)


def _draw_filing_day(random: Random, working_days: WorkingDays) -> date:
    """Return a working day; the later in the year, the more people apply."""
    span = (LAST_FILED_ON - FIRST_FILED_ON).days
    day = FIRST_FILED_ON + timedelta(days=max(random.randint(0, span), random.randint(0, span)))
    return working_days.add_working_days(day - timedelta(days=1), 1).on


def _draw_story(
    random: Random, number: int, filed_on: date, is_severe: bool, instrument: Instrument,
    working_days: WorkingDays,
) -> Story:  # fmt: skip
    sex = random.choice((Sex.FEMALE, Sex.FEMALE, Sex.MALE))
    born_on = names.draw_birth(random, FIRST_FILED_ON, *names.INSURED_AGES)
    district = random.choice((0, 1, 1, 2, 2, 3))
    accepted_on = working_days.add_working_days(filed_on, random.randint(1, 4)).on
    evaluated_on = working_days.add_working_days(accepted_on, random.randint(2, 8)).on
    concluded_on = working_days.add_working_days(evaluated_on, random.randint(2, 7)).on
    return Story(
        number=number, name=names.draw_name(random, sex), sex=sex, born_on=born_on,
        identity=names.build_identity(DISTRICTS[district].code, born_on, number, sex),
        district=district, phone=names.build_phone(number), address=names.draw_address(random),
        community=names.draw_community(random),
        scheme=random.choice((SchemeCode.EMPLOYEE, SchemeCode.EMPLOYEE, SchemeCode.RESIDENT)),
        years=random.randint(3, 38), scores=draw_scores(random, instrument, is_severe=is_severe),
        is_severe=is_severe, filed_on=filed_on, accepted_on=accepted_on, evaluated_on=evaluated_on,
        concluded_on=concluded_on,
    )  # fmt: skip


def _name_the_rare(stories: list[Story]) -> None:
    """Give the names that forms and fonts stumble over to people who are paid."""
    severe = [story for story in stories if story.is_severe]
    for story, name in zip(severe, names.RARE_NAMES, strict=False):
        story.name = name


def _give_care(random: Random, stories: list[Story]) -> None:
    """Give everybody severe a mode and a provider, and some of them a twist."""
    severe = [story for story in stories if story.is_severe]
    for story in severe:
        story.mode = random.choice(MODES)
    twists = _list_twists(len(stories))
    for story, twist in zip(random.sample(_entitled(severe), len(twists)), twists, strict=True):
        story.twist, story.mode = twist, MODE_OF.get(twist, story.mode)
    for story in severe:
        _choose_firm(random, story)
        story.happening = _draw_happening(random, story.twist)


def _entitled(severe: list[Story]) -> list[Story]:
    """Those whose care had begun before November: what happens to them moves money in it."""
    return [story for story in severe if story.care_starts_on < NOVEMBER.starts_on]


def _list_twists(people: int) -> list[Twist]:
    return [
        twist for twist, count in TWISTS.items() for _ in range(max(1, count * people // APPLIED))
    ]


def _choose_firm(random: Random, story: Story) -> None:
    """Choose a provider of the district; the one that closes loses most of its people in time."""
    if story.twist is Twist.NO_PLAN:
        story.mode = None
    if story.mode in (None, OWN_CARER):
        return
    kind = ProviderKind.RESIDENTIAL if story.mode == RESIDENTIAL else ProviderKind.HOME
    firms = [firm for firm in FIRMS if (firm.district, firm.kind) == (story.district, kind)]
    story.firm = random.choice(firms)
    story.leaves = story.firm.agreed_before == CLOSED_BEFORE and random.randrange(4) > 0


def _draw_happening(random: Random, twist: Twist | None) -> Happening | None:
    """Return the life event of a twist, None where it has none."""
    day, stay = random.randint(2, 18), timedelta(days=random.randint(2, 11))
    late_on = date(2019, 12, random.randint(4, 20))
    if twist is None or twist not in HAPPENINGS:
        return None
    kind, month, is_late = HAPPENINGS[twist]
    starts_on = month.starts_on + timedelta(days=day - 1)
    ends_before = starts_on + stay if kind in ENDING else None
    if twist is Twist.HOSPITAL_OVER_THE_MONTHS:
        starts_on, ends_before = STAY_OVER_THE_MONTHS.starts_on, None
    known_on = late_on if is_late else (ends_before or starts_on + timedelta(days=2))
    if kind is LifeEventKind.SUSPENSION:
        known_on = starts_on  # decided ahead
    return Happening(kind, starts_on, ends_before, known_on)
