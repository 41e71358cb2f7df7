"""The statement for the person: what was paid for them in a month, why, and how to object."""

from collections.abc import Sequence
from dataclasses import dataclass

from ltc.rules.payouts.bridge import CAUSE_NAMES, PersonMonth, split_difference
from ltc.rules.payouts.explain import AMOUNTS, DAY_STATES, GROUNDS, HOLDS, build_sentences
from ltc.rules.payouts.results import DayState, Line, Outcome, Settlement
from ltc.rules.policies import Payee, Text
from ltc.rules.statement_reasons import build_month, last_day, list_used, place_of, tell_lines
from ltc.rules.statement_words import Speaker, day, join
from ltc.rules.statements import (
    Cause,
    Difference,
    Frame,
    Head,
    HeldItem,
    Objection,
    SourceLine,
    StatementKind,
    Sums,
    build_head,
    build_held,
    build_objection,
    build_sources,
    list_policies,
)

# What the strip of days draws, on paper and on pages; all other states share one sign.
DAY_SIGNS = {
    DayState.PAID: "paid",
    DayState.IN_HOSPITAL: "hospital",
    DayState.BEFORE_START: "before",
    DayState.AFTER_DEATH: "after",
    DayState.NO_VISIT: "no_visit",
    DayState.HELD: "held",
    DayState.SUSPENDED: "suspended",
}
OTHER_SIGN = "none"
PAYEES = {
    Payee.PERSON: Text("参保人本人账户", "the insured person's account"),
    Payee.RELATIVE: Text("亲属护理人账户", "the account of the relative who cares"),
    Payee.PROVIDER: Text("定点护理服务机构", "the provider"),
}
TO = Text("至", " to ")
_GROUNDS = frozenset(GROUNDS.values())
_AMOUNTS = frozenset(AMOUNTS.values())
_HOLDS = frozenset(sentence for pair in HOLDS.values() for sentence in pair)


@dataclass(frozen=True, slots=True)
class Subject:
    """The person, as printed: the identity number comes masked."""

    case_number: str
    name: str
    identity_masked: str
    district: Text


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the month and the sign of what it was."""

    number: int
    sign: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """What a sign of the strip means, and on how many days."""

    sign: str
    text: Text
    count: int


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A line with its reasons; days and minutes as counted."""

    item: Text
    period: Text
    payee: Text
    days: int
    minutes: int
    sums: Sums
    reasons: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Subtotal:
    """The sums of all lines of one component to one payee."""

    item: Text
    payee: Text
    sums: Sums


@dataclass(frozen=True, slots=True)
class PersonStatement:
    """All that is printed for a person."""

    head: Head
    subject: Subject
    outcome: Outcome
    schemes: Text
    modes: Text
    grades: Text
    sums: Sums
    capitals: str
    answer: tuple[Text, ...]
    days: tuple[DayCell, ...]
    legend: tuple[LegendEntry, ...]
    lines: tuple[PersonLine, ...]
    subtotals: tuple[Subtotal, ...]
    not_counted: tuple[Text, ...]
    held: tuple[HeldItem, ...]
    grounds: tuple[Text, ...]
    difference: Difference
    objection: Objection
    sources: tuple[SourceLine, ...]


def build_person_statement(
    frame: Frame, subject: Subject, settlement: Settlement, before: Settlement | None
) -> PersonStatement:
    """Return a person's statement from the stored trace, and that of the month before if any."""
    speaker, lines = frame.speaker, settlement.lines
    sums = add_up(lines)
    printed = _build_lines(speaker, settlement)
    amounts = tuple(reason for line in printed for reason in line.reasons)
    return PersonStatement(
        head=build_head(frame, StatementKind.PERSON, subject.case_number),
        subject=subject,
        outcome=settlement.outcome,
        schemes=_name_all(speaker, settlement, "scheme"),
        modes=_name_all(speaker, settlement, "mode"),
        grades=_name_all(speaker, settlement, "grade"),
        sums=sums,
        capitals=frame.write_capitals(sums.fund_fen),
        answer=amounts if len(amounts) == 1 else (),
        days=_build_days(settlement.days),
        legend=_build_legend(speaker, settlement.days),
        lines=printed,
        subtotals=_build_subtotals(speaker, lines),
        not_counted=_tell(speaker, settlement, is_ground=False),
        held=tuple(build_held(speaker, hold) for hold in settlement.holds),
        grounds=_tell(speaker, settlement, is_ground=True),
        difference=_build_difference(frame, settlement, before),
        objection=build_objection(frame),
        sources=build_sources(frame, list_used(settlement.steps)),
    )


def add_up(lines: Sequence[Line]) -> Sums:
    """Return the sums of lines."""
    return Sums(*(sum(getattr(line, name) for line in lines) for name in Sums.__slots__))


def name_item(speaker: Speaker, line: Line) -> Text:
    """Return what a line is for: the component, and the mode of care."""
    named = [speaker.name("component", line.component), speaker.name("mode", line.mode)]
    return join(named, Text(" · ", ", "))


def _build_lines(speaker: Speaker, settlement: Settlement) -> tuple[PersonLine, ...]:
    reasons = tell_lines(settlement)
    return tuple(
        PersonLine(
            name_item(speaker, line), _name_period(line), _name_payee(speaker, line),
            line.days, line.minutes, add_up([line]),
            tuple(speaker.tell(sentence) for sentence in reasons.get(place_of(line), ())),
        )
        for line in settlement.lines
    )  # fmt: skip


def _name_period(line: Line) -> Text:
    first, last = day(line.starts_on), day(last_day(line))
    return first if first == last else join([first, last], TO)


def _name_payee(speaker: Speaker, line: Line) -> Text:
    if line.payee is None:
        return PAYEES[Payee(line.payee_kind)]
    named = speaker.provider(line.payee)
    return named if named.zh else PAYEES[Payee.PROVIDER]


def _build_subtotals(speaker: Speaker, lines: Sequence[Line]) -> tuple[Subtotal, ...]:
    """Add up by component and payee; one line needs no sums of its own."""
    groups: dict[tuple[str, str, int | None], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.component, line.payee_kind, line.payee), []).append(line)
    if len(lines) == 1:
        return ()
    return tuple(
        Subtotal(
            speaker.name("component", group[0].component), _name_payee(speaker, group[0]),
            add_up(group),
        )
        for group in groups.values()
    )  # fmt: skip


def _name_all(speaker: Speaker, settlement: Settlement, kind: str) -> Text:
    """Return the names of all schemes, modes or grades of the month's segments, each once."""
    codes = [getattr(line, kind) for line in settlement.lines]
    for step in settlement.steps:
        if step.code in ("segment", "grade"):
            codes += [str(value) for name, value in step.values if name == kind]
    return join([speaker.name(kind, code) for code in dict.fromkeys(codes)])


def _build_days(days: Sequence[DayState]) -> tuple[DayCell, ...]:
    return tuple(
        DayCell(number, DAY_SIGNS.get(state, OTHER_SIGN))
        for number, state in enumerate(days, start=1)
    )


def _build_legend(speaker: Speaker, days: Sequence[DayState]) -> tuple[LegendEntry, ...]:
    """Return an entry for every state of the month, in the order in which they appear."""
    return tuple(
        LegendEntry(
            DAY_SIGNS.get(state, OTHER_SIGN), speaker.say(DAY_STATES[state]), days.count(state)
        )
        for state in dict.fromkeys(days)
    )


def _tell(speaker: Speaker, settlement: Settlement, *, is_ground: bool) -> tuple[Text, ...]:
    """Return the grounds of the amount, or what did not count; amounts and holds stand elsewhere.

    A month of one segment needs no words on it: its mode and scheme stand at the top.
    """
    elsewhere = _AMOUNTS | _HOLDS
    if sum(1 for step in settlement.steps if step.code == "segment") == 1:
        elsewhere |= {GROUNDS["segment"]}
    return tuple(
        speaker.tell(sentence)
        for sentence in build_sentences(settlement)
        if sentence[0] not in elsewhere and (sentence[0] in _GROUNDS) == is_ground
    )


def _build_difference(
    frame: Frame, settlement: Settlement, before: Settlement | None
) -> Difference:
    after = build_month(frame.law, settlement)
    if before is None:
        return Difference(None, after.fund_fen)
    earlier = build_month(frame.law, before)
    return Difference(earlier.fund_fen, after.fund_fen, tell_causes(frame, earlier, after))


def tell_causes(frame: Frame, before: PersonMonth, after: PersonMonth) -> tuple[Cause, ...]:
    """Return why the fund's amount is another than in the month before; the parts add up."""
    changes = split_difference(before, after, is_other_law=is_other_law(frame))
    return tuple(
        Cause(frame.speaker.say(CAUSE_NAMES[change.cause]), change.fund_fen) for change in changes
    )


def is_other_law(frame: Frame) -> bool:
    """Whether another policy is in force than in the month before."""
    return list_policies(frame.law, frame.month.plus(-1)) != list_policies(frame.law, frame.month)
