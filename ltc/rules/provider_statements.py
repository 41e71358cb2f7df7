"""The statement for the provider: its lines of a month person by person, sums, and what is held."""

from collections.abc import Sequence
from dataclasses import dataclass

from ltc.rules.payouts.bridge import CAUSE_NAMES, NOTHING, build_bridge, split_difference
from ltc.rules.payouts.results import Line, Outcome, Settlement
from ltc.rules.person_statements import add_up, is_other_law, name_item
from ltc.rules.policies import Text
from ltc.rules.statement_reasons import build_month, list_used, place_of, tell_lines
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
)


@dataclass(frozen=True, slots=True)
class ProviderSubject:
    """The provider, as printed."""

    id: int
    code: str
    name: str
    credit_code: str
    district: Text


@dataclass(frozen=True, slots=True)
class Client:
    """A person with their month and the one before.

    ``is_only_here``: the whole trace is about this provider, so that it may be told everything.
    """

    case_number: str
    name: str
    settlement: Settlement
    before: Settlement | None
    is_only_here: bool


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A line of the provider with its reasons."""

    case_number: str
    name: str
    item: Text
    days: int
    minutes: int
    sums: Sums
    reasons: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class ClientHold:
    """What is held for a person of the provider."""

    case_number: str
    name: str
    held: HeldItem


@dataclass(frozen=True, slots=True)
class Group:
    """The sums of all lines of one component and mode."""

    item: Text
    people: int
    days: int
    minutes: int
    sums: Sums


@dataclass(frozen=True, slots=True)
class ProviderStatement:
    """All that is printed for a provider."""

    head: Head
    subject: ProviderSubject
    people: int
    sums: Sums
    capitals: str
    groups: tuple[Group, ...]
    lines: tuple[ClientLine, ...]
    holds: tuple[ClientHold, ...]
    difference: Difference
    objection: Objection
    sources: tuple[SourceLine, ...]


def build_provider_statement(
    frame: Frame, subject: ProviderSubject, clients: Sequence[Client], *, has_before: bool
) -> ProviderStatement:
    """Return a provider's statement from the stored traces of its people, in the order given.

    ``has_before``: whether there is an approved month before to compare with.
    """
    lines = [line for client in clients for line in _own_lines(subject, client.settlement)]
    sums = add_up(lines)
    return ProviderStatement(
        head=build_head(frame, StatementKind.PROVIDER, subject.code),
        subject=subject,
        people=sum(1 for client in clients if _own_lines(subject, client.settlement)),
        sums=sums,
        capitals=frame.write_capitals(sums.fund_fen),
        groups=_build_groups(frame, subject, clients),
        lines=tuple(line for client in clients for line in _tell_client(frame, subject, client)),
        holds=tuple(hold for client in clients for hold in _tell_holds(frame, client)),
        difference=_compare(frame, subject, clients, has_before),
        objection=build_objection(frame),
        sources=build_sources(frame, _list_used(subject, clients)),
    )


def _own_lines(subject: ProviderSubject, settlement: Settlement | None) -> list[Line]:
    lines = settlement.lines if settlement else ()
    return [line for line in lines if line.payee == subject.id]


def _tell_client(frame: Frame, subject: ProviderSubject, client: Client) -> list[ClientLine]:
    reasons = tell_lines(client.settlement)
    return [
        ClientLine(
            client.case_number, client.name, name_item(frame.speaker, line), line.days,
            line.minutes, add_up([line]),
            tuple(frame.speaker.tell(sentence) for sentence in reasons.get(place_of(line), ())),
        )
        for line in _own_lines(subject, client.settlement)
    ]  # fmt: skip


def _tell_holds(frame: Frame, client: Client) -> list[ClientHold]:
    """Return what is held, of people who are with this provider alone."""
    if not client.is_only_here or client.settlement.outcome is not Outcome.HELD:
        return []
    return [
        ClientHold(client.case_number, client.name, build_held(frame.speaker, hold))
        for hold in client.settlement.holds
    ]


def _build_groups(
    frame: Frame, subject: ProviderSubject, clients: Sequence[Client]
) -> tuple[Group, ...]:
    groups: dict[tuple[str, str], list[tuple[str, Line]]] = {}
    for client in clients:
        for line in _own_lines(subject, client.settlement):
            groups.setdefault((line.component, line.mode), []).append((client.case_number, line))
    return tuple(
        Group(
            name_item(frame.speaker, members[0][1]),
            len({case_number for case_number, _ in members}),
            sum(line.days for _, line in members),
            sum(line.minutes for _, line in members),
            add_up([line for _, line in members]),
        )
        for _, members in sorted(groups.items())
    )


def _compare(
    frame: Frame, subject: ProviderSubject, clients: Sequence[Client], has_before: bool
) -> Difference:
    """Return the difference from the month before by cause; the parts add up to it."""
    after_fen = sum(line.fund_fen for c in clients for line in _own_lines(subject, c.settlement))
    if not has_before:
        return Difference(None, after_fen)
    before_fen = sum(line.fund_fen for c in clients for line in _own_lines(subject, c.before))
    changes = [
        change
        for client in clients
        for change in split_difference(
            build_month(frame.law, client.before, subject.id) if client.before else NOTHING,
            build_month(frame.law, client.settlement, subject.id),
            is_other_law=is_other_law(frame),
        )
    ]
    causes = tuple(
        Cause(frame.speaker.say(CAUSE_NAMES[span.cause]), span.fund_fen, span.people)
        for span in build_bridge(changes)
    )
    return Difference(before_fen, after_fen, causes)


def _list_used(subject: ProviderSubject, clients: Sequence[Client]) -> list[tuple[str, str]]:
    """Return the values of the law behind the provider's lines, each once."""
    settlements = [c.settlement for c in clients if _own_lines(subject, c.settlement)]
    return list(dict.fromkeys(used for s in settlements for used in list_used(s.steps)))
