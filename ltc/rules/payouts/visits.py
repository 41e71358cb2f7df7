"""Which minutes of which visits count: each minute once, for the person and for the carer.

A visit belongs to the day on which it begins; of its minutes after midnight those drop out that
lie on a day that does not count. What drops out stands on the sheet with its reason.
"""

from collections.abc import Iterator
from operator import attrgetter

from ltc.rules.payouts.cases import Visit
from ltc.rules.payouts.days import EPOCH, MINUTES_PER_DAY, first_of
from ltc.rules.payouts.facts import find_segment, is_covered
from ltc.rules.payouts.results import DayState, Reason
from ltc.rules.payouts.sheet import CountedVisit, Segment, Sheet
from ltc.rules.plans import STAYING

Span = tuple[int, int]  # half-open, in minutes
_in_order = attrgetter("begins_min", "ref")


def count_visits(sheet: Sheet, segments: list[Segment]) -> None:
    """Hand the visits that count to their segments, in order; exclude the rest."""
    if not sheet.case.visits:
        return
    counter = _Counter(sheet, segments)
    for visit in counter.count_usual(sorted(sheet.case.visits, key=_in_order)):
        counter.count(visit)


def _length(visit: Visit) -> int:
    return max(0, visit.ends_min - visit.begins_min)


class _Counter:
    """Counts visits one after the other and remembers which minutes are already taken."""

    def __init__(self, sheet: Sheet, segments: list[Segment]) -> None:
        self.sheet = sheet
        self.segments = segments
        self.counted: list[Span] = []  # of the person
        self.counted_until = 0
        self.taken: dict[int, list[Span]] = {}  # of the carers, by other people's visits
        self.planned_minutes = 0  # used of what the plans authorise this month
        for taken in sheet.case.taken:
            self.taken.setdefault(taken.carer, []).append((taken.begins_min, taken.ends_min))
        self.usual = _list_usual(segments, sheet.window.month)

    def count_usual(self, visits: list[Visit]) -> Iterator[Visit]:
        """Count the visits that need no second look, as nearly all do; yield the others in turn.

        A usual one lies on one day of the month in a segment of its own provider, after all others
        of the person, and no minute of its carer is taken. A city's month has 600,000 of them: this
        loop is the one place where settlement is written for speed.
        """
        window, taken, counted = self.sheet.window, self.taken, self.counted
        before_first = window.first - EPOCH
        for visit in visits:
            begins, ends = visit.begins_min, visit.ends_min
            day_number = begins // MINUTES_PER_DAY
            if (
                self.counted_until <= begins < ends <= (day_number + 1) * MINUTES_PER_DAY
                and visit.refused is None
                and visit.carer not in taken
            ):
                index = day_number - before_first
                provider = visit.provider
                for days, planned, counted_visits in self.usual:
                    if provider == planned and index >= 0 and days >> index & 1:
                        counted_visits.append(CountedVisit(visit, index, ends - begins))
                        counted.append((begins, ends))
                        self.counted_until = ends
                        break
                else:
                    yield visit
            else:
                yield visit

    def count(self, visit: Visit) -> None:
        """Count one visit; what an earlier month pays is counted without a word."""
        window = self.sheet.window
        index = window.index_of_minute(visit.begins_min)
        if index == -1 and self._reaches_into_window(visit):
            # What it has of the first day is the month before's to pay: nobody pays it again.
            self._remember([(visit.begins_min, visit.ends_min)])
            return
        if not 0 <= index < window.length - 1:
            self.sheet.exclude(visit.ref, Reason.OUTSIDE_MONTH, _length(visit))
            return
        is_paid_here = index >= first_of(window.month)
        dropped: list[tuple[str, int]] = []
        segment = self._find_segment(visit, index)
        if isinstance(segment, Segment):
            minutes = self._count_minutes(visit, index, dropped)
            if is_paid_here and segment.plan.authorised_minutes_per_month is not None:
                minutes = self._bound_by_plan(segment, minutes, dropped)
            if minutes:
                segment.visits.append(CountedVisit(visit, index, minutes))
        else:
            dropped.append((segment, _length(visit)))
        if is_paid_here and dropped:
            for reason, left_out in dropped:
                self.sheet.exclude(visit.ref, reason, left_out, note=visit.refused or "")

    def _reaches_into_window(self, visit: Visit) -> bool:
        """Whether a visit of the day before, if it was accepted, goes on after midnight."""
        first_minute = (self.sheet.window.first - EPOCH) * MINUTES_PER_DAY
        return visit.refused is None and visit.ends_min > first_minute

    def _find_segment(self, visit: Visit, index: int) -> Segment | DayState | Reason:
        if visit.refused is not None:
            return Reason.REFUSED
        if visit.ends_min <= visit.begins_min:
            return Reason.NO_LENGTH
        segment = find_segment(self.sheet, self.segments, index, visit.provider)
        # Where a person lives with the provider, visits are no part of the care.
        if isinstance(segment, Segment) and segment.mode.setting in STAYING:
            return Reason.NOT_IN_MODE
        return segment

    def _count_minutes(self, visit: Visit, index: int, dropped: list[tuple[str, int]]) -> int:
        """Return the minutes that are neither on an uncounted day nor taken already."""
        spans = [(visit.begins_min, visit.ends_min)]
        next_day = (index + 1 + self.sheet.window.first - EPOCH) * MINUTES_PER_DAY
        if visit.ends_min > next_day:
            spans = self._cut_uncounted_days(visit, index, next_day, dropped)
        for reason, cuts in (
            (Reason.OVERLAP_CARER, self.taken.get(visit.carer, [])),
            (Reason.OVERLAP_PERSON, self.counted),
        ):
            left = subtract(spans, cuts)
            if left != spans:
                dropped.append((reason, _sum(spans) - _sum(left)))
            spans = left
        self._remember(spans)
        return _sum(spans)

    def _cut_uncounted_days(
        self, visit: Visit, index: int, next_day: int, dropped: list[tuple[str, int]]
    ) -> list[Span]:
        """Return the parts of a visit across midnight that lie on days that count."""
        spans = [(visit.begins_min, next_day)]
        while next_day < visit.ends_min:
            index = min(index + 1, self.sheet.window.length - 1)
            part = (next_day, min(visit.ends_min, next_day + MINUTES_PER_DAY))
            state = self.sheet.state_of(index)
            if state is None:
                spans.append(part)
            else:
                dropped.append((state, part[1] - part[0]))
            next_day += MINUTES_PER_DAY
        return spans

    def _remember(self, spans: list[Span]) -> None:
        self.counted.extend(spans)
        if spans:
            self.counted_until = max(self.counted_until, spans[-1][1])

    def _bound_by_plan(self, segment: Segment, minutes: int, dropped: list[tuple[str, int]]) -> int:
        """Return the minutes that the plan still authorises this month.

        What an earlier plan of the month has used counts: a renewed plan authorises no second month.
        """
        limit = segment.plan.authorised_minutes_per_month or 0
        allowed = min(minutes, max(0, limit - self.planned_minutes))
        self.planned_minutes += allowed
        if allowed < minutes:
            dropped.append((Reason.ABOVE_PLAN, minutes - allowed))
        return allowed


def _list_usual(segments: list[Segment], month: int) -> list[tuple[int, int, list[CountedVisit]]]:
    """Return days and provider of the segments at home where a visit counts without more ado."""
    return [
        (segment.days & segment.agreed & month, segment.plan.provider, segment.visits)
        for segment in segments
        if segment.plan.provider is not None
        and segment.plan.authorised_minutes_per_month is None
        and segment.mode.setting not in STAYING
        and is_covered(segment)
    ]


def subtract(spans: list[Span], cuts: list[Span]) -> list[Span]:
    """Return what is left of spans, which rise and do not overlap, without all cuts."""
    for low, beyond in cuts:
        if not spans:
            break
        if beyond <= spans[0][0] or spans[-1][1] <= low:
            continue
        spans = [
            part
            for begins, ends in spans
            for part in ((begins, min(ends, low)), (max(begins, beyond), ends))
            if part[0] < part[1]
        ]
    return spans


def _sum(spans: list[Span]) -> int:
    return sum(ends - begins for begins, ends in spans)
