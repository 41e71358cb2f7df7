"""Visits of the demonstration: a month of each provider as the file that it hands in.

A carer is in one place at a time, and nobody is visited who is known to be away; a few times both
go wrong on purpose, so that there is something to leave out with a reason.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from ltc.rules.imports import ImportKind
from ltc.rules.insured import LifeEventKind
from ltc.rules.months import ONE_DAY, Month
from ltc.services.demo.care import Case, firm_on, list_home
from ltc.services.demo.files import Cells, hand_in
from ltc.services.demo.organisations import carer_code
from ltc.services.demo.places import CARERS_PER_PROVIDER, PLAYERS, Firm
from ltc.services.demo.stage import Stage
from ltc.services.demo.stories import SEED, Story, at

FIRST_VISIT = time(8)
SLOT_MINUTES = 75
SLOTS_A_DAY = 8
SHORT_ITEMS, LONG_ITEMS = "D01 D04 D08", "D01 D04 D08 D10"
DURATIONS = ((45, SHORT_ITEMS), (50, SHORT_ITEMS), (60, LONG_ITEMS), (70, LONG_ITEMS))
VISITS_A_WEEK = (4, 5, 5, 6)
WEEKDAYS = range(7)
# One person in so many is visited in a slot in which the carer is elsewhere, or while away.
DOUBLE_BOOKED_EVERY = 45
GHOSTLY_EVERY = 4
LATITUDE_E6, LONGITUDE_E6 = 29_480_000, 106_480_000
E6 = 1_000_000


@dataclass(slots=True)
class Diary:
    """Which slots of which carer are taken, by (carer, day)."""

    taken: dict[tuple[str, date], set[int]] = field(default_factory=lambda: defaultdict(set))

    def find_slot(self, carer: str, day: date) -> int | None:
        """Take the next free slot of a carer's day; None where the day is full."""
        taken = self.taken[carer, day]
        slot = next((slot for slot in range(SLOTS_A_DAY) if slot not in taken), None)
        if slot is not None:
            taken.add(slot)
        return slot


def hand_in_visits(stage: Stage, folder: Path, cases: Sequence[Case], month: Month) -> None:
    """Hand in the month's visits, a file for each provider, in the first hour after the month."""
    files: dict[str, list[Cells]] = defaultdict(list)
    for firm, row in _list_visits(cases, month):
        rows = files[firm.code]
        rows.append({"reference": f"{firm.code}-{month}-{len(rows) + 1:05d}", **row})
    for code in sorted(files):
        ctx = stage.acting(_sender(code), at(month.ends_before, 0, 30))
        hand_in(ctx, folder, ImportKind.VISITS, f"visits-{code}-{month}", files[code])


def _sender(code: str) -> str:
    """The provider's own manager where there is one, else an officer."""
    managers = (player.sign_in_name for player in PLAYERS
                if player.firm == code and not player.is_carer)  # fmt: skip
    return next(managers, "officer")


def _list_visits(cases: Sequence[Case], month: Month) -> Iterator[tuple[Firm, Cells]]:
    """Yield the visits of everybody at home, day by day."""
    random = Random(f"{SEED} {month}")  # noqa: S311 - made-up visits, the same every time
    diary = Diary()
    home = list_home(cases)
    weeks = {case.case_number: _draw_week(random) for case in home}
    for place in range(month.day_count):
        day = month.starts_on + timedelta(days=place)
        for case in home:
            firm = firm_on(case.story, day)
            if firm is None or day.weekday() not in weeks[case.case_number]:
                continue
            if day < case.story.care_starts_on or _is_away(case.story, day):
                continue
            visit = _build_visit(random, diary, case, firm, day)
            if visit is not None:
                yield firm, visit


def _draw_week(random: Random) -> frozenset[int]:
    return frozenset(random.sample(WEEKDAYS, random.choice(VISITS_A_WEEK)))


def _is_away(story: Story, day: date) -> bool:
    """Whether nobody comes that day: away, as far as known; some are visited all the same."""
    happening = story.happening
    if happening is None or day <= happening.starts_on:
        return False
    if happening.ends_before is not None and day >= happening.ends_before:
        return False
    is_ghostly = story.number % GHOSTLY_EVERY == 0 and day < happening.starts_on + 4 * ONE_DAY
    if happening.kind is LifeEventKind.DEATH and day >= happening.recorded_on:
        return True
    return not is_ghostly


def _build_visit(random: Random, diary: Diary, case: Case, firm: Firm, day: date) -> Cells | None:
    number = case.story.number
    carer = carer_code(firm, number % CARERS_PER_PROVIDER + 1)
    is_double = number % DOUBLE_BOOKED_EVERY == 0 and day.day == number % 28 + 1
    slot = 0 if is_double else diary.find_slot(carer, day)
    if slot is None:
        return None
    minutes, items = random.choice(DURATIONS)
    begins = datetime.combine(day, FIRST_VISIT) + timedelta(minutes=slot * SLOT_MINUTES)
    begins += timedelta(minutes=random.randrange(SLOT_MINUTES - minutes + 1))
    return {
        "case_number": case.case_number,
        "carer_code": carer,
        "begins_at": f"{begins:%Y-%m-%d %H:%M}",
        "ends_at": f"{begins + timedelta(minutes=minutes):%Y-%m-%d %H:%M}",
        "items": items,
        "latitude": _degrees(LATITUDE_E6 + number * 37 % 9_000),
        "longitude": _degrees(LONGITUDE_E6 + number * 53 % 9_000),
        "source": "phone",
    }


def _degrees(value_e6: int) -> str:
    """Return millionths of a degree as decimals."""
    return f"{value_e6 // E6}.{value_e6 % E6:06d}"
