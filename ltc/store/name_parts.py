"""Finds people by any part of the name, from an index: no name is read through for it.

Of every name the rest from each of its signs on is kept (王小明, 小明, 明), so a text is part of a name
where one of these begins with it. Whoever writes a person's name writes its parts, too.
"""

from collections.abc import Iterable, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ltc.store.base import Base, area_key
from ltc.store.bulk import insert_tuples
from ltc.store.insured import InsuredPerson

PART_SIGNS = 20  # so much of a rest is kept
LAST_SIGN = "\U0010ffff"  # nothing sorts after it
# SQLite's LIKE takes large letters for small ones: what it would find must be among the candidates.
FOLDED = str.maketrans(ascii_uppercase, ascii_lowercase)
# Both databases understand it.
ADD_PART = sa.text(
    "INSERT INTO name_parts (area_id, part, person_id) VALUES (:area_id, :part, :person_id)"
    " ON CONFLICT DO NOTHING"
)


class NamePart(Base):
    """The rest of a person's name from one of its signs on; in the order of its bytes everywhere."""

    __tablename__ = "name_parts"
    __table_args__ = (area_key("person_id", "insured_persons"), {"sqlite_with_rowid": False})

    area_id: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    part: Mapped[str] = mapped_column(
        sa.String(PART_SIGNS).with_variant(sa.String(PART_SIGNS, collation="C"), "postgresql"),
        primary_key=True,
    )
    person_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)


def split_name(name: str) -> list[str]:
    """Return the parts of a name: each once, and none longer than PART_SIGNS."""
    folded = name.translate(FOLDED)
    return sorted({folded[begin : begin + PART_SIGNS] for begin in range(len(folded))})


def write_name_parts(session: Session, people: Iterable[InsuredPerson]) -> None:
    """Write the parts of the names of people who were sent to the database a moment ago."""
    rows = [(p.area_id, part, p.id) for p in people for part in split_name(p.name)]
    insert_tuples(session, NamePart.__table__, ("area_id", "part", "person_id"), rows)


def replace_name_parts(session: Session, person: InsuredPerson, former_name: str) -> None:
    """Write the parts of a person's new name instead of the former one's."""
    if person.name == former_name:
        return
    session.execute(
        sa.delete(NamePart).where(
            NamePart.area_id == person.area_id, NamePart.person_id == person.id,
            NamePart.part.in_(split_name(former_name)),
        )
    )  # fmt: skip
    write_name_parts(session, [person])


def find_unlisted(session: Session, area_id: int, after_id: int, limit: int) -> list[int]:
    """Return the ids of people whose name, as it is now, has no parts: the first ones after an id.

    The whole name is one of its parts, or its beginning is; and whoever has one has all.
    """
    person = InsuredPerson
    begins = sa.func.substr(_folded(session, person.name), 1, PART_SIGNS)
    is_listed = sa.exists().where(
        NamePart.area_id == person.area_id, NamePart.part == begins, NamePart.person_id == person.id
    )
    unlisted = sa.select(person.id).where(
        person.area_id == area_id, person.id > after_id, person.name != "", ~is_listed
    )
    return list(session.scalars(unlisted.order_by(person.id).limit(limit)))


def add_name_parts(session: Session, area_id: int, ids: Sequence[int]) -> None:
    """Add what is missing of the parts of some people's names, their rows locked meanwhile.

    The parts of a former name may stay: who is found by them is compared with the name itself.
    """
    people = sa.select(InsuredPerson.id, InsuredPerson.name).where(
        InsuredPerson.area_id == area_id, InsuredPerson.id.in_(ids)
    )
    rows = [
        {"area_id": area_id, "part": part, "person_id": person.id}
        for person in session.execute(people.with_for_update())
        for part in split_name(person.name)
    ]
    session.execute(ADD_PART, rows)


def _folded(session: Session, name: Any) -> Any:
    """Return the expression of a name with the letters of ASCII made small, and no others."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.lower(name)
    return sa.func.translate(name, ascii_uppercase, ascii_lowercase)


def select_by_part(area_id: int, text: str) -> sa.Select[Any]:
    """Return the ids of all whose name may have a text in it, some of them twice.

    Nobody is missing; but a long text, and large letters, must be compared with the name itself.
    """
    begins = text.translate(FOLDED)[:PART_SIGNS]
    return sa.select(NamePart.person_id).where(
        NamePart.area_id == area_id, NamePart.part >= begins, NamePart.part < begins + LAST_SIGN
    )
