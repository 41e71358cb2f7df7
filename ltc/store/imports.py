"""Files that were imported: their digest, what was found, what was done."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ltc.rules.imports import ImportStatus
from ltc.store.base import AreaKeyed, Base, JsonText, UtcDateTime, enum_of


class ImportFile(AreaKeyed, Base):
    """One file of one kind (visits, people, …); ``counts`` has new, changed, same, conflict, bad.

    ``problems`` are the first rows in question: row, column, code and values of the sentence, never
    the cell of a personal column; of a refused file, why. ``columns`` is the header as it was
    given. ``checkpoint`` is where work goes on: ``row``, the last row that is done, and ``bytes``,
    how long the file of rows in question was then. ``done_at`` None: not carried out wholly.
    """

    __tablename__ = "import_files"
    __table_args__ = (sa.Index(None, "area_id", "kind", "uploaded_at", "id"),)

    kind: Mapped[str] = mapped_column(sa.String(40))
    file_name: Mapped[str] = mapped_column(sa.String(200))
    file_digest: Mapped[str] = mapped_column(sa.String(64))
    organisation_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    counts: Mapped[dict[str, Any]] = mapped_column(JsonText)
    problems: Mapped[list[Any]] = mapped_column(JsonText, default=list)
    status: Mapped[ImportStatus] = mapped_column(
        enum_of(ImportStatus), default=ImportStatus.ARRIVED, server_default="tried"
    )
    columns: Mapped[list[Any] | None] = mapped_column(JsonText)
    checkpoint: Mapped[dict[str, Any] | None] = mapped_column(JsonText)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FormToken(Base):
    """A one-time token of a form that changed something: a double click meets it and does nothing.

    ``receipt_path`` is where the first click led, so that the second one ends there too.
    """

    __tablename__ = "form_tokens"
    __table_args__ = (sa.Index(None, "used_at"),)

    token: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    area_id: Mapped[int] = mapped_column(sa.Integer)
    user_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    receipt_path: Mapped[str] = mapped_column(sa.String(300), default="")


def find_form_token(session: Session, token: str) -> FormToken | None:
    """Return a spent token, as it stands in the database now; None while it is unused."""
    return session.scalar(
        sa.select(FormToken)
        .where(FormToken.token == token)
        .execution_options(populate_existing=True)
    )
