"""Statements: what a person or a provider is told in print about an approved month.

Pure: from stored traces to values in both languages, which templates/paper only lays out. Capital
figures (大写) come from a library, so a function that writes them is handed in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ltc.rules.access import ROLE_NAMES, Role
from ltc.rules.months import Month
from ltc.rules.payouts.explain import build_hold_sentences
from ltc.rules.payouts.results import Hold
from ltc.rules.payouts.runs import RunKind
from ltc.rules.policies import Law, NoPolicyInForce, Policy, Source, Standing, Text
from ltc.rules.statement_words import Speaker, find_values, join
from ltc.rules.words import N_


class StatementKind(StrEnum):
    """For whom."""

    PERSON = "person"
    PROVIDER = "provider"


class Failure(StrEnum):
    """Why a statement could not be printed though others could."""

    TOO_LONG = "too_long"
    PROCESS_ENDED = "process_ended"
    ERROR = "error"


FAILURE_NAMES = {
    Failure.TOO_LONG: N_("Printing took too long and was stopped."),
    Failure.PROCESS_ENDED: N_("The printing process ended, for lack of memory perhaps."),
    Failure.ERROR: N_("The program met an error; jobs.log in the home folder has it."),
}
STATEMENT_KIND_NAMES = {
    StatementKind.PERSON: N_("Statement for the person"),
    StatementKind.PROVIDER: N_("Statement for the provider"),
}
STANDING_NAMES = {
    Standing.SEEN: Text("原文载明", "seen in the source"),
    Standing.ASSUMED: Text("暂按", "assumed"),
    Standing.UNKNOWN: Text("待补", "unknown"),
}
NOT_SEALED = Text("尚无封存区块", "no block is sealed yet")
NO_SOURCE = Text("未见原文规定", "No text of the law was found")
RUN_LETTERS = {RunKind.REGULAR: "R", RunKind.CORRECTION: "C"}
DIGEST_SHOWN = 16

Capitals = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest block of an area's audit chain when issuing began: area, number, whole digest."""

    area: str
    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What all statements of a run share; the run is the approved one that they are bound to."""

    speaker: Speaker
    law: Law
    issuer: Text
    month: Month
    issued_on: date
    run_kind: RunKind
    run_sequence: int
    run_digest: str
    approved_on: date
    write_capitals: Capitals
    chain: ChainHead | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """How every statement begins and ends: its number, its month and the run it rests on."""

    number: str
    issuer: Text
    month: Month
    issued_on: date
    run: str  # such as R1, with the beginning of the digest
    approved_on: date
    chain: Text


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts in fen; eligible = fund + assistance + person, the excess comes on top."""

    eligible_fen: int = 0
    fund_fen: int = 0
    assistance_fen: int = 0
    person_fen: int = 0
    excess_fen: int = 0


@dataclass(frozen=True, slots=True)
class HeldItem:
    """What is held, what clears it, and who has to do that."""

    what: Text
    clears: Text
    owner: Text


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Values of the law that come from one source: how sure they are, and what they say."""

    source: Text
    labels: Text
    standing: Text
    is_assumed: bool


@dataclass(frozen=True, slots=True)
class Cause:
    """What one cause changed from the month before, in fen; ``people`` where several are told of."""

    text: Text
    fund_fen: int
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """The fund's amount of the month before, None where none was approved, and what changed it."""

    before_fen: int | None
    after_fen: int
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Objection:
    """Until when one may object; all None where the law of the area does not say it."""

    days: int | None = None
    until_on: date | None = None
    is_assumed: bool = False


def list_policies(law: Law, month: Month) -> tuple[Policy, ...]:
    """Return the policies in force on some day of a month, the latest first."""
    return tuple(
        policy
        for policy in reversed(law.policies)
        if policy.starts_on < month.ends_before
        and (policy.ends_before is None or policy.ends_before > month.starts_on)
    )


def build_number(frame: Frame, kind: StatementKind, code: str) -> str:
    """Return the number of a statement: month, run, and the case number or the provider's code.

    The same run and case always give the same number, and no other ones do.
    """
    run = f"{frame.month.year:04d}{frame.month.number:02d}{_name_run(frame)}"
    return f"{run}-{'P-' if kind is StatementKind.PROVIDER else ''}{code}"


def build_head(frame: Frame, kind: StatementKind, code: str) -> Head:
    """Return the head of a statement."""
    run = f"{_name_run(frame)} · {frame.run_digest[:DIGEST_SHOWN]}"
    number = build_number(frame, kind, code)
    return Head(
        number, frame.issuer, frame.month, frame.issued_on, run, frame.approved_on,
        _name_chain(frame.chain),
    )  # fmt: skip


def _name_chain(chain: ChainHead | None) -> Text:
    """Return the head of the audit chain as it is printed: area, number, beginning of the digest."""
    if chain is None:
        return NOT_SEALED
    text = f"{chain.area} #{chain.number} · {chain.digest[:DIGEST_SHOWN]}"
    return Text(text, text)


def _name_run(frame: Frame) -> str:
    return f"{RUN_LETTERS[frame.run_kind]}{frame.run_sequence}"


def build_held(speaker: Speaker, hold: Hold) -> HeldItem:
    """Return a hold as it is printed."""
    what, clears = (speaker.tell(sentence) for sentence in build_hold_sentences(hold))
    return HeldItem(what, clears, speaker.say(ROLE_NAMES[Role(hold.owner)]))


def build_objection(frame: Frame) -> Objection:
    """Return until when one may object; never a day that the law of the area does not give."""
    try:
        value = frame.law.on(frame.issued_on).settings.get("objection_days")
    except NoPolicyInForce:
        value = None
    if value is None or value.value is None:
        return Objection()
    until_on = frame.issued_on + timedelta(days=value.value)
    return Objection(value.value, until_on, value.standing is Standing.ASSUMED)


def build_sources(frame: Frame, used: Sequence[tuple[str, str]]) -> tuple[SourceLine, ...]:
    """Return the sources of the values used, given as (first day of the policy, key).

    Values of one source and one standing share a line; what is assumed is marked so.
    """
    lines: dict[tuple[Text, Standing], list[Text]] = {}
    for policy in frame.law.policies:
        keys = [key for starts_on, key in used if starts_on == policy.starts_on.isoformat()]
        for value in find_values(policy, keys):
            source = _name_source(value.source)
            label = frame.speaker.label(value.key)
            labels = lines.setdefault((source, value.standing), [])
            if label not in labels:
                labels.append(label)
    return tuple(
        SourceLine(
            source, join(labels, Text("；", "; ")), STANDING_NAMES[standing],
            standing is not Standing.SEEN,
        )
        for (source, standing), labels in lines.items()
    )  # fmt: skip


def _name_source(source: Source | None) -> Text:
    """Return document, article and date of a source, as far as known."""
    if source is None:
        return NO_SOURCE
    ending = "".join(f" {part}" for part in (source.article, source.dated_on) if part)
    return Text(f"{source.document.zh}{ending}", f"{source.document.en}{ending}")
