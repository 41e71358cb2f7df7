"""Running numbers of an area: unique however many take them at once; gaps may stay."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from ltc.store.base import Base

# Each database has an INSERT of its own that knows what to do about a row that is there.
INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


class NumberSeries(Base):
    """The last number taken of one series, such as the case numbers of 2019."""

    __tablename__ = "number_series"

    area_id: Mapped[int] = mapped_column(sa.Integer, sa.ForeignKey("areas.id"), primary_key=True)
    series: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    last_number: Mapped[int] = mapped_column(sa.BigInteger)


def take_numbers(session: Session, area_id: int, series: str, count: int = 1) -> range:
    """Return so many new numbers of a series, beginning with 1.

    Whoever asks second waits until the first has committed or rolled back.
    """
    insert = INSERTS[session.get_bind().dialect.name](NumberSeries).values(
        area_id=area_id, series=series, last_number=count
    )
    taken = session.scalar(
        insert.on_conflict_do_update(
            index_elements=["area_id", "series"],
            set_={"last_number": NumberSeries.last_number + insert.excluded.last_number},
        ).returning(NumberSeries.last_number)
    )
    last = int(taken or 0)
    return range(last - count + 1, last + 1)
