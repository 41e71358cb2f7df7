"""Files of people with their enrolment; a person is found again by the identity number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from ltc.rules.errors import Problem
from ltc.rules.imports import (
    CaseNumberDiffers,
    CaseNumberTaken,
    DistrictCodeUnknown,
    ImportKind,
    Outcome,
    RegisteredElsewhere,
    check_order,
    parse_choice,
    parse_day,
    parse_whole,
    shorten,
)
from ltc.rules.insured import (
    CATEGORY_LENGTH_MAX,
    CONTRIBUTION_YEARS_MAX,
    NAME_LENGTH_MAX,
    Identity,
    SchemeCode,
    check_enrolment,
)
from ltc.rules.months import ONE_DAY, DayRange
from ltc.services.context import Context
from ltc.services.csv_files import Row
from ltc.services.identity_numbers import parse_identity
from ltc.services.import_facts import Write, is_same, write_facts
from ltc.services.import_rows import (
    Checked,
    Spec,
    cell,
    check_no_formula,
    need,
    optional,
    optional_text,
    refuse,
)
from ltc.services.insured import (
    Contact,
    build_person,
    clean_contact,
    correct_contact,
    take_case_numbers,
)
from ltc.services.record_versions import lock_records
from ltc.store.bulk import insert_records
from ltc.store.import_lookups import (
    find_districts,
    find_visible_ids,
    load_by_column,
    load_of_people,
)
from ltc.store.insured import Assistance, Enrolment, InsuredPerson
from ltc.store.name_parts import write_name_parts
from ltc.store.sealed_cells import Purpose, digest_of, open_cell

ADDRESS_LENGTH_MAX = 300
CASE_NUMBER_LENGTH_MAX = 30


@dataclass(slots=True)
class PersonWrite:
    """What a row says of a person, and who that is: ``old`` is recorded already, ``new`` not yet."""

    identity: Identity
    case_number: str
    contact: Contact
    assistance: str | None
    enrolment: dict[str, Any]
    old: InsuredPerson | None = None
    new: InsuredPerson | None = None
    old_enrolment: Any = None
    assistances: list[Write] = field(default_factory=list)
    is_contact_same: bool = False
    is_enrolment_same: bool = False

    @property
    def person(self) -> InsuredPerson:
        """Who the row is about, once new people are registered."""
        found = self.old or self.new
        if found is None:
            raise RuntimeError("nobody was registered for this row")
        return found


def check_people(ctx: Context, rows: Sequence[Row]) -> list[Checked]:
    """Check a chunk of people."""
    districts = find_districts(ctx.session, ctx.area_id)
    checked = [_read_row(ctx, row, districts) for row in rows]
    readable = [one for one in checked if one.problem is None]
    known = _Known.load(ctx, [one.write for one in readable], [one.key[0] for one in readable])
    for one in readable:
        try:
            known.compare(ctx, one)
        except Problem as problem:
            refused = refuse(one.row, problem)
            one.outcome, one.problem = refused.outcome, refused.problem
    return checked


def _read_row(ctx: Context, row: Row, districts: Mapping[str, int]) -> Checked:
    if row.problem is not None:
        return refuse(row, row.problem)
    try:
        check_no_formula(row)
        write = _read(ctx, row, districts)
    except Problem as problem:
        return refuse(row, problem)
    digest = digest_of(ctx.session, write.identity.number, Purpose.IDENTITY)
    return Checked(row, Outcome.NEW, None, (digest,), write)


def _read(ctx: Context, row: Row, districts: Mapping[str, int]) -> PersonWrite:
    identity = parse_identity(need(row, "identity"), ctx.today)
    first = parse_day(cell(row, "insured_from"), "insured_from")
    last = optional(row, "insured_to", parse_day)
    check_order(first, last, "insured_to")
    enrolment = {
        "scheme": parse_choice(cell(row, "scheme"), "scheme", SchemeCode),
        "contribution_years": parse_whole(
            cell(row, "contribution_years"), "contribution_years", 0, CONTRIBUTION_YEARS_MAX
        ),
        "topped_up_on": optional(row, "topped_up_on", parse_day),
        "starts_on": first,
        "ends_before": last and last + ONE_DAY,
    }
    contact = clean_contact(
        Contact(
            name=row.values.get("name", ""),
            district_id=_district(ctx, row, districts),
            community=cell(row, "community"),
            phone=cell(row, "phone") or None,
            address=optional_text(row, "address", ADDRESS_LENGTH_MAX) or None,
        )
    )
    case_number = optional_text(row, "case_number", CASE_NUMBER_LENGTH_MAX).upper()
    assistance = optional_text(row, "assistance", CATEGORY_LENGTH_MAX) or None
    return PersonWrite(identity, case_number, contact, assistance, enrolment)


def _district(ctx: Context, row: Row, districts: Mapping[str, int]) -> int:
    """Return the district of a row, by code or name; an officer bound to one has only that."""
    text = need(row, "district", NAME_LENGTH_MAX)
    own = ctx.actor.district_id
    if text not in districts or own not in (None, districts[text]):
        choices = ", ".join(sorted(name for name in districts if own in (None, districts[name])))
        raise DistrictCodeUnknown(field="district", text=shorten(text), choices=choices)
    return districts[text]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is recorded about the people of a chunk."""

    people: Mapping[str, InsuredPerson]
    mine: set[int]
    by_case_number: dict[str, Any]
    enrolments: Mapping[int, list[Any]]
    assistances: Mapping[int, list[Any]]

    @classmethod
    def load(cls, ctx: Context, writes: Sequence[PersonWrite], digests: Sequence[str]) -> "_Known":
        find = partial(load_by_column, ctx.session, ctx.area_id, InsuredPerson)
        people = find("identity_digest", digests)
        ids = [person.id for person in people.values()]
        return cls(
            people,
            find_visible_ids(ctx.session, ctx.actor, InsuredPerson, ids),
            dict(find("case_number", {write.case_number for write in writes if write.case_number})),
            load_of_people(ctx.session, ctx.area_id, Enrolment, ids),
            load_of_people(ctx.session, ctx.area_id, Assistance, ids),
        )

    def compare(self, ctx: Context, one: Checked) -> None:
        """Say whether a person is new, changed or the same; raises what contradicts."""
        write: PersonWrite = one.write
        old = self.people.get(one.key[0])
        self._check_case_number(write, old)
        recorded = self.enrolments.get(old.id, []) if old is not None else []
        days = DayRange(write.enrolment["starts_on"], write.enrolment["ends_before"])
        others = [row for row in recorded if row.starts_on != days.starts_on]
        check_enrolment(
            days,
            write.identity.born_on,
            [DayRange(row.starts_on, row.ends_before) for row in others],
        )
        helped = self.assistances.get(old.id, []) if old is not None else []
        write.assistances = _list_assistances(write.assistance, days.starts_on, helped)
        if old is None:
            return
        write.old = old
        write.old_enrolment = next((row for row in recorded if row not in others), None)
        write.is_contact_same = _is_contact_same(ctx, old, write)
        write.is_enrolment_same = write.old_enrolment is not None and is_same(
            write.enrolment, write.old_enrolment
        )
        is_unchanged = write.is_contact_same and write.is_enrolment_same and not write.assistances
        one.outcome = Outcome.SAME if is_unchanged else Outcome.CHANGED

    def _check_case_number(self, write: PersonWrite, old: InsuredPerson | None) -> None:
        if old is not None and old.id not in self.mine:
            raise RegisteredElsewhere(field="identity")
        if old is not None and write.case_number not in ("", old.case_number):
            raise CaseNumberDiffers(field="case_number", known=old.case_number)
        if old is None and write.case_number:
            holder = self.by_case_number.setdefault(write.case_number, write)
            if holder is not write:
                raise CaseNumberTaken(field="case_number")


def _is_contact_same(ctx: Context, old: InsuredPerson, write: PersonWrite) -> bool:
    """Whether what a row gives is what is recorded; empty cells leave what there is."""
    given, session = write.contact, ctx.session
    phone = given.phone and digest_of(session, given.phone, Purpose.PHONE)
    return (
        (given.name, given.district_id) == (old.name, old.district_id)
        and given.community in ("", old.community)
        and phone in (None, old.phone_digest)
        and given.address in (None, open_cell(session, old, "address_sealed"))
    )


def _list_assistances(category: str | None, first: date, known: Sequence[Any]) -> list[Write]:
    """Return what a row's category changes of the known periods; an empty cell changes nothing.

    It holds from the enrolment's first day for as long as the period that it takes the place of,
    or until the next one. Without person: a new one has no row yet.
    """
    holding = next((p for p in known if first in DayRange(p.starts_on, p.ends_before)), None)
    if category is None or (holding is not None and holding.category == category):
        return []
    if holding is None:
        ends_before = min((p.starts_on for p in known if p.starts_on > first), default=None)
        return [Write(_period(category, first, ends_before), None)]
    if holding.starts_on == first:
        return [Write(_period(category, first, holding.ends_before), holding)]
    return [
        Write(_period(holding.category, holding.starts_on, first), holding),
        Write(_period(category, first, holding.ends_before), None),
    ]


def _period(category: str, starts_on: date, ends_before: date | None) -> dict[str, Any]:
    return {"category": category, "starts_on": starts_on, "ends_before": ends_before}


def _carry_out(ctx: Context, rows: Sequence[Checked], reason: str) -> None:
    """Register new people, correct changed ones, then write enrolments and assistance of all."""
    writes: list[PersonWrite] = [one.write for one in rows]
    _register(ctx, [write for write in writes if write.old is None])
    _correct(ctx, [write for write in writes if not write.is_contact_same], reason)
    enrolments = [
        Write({"person_id": write.person.id, **write.enrolment}, write.old_enrolment)
        for write in writes
        if not write.is_enrolment_same
    ]
    assistances = [
        Write({"person_id": write.person.id, **values}, old)
        for write in writes
        for values, old in write.assistances
    ]
    write_facts(ctx, Enrolment, enrolments, reason)
    write_facts(ctx, Assistance, assistances, reason)


def _register(ctx: Context, writes: Sequence[PersonWrite]) -> None:
    """Register new people; those who bring no case number are given one."""
    unnumbered = [write for write in writes if not write.case_number]
    numbers = take_case_numbers(ctx, len(unnumbered))
    for write, number in zip(unnumbered, numbers, strict=True):
        write.case_number = number
    for write in writes:
        write.new = build_person(ctx, write.identity, write.contact, write.case_number)
    people = [write.person for write in writes]
    insert_records(ctx.session, people)
    write_name_parts(ctx.session, people)


def _correct(ctx: Context, writes: Sequence[PersonWrite], reason: str) -> None:
    """Correct the contact of people; what was before is kept as a version."""
    known = [(write.old, write.contact) for write in writes if write.old is not None]
    lock_records(ctx, InsuredPerson, [person for person, _ in known])
    with ctx.session.no_autoflush:  # what is corrected is sent together, at the end
        for person, given in known:
            kept = given.community or person.community
            contact = Contact(given.name, given.district_id, kept, given.phone, given.address)
            correct_contact(ctx, person, contact, reason)
    ctx.session.flush()


PEOPLE = Spec(
    ImportKind.PEOPLE,
    ("identity", "name", "district", "scheme", "contribution_years", "insured_from"),
    ("case_number", "insured_to", "topped_up_on", "community", "phone", "address", "assistance"),
    check_people,
    _carry_out,
)
