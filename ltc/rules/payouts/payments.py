"""What the payment forms share: a payment, the values of a level, the part of a month."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from ltc.rules.money import split
from ltc.rules.payouts.costs import list_visits
from ltc.rules.payouts.days import first_of
from ltc.rules.payouts.shares import Parts
from ltc.rules.payouts.sheet import CountedVisit, Segment, Sheet
from ltc.rules.plans import STAYING
from ltc.rules.policies import Form, Payee, Proration, Value, ValueUnknown

LISTED_REFS = 40  # more facts than these stand in a step as their number and digest

Key = Callable[[Segment], Hashable]


def _by_segment(segment: Segment) -> Hashable:
    """Each segment by itself: sums to pay."""
    return segment.place


def by_cap(segment: Segment) -> Hashable:
    """All segments under one limit: a renewed plan or another provider makes no second one."""
    return segment.cap


@dataclass(slots=True)
class Payment:
    """What one form pays for one segment."""

    form: str
    component: str
    payee: Payee
    days: int
    minutes: int
    parts: Parts


@dataclass(slots=True)
class Work:
    """What a form needs besides its own values: one segment and all segments around it."""

    sheet: Sheet
    segments: list[Segment]
    segment: Segment
    assistance_bp: int

    def days_for(self, payee: Payee) -> int:
        """Return the days of the segment in the month that count for a payee."""
        return self.segment.days_for(payee) & self.sheet.window.month

    def value(self, form: Form, name: str, values: Mapping[str, Value[int]]) -> Value[int]:
        """Return the value of the segment's level; raises ValueUnknown where there is none."""
        level, policy = self.segment.level, self.segment.policy
        if level not in values:
            key = f"modes.{self.segment.mode.code}.forms.{form.code}.{name}.{level}"
            raise ValueUnknown(area=policy.area, key=key)
        return values[level]

    def step(self, code: str, *values: tuple[str, str | int], law: tuple[str, ...]) -> None:
        """Write down a step of this segment."""
        self.sheet.step(code, *values, law=law, policy=self.segment.policy)

    def visits(self) -> list[CountedVisit]:
        """Return the segment's counted visits of the month."""
        return list_visits(self.sheet, self.segment)

    def minutes(self) -> int:
        """Return the segment's counted minutes of the month."""
        return sum(counted.minutes for counted in self.visits())

    def days_with_care(self) -> int:
        """Return the days with a counted visit or, in a stay, with a bed."""
        days = 0
        if self.segment.mode.setting in STAYING:
            for _, bed_days, _ in self.segment.beds:
                days |= bed_days
            return days
        for counted in self.segment.visits:
            days |= 1 << counted.index
        return days

    def refs(self) -> tuple[tuple[str, str], ...]:
        """Return the ids of the facts that the segment's amounts rest on, without empty lists."""
        segment = self.segment
        refs = (
            ("visits", [counted.visit.ref for counted in self.visits()]),
            ("bed_days", [ref for _, _, ref in segment.beds]),
            ("fees", [fee.ref for fee in segment.fees]),
        )
        return tuple((name, list_refs(listed)) for name, listed in refs if listed)

    def prorate(
        self, form: str, payee: Payee, whole: int, unit: str, key: Key = _by_segment
    ) -> int:
        """Return the part of a monthly sum or cap that the segments of one key have together.

        By days: in proportion to the days that count, of all days of the month. Whole month: the
        sum is shared by the segments of the month alone, in proportion to their days. The parts
        of all keys (and of the days that do not count) add up to the whole.
        """
        if not self.days_for(payee):
            return 0
        month, own = self.sheet.window.month, key(self.segment)
        days: dict[Hashable, int] = {}
        for segment in self.segments:
            days[key(segment)] = days.get(key(segment), 0) | segment.days_for(payee) & month
        own_days = days[own].bit_count()
        if own_days == self.sheet.window.month_days:
            return whole
        weights = [part.bit_count() for part in days.values()]
        value = self.segment.policy.conventions.monthly_proration
        if value.get() is Proration.BY_DAYS:
            weights.append(self.sheet.window.month_days - sum(weights))
        part = split(whole, weights)[list(days).index(own)]
        if first_of(days[own]) == first_of(self.days_for(payee)):  # once for all of a key
            self.step(
                f"prorated_{unit}", ("form", form), (f"whole_{unit}", whole), ("days", own_days),
                ("of_days", sum(weights)), (f"part_{unit}", part), law=(value.key,),
            )  # fmt: skip
        return part


def list_refs(refs: Iterable[int]) -> str:
    """Return ids as text; many of them as their number and the SHA-256 of the full text."""
    listed = [str(ref) for ref in refs]
    text = " ".join(listed)
    if len(listed) <= LISTED_REFS:
        return text
    return f"{len(listed)} sha256:{sha256(text.encode()).hexdigest()}"
