"""Insured persons: register, correct; enrolments, life events and accounts follow in their rooms.

Names, numbers and addresses stand in audit events as digests only.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict, Invalid
from ltc.rules.imports import RegisteredElsewhere
from ltc.rules.insured import (
    Identity,
    SchemeCode,
    build_case_number,
    check_enrolment,
    check_years,
    clean_name,
    clean_phone,
    clean_reason,
)
from ltc.rules.months import DayRange
from ltc.services.context import Context
from ltc.services.facts import NothingChanged, record_fact
from ltc.services.identity_numbers import parse_identity
from ltc.services.record_versions import build_version, keep_version, lock_record
from ltc.store.areas import District, get_area
from ltc.store.base import new_id
from ltc.store.insured import Enrolment, InsuredPerson
from ltc.store.insured_questions import (
    find_person_by_identity,
    find_taken_case_numbers,
    get_person,
)
from ltc.store.name_parts import replace_name_parts, write_name_parts
from ltc.store.number_series import take_numbers
from ltc.store.scope import visible
from ltc.store.sealed_cells import Purpose, digest_of, open_cell, seal_cell

ADDRESS_LENGTH_MAX = 300
COMMUNITY_LENGTH_MAX = 100


class AlreadyRegistered(Conflict):
    """Somebody with this identity number is registered already, as {case_number}."""


class DistrictUnknown(Invalid):
    """There is no such district here. Choose one from the list."""


class TextTooLong(Invalid):
    """The text has {count} characters; at most {most} are possible."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What may be corrected of a person; ``phone`` and ``address`` None: left as they are."""

    name: str
    district_id: int
    community: str = ""
    phone: str | None = None
    address: str | None = None


def register(
    ctx: Context,
    *,
    identity: str,
    contact: Contact,
    scheme: SchemeCode,
    contribution_years: int,
    starts_on: date,
) -> InsuredPerson:
    """Register a person with the first enrolment, and return the person.

    Raises what the identity number, the name or the days are refused for, and AlreadyRegistered or
    RegisteredElsewhere.
    """
    ctx.require(Permission.CHANGE_PEOPLE)
    known = parse_identity(identity, ctx.today)
    contact = clean_contact(contact)
    check_years(contribution_years)
    check_enrolment(DayRange(starts_on), known.born_on, ())
    with ctx.transaction() as session:
        check_district(ctx, contact.district_id)
        refuse_known(ctx, known.number)
        person = build_person(ctx, known, contact, take_case_numbers(ctx)[0])
        session.add(person)
        _flush_or_refuse(ctx, known.number)
        write_name_parts(session, [person])
        enrolment = record_fact(
            ctx, Enrolment, person_id=person.id, scheme=scheme,
            contribution_years=contribution_years, starts_on=starts_on,
        )  # fmt: skip
        changes = {
            "case_number": [None, person.case_number],
            "identity": [None, person.identity_digest],
            "district_id": [None, person.district_id],
            "enrolment_id": [None, enrolment.id],
            "scheme": [None, scheme.value],
            "starts_on": [None, starts_on],
            "contribution_years": [None, contribution_years],
        }
        ctx.record("person.registered", "insured_person", person.id, changes)
    return person


def correct_person(ctx: Context, *, person_id: int, contact: Contact, reason: str) -> InsuredPerson:
    """Correct name, district, community, phone or address; raises NothingChanged."""
    ctx.require(Permission.CHANGE_PEOPLE)
    contact, reason = clean_contact(contact), clean_reason(reason)
    with ctx.transaction():
        person = lock_person(ctx, person_id)
        check_district(ctx, contact.district_id)
        if not correct_contact(ctx, person, contact, reason):
            raise NothingChanged
    return person


def correct_contact(
    ctx: Context, person: InsuredPerson, contact: Contact, reason: str
) -> dict[str, list[Any]]:
    """Write a clean contact into a locked person and return what changed; keeps what was before."""
    version = build_version(ctx, person)
    before = describe_person(ctx.session, person)
    apply_contact(ctx.session, person, contact)
    after = describe_person(ctx.session, person)
    changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if changes:
        replace_name_parts(ctx.session, person, version.name)
        keep_version(ctx, person, version, reason)
        ctx.record("person.corrected", "insured_person", person.id, {**changes, "reason": reason})
    return changes


def lock_person(ctx: Context, person_id: int) -> InsuredPerson:
    """Return a person whose facts nobody else changes until the transaction ends."""
    return lock_record(ctx, get_person(ctx.session, ctx.actor, person_id))


def take_case_numbers(ctx: Context, count: int = 1) -> list[str]:
    """Return new case numbers of the area and year, unique however many ask at once.

    Numbers that came with an imported file are left out.
    """
    area, year = get_area(ctx.session, ctx.area_id), ctx.today.year
    free: list[str] = []
    while len(free) < count:
        series = take_numbers(ctx.session, ctx.area_id, f"case:{year}", count - len(free))
        wanted = [build_case_number(area.code, year, number) for number in series]
        taken = find_taken_case_numbers(ctx.session, ctx.area_id, wanted)
        free += [number for number in wanted if number not in taken]
    return free


def clean_contact(contact: Contact) -> Contact:
    """Return a contact in its one form; raises like the fields it has."""
    return Contact(
        name=clean_name(contact.name),
        district_id=contact.district_id,
        community=_clean_text(contact.community, "community", COMMUNITY_LENGTH_MAX),
        phone=contact.phone and clean_phone(contact.phone),
        address=contact.address and _clean_text(contact.address, "address", ADDRESS_LENGTH_MAX),
    )


def check_district(ctx: Context, district_id: int) -> None:
    """Raise DistrictUnknown where the district is not of the area, or not the officer's own."""
    query = visible(sa.select(District.id).where(District.id == district_id), ctx.actor, District)
    own = ctx.actor.district_id
    if ctx.session.scalar(query) is None or own not in (None, district_id):
        raise DistrictUnknown(field="district_id")


def refuse_known(ctx: Context, number: str) -> None:
    """Raise AlreadyRegistered, or RegisteredElsewhere, where the area knows the identity number."""
    known = find_person_by_identity(ctx.session, ctx.area_id, number)
    if known is None:
        return
    mine = sa.select(InsuredPerson.id).where(InsuredPerson.id == known.id)
    if ctx.session.scalar(visible(mine, ctx.actor)) is None:
        raise RegisteredElsewhere(field="identity")
    raise AlreadyRegistered(field="identity", case_number=known.case_number)


def build_person(
    ctx: Context, identity: Identity, contact: Contact, case_number: str
) -> InsuredPerson:
    """Return a new person with sealed identity number, phone and address."""
    person = InsuredPerson(
        area_id=ctx.area_id,
        id=new_id(),
        case_number=case_number,
        sex=identity.sex,
        born_on=identity.born_on,
        identity_digest=digest_of(ctx.session, identity.number, Purpose.IDENTITY),
        identity_last4=identity.number[-4:],
        recorded_at=ctx.learn(),
        recorded_by_id=ctx.actor.user_id,
    )
    person.identity_sealed = seal_cell(
        ctx.session, InsuredPerson, "identity_sealed", person.id, identity.number
    )
    apply_contact(ctx.session, person, contact)
    return person


def apply_contact(session: Session, person: InsuredPerson, contact: Contact) -> None:
    """Write a clean contact into a person; what is None stays."""
    person.name = contact.name
    person.district_id = contact.district_id
    person.community = contact.community
    if contact.phone is not None and contact.phone != open_cell(session, person, "phone_sealed"):
        person.phone_sealed = _seal(session, person, "phone_sealed", contact.phone)
        person.phone_digest = contact.phone and digest_of(session, contact.phone, Purpose.PHONE)
    address = contact.address
    if address is not None and address != open_cell(session, person, "address_sealed"):
        person.address_sealed = _seal(session, person, "address_sealed", address)


def _seal(session: Session, person: InsuredPerson, column: str, plain: str) -> bytes | None:
    return seal_cell(session, InsuredPerson, column, person.id, plain) if plain else None


def describe_person(session: Session, person: InsuredPerson) -> dict[str, str | int | None]:
    """Return a person's fields for the audit event, what is personal as digests."""
    address = open_cell(session, person, "address_sealed")
    return {
        "name": digest_of(session, person.name, Purpose.NAME),
        "district_id": person.district_id,
        "community": person.community,
        "phone": person.phone_digest or None,
        "address": digest_of(session, address, Purpose.ADDRESS) if address else None,
    }


def _clean_text(text: str, field: str, most: int) -> str:
    """Return a text on one line, trimmed; raises TextTooLong."""
    cleaned = " ".join(text.replace("\0", "").split())
    if len(cleaned) > most:
        raise TextTooLong(field=field, count=len(cleaned), most=most)
    return cleaned


def _flush_or_refuse(ctx: Context, number: str) -> None:
    """Send the person; somebody who registered the same one a moment ago is met here."""
    try:
        ctx.session.flush()
    except IntegrityError:
        ctx.session.rollback()
        refuse_known(ctx, number)
        raise
