"""What can be asked about insured persons; every answer is narrowed to what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.errors import NotFound
from ltc.rules.insured import LifeEventKind, SchemeCode
from ltc.store.assessments import Conclusion
from ltc.store.base import known_at
from ltc.store.endings import conclusion_ends_soon
from ltc.store.insured import Assistance, BankAccount, Enrolment, InsuredPerson, LifeEvent
from ltc.store.paging import Page, page
from ltc.store.person_numbers import match_whole_number
from ltc.store.scope import visible
from ltc.store.sealed_cells import Purpose, digest_of
from ltc.store.search import list_candidates
from ltc.store.whole_lists import WholeList

FactOfPerson = TypeVar("FactOfPerson", Enrolment, Assistance, LifeEvent, BankAccount)

LAST4_LENGTH = 4
SORTS: dict[str, tuple[Any, ...]] = {
    "case_number": (InsuredPerson.case_number, InsuredPerson.id),
    "name": (InsuredPerson.name, InsuredPerson.id),
    "born_on": (InsuredPerson.born_on, InsuredPerson.id),
}


class PersonNotFound(NotFound):
    """There is no such person, or the person is not yours to see."""


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What a list of people is narrowed to; empty values narrow nothing.

    ``text`` is part of a name, the beginning of a case number, the last four characters of an
    identity number, or a whole one; or a whole number of a phone or an account. ``ending_on``: whose
    conclusion ends soon on that day.
    """

    text: str = ""
    district_id: int | None = None
    scheme: SchemeCode | None = None
    ending_on: date | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed."""
        return self != PeopleFilter()


def get_person(session: Session, actor: Actor, person_id: int) -> InsuredPerson:
    """Return a person; raises PersonNotFound."""
    query = visible(
        sa.select(InsuredPerson).where(InsuredPerson.id == person_id), actor, InsuredPerson
    )
    person: InsuredPerson | None = session.scalar(query)
    if person is None:
        raise PersonNotFound
    return person


def find_person_by_identity(session: Session, area_id: int, number: str) -> InsuredPerson | None:
    """Return the person with an identity number in the whole area: nobody is registered twice."""
    digest = digest_of(session, number, Purpose.IDENTITY)
    return session.scalar(
        sa.select(InsuredPerson).where(
            InsuredPerson.area_id == area_id, InsuredPerson.identity_digest == digest
        )
    )


def find_taken_case_numbers(
    session: Session, area_id: int, case_numbers: Sequence[str]
) -> set[str]:
    """Return which case numbers the area has given out, whoever may see them."""
    query = sa.select(InsuredPerson.case_number).where(
        InsuredPerson.area_id == area_id, InsuredPerson.case_number.in_(case_numbers)
    )
    return set(session.scalars(query))


def select_people(session: Session, actor: Actor, chosen: PeopleFilter) -> sa.Select[Any]:
    """Return the select of a filtered list, for a page of it or the whole."""
    query = visible(sa.select(InsuredPerson), actor)
    if chosen.text:
        query = query.where(matches_person(session, actor, chosen.text))
    if chosen.district_id is not None:
        query = query.where(InsuredPerson.district_id == chosen.district_id)
    if chosen.scheme is not None:
        query = query.where(_enrolled_in(chosen.scheme))
    if chosen.ending_on is not None:
        concluded = (
            Conclusion.area_id == InsuredPerson.area_id,
            Conclusion.person_id == InsuredPerson.id,
        )
        query = query.where(sa.exists().where(*concluded, conclusion_ends_soon(chosen.ending_on)))
    return query


def list_people(
    session: Session,
    actor: Actor,
    chosen: PeopleFilter,
    order: Sequence[Any],
    cursor: str | None = None,
    *,
    descending: bool = False,
) -> Page[InsuredPerson]:
    """Return a page of people; raises CursorBroken."""
    query = select_people(session, actor, chosen)
    return page(session, query, order, cursor, descending=descending)


def load_people(session: Session, actor: Actor, chosen: PeopleFilter) -> WholeList[InsuredPerson]:
    """Return all people of a filtered list by case number, for a file."""
    return WholeList(session, select_people(session, actor, chosen), InsuredPerson.case_number)


def find_schemes(
    session: Session, area_id: int, ids: Sequence[int] | None
) -> dict[int, SchemeCode]:
    """Return the newest known scheme of each of some people (None: of all) who have one."""
    query = sa.select(Enrolment.person_id, Enrolment.scheme).where(
        Enrolment.area_id == area_id, known_at(Enrolment, None)
    )
    if ids is not None:
        query = query.where(Enrolment.person_id.in_(ids))
    rows = session.execute(query.order_by(Enrolment.starts_on, Enrolment.id))
    return {row.person_id: row.scheme for row in rows}


def find_deaths(session: Session, area_id: int, ids: Sequence[int]) -> set[int]:
    """Return who of some people is known to have died."""
    return set(
        session.scalars(
            sa.select(LifeEvent.person_id).where(
                LifeEvent.area_id == area_id,
                LifeEvent.person_id.in_(ids),
                LifeEvent.kind == LifeEventKind.DEATH,
                known_at(LifeEvent, None),
            )
        )
    )


def list_facts(
    session: Session, actor: Actor, table: type[FactOfPerson], person_id: int
) -> list[FactOfPerson]:
    """Return all versions of a person's facts of one kind, newest days first."""
    query = visible(sa.select(table).where(table.person_id == person_id), actor, table)
    order = (table.starts_on.desc(), table.recorded_at.desc(), table.id.desc())
    return list(session.scalars(query.order_by(*order)))


def list_known_facts(
    session: Session, area_id: int, table: type[FactOfPerson], person_id: int
) -> list[FactOfPerson]:
    """Return what is believed now of a person, in order of days."""
    return list(
        session.scalars(
            sa.select(table)
            .where(table.area_id == area_id, table.person_id == person_id, known_at(table, None))
            .order_by(table.starts_on, table.id)
        )
    )


def matches_person(session: Session, actor: Actor, text: str) -> sa.ColumnElement[bool]:
    """The condition for people whose name or numbers a search text may mean."""
    number = text.upper()
    if means := match_whole_number(session, actor, text):
        return sa.or_(InsuredPerson.case_number.startswith(number, autoescape=True), *means)
    means = [
        InsuredPerson.name.contains(text, autoescape=True),
        InsuredPerson.case_number.startswith(number, autoescape=True),
    ]
    if len(number) == LAST4_LENGTH:
        means.append(InsuredPerson.identity_last4 == number)
    ids = list_candidates(session, actor, text)
    return sa.or_(*means) if ids is None else sa.and_(InsuredPerson.id.in_(ids), sa.or_(*means))


def _enrolled_in(scheme: SchemeCode) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        Enrolment.area_id == InsuredPerson.area_id,
        Enrolment.person_id == InsuredPerson.id,
        Enrolment.scheme == scheme,
        known_at(Enrolment, None),
    )
