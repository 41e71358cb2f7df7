"""Finds people by any part of the name, from an index: no name is read through for it.

Of every name the rest from each of its signs on is kept (王小明, 小明, 明), so a text is part of a name
where one of these begins with it. Whoever writes a person's name writes its parts, too.
"""

from collections.abc import Iterable
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


def select_by_part(area_id: int, text: str) -> sa.Select[Any]:
    """Return the ids of all whose name may have a text in it, some of them twice.

    Nobody is missing; but a long text, and large letters, must be compared with the name itself.
    """
    begins = text.translate(FOLDED)[:PART_SIGNS]
    return sa.select(NamePart.person_id).where(
        NamePart.area_id == area_id, NamePart.part >= begins, NamePart.part < begins + LAST_SIGN
    )
