"""Files that were imported: their digest, what was found, what was done."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from ltc.store.base import AreaKeyed, Base, JsonText, UtcDateTime


class ImportFile(AreaKeyed, Base):
    """One file of one kind (visits, people, …); ``counts`` has new, changed, same, conflict, bad.

    ``problems`` are the first rows in question: row, column, code and values of the sentence, never
    the cell of a personal column. ``done_at`` None: only tried so far.
    """

    __tablename__ = "import_files"
    __table_args__ = (sa.Index(None, "area_id", "kind", "uploaded_at", "id"),)

    kind: Mapped[str] = mapped_column(sa.String(40))
    file_name: Mapped[str] = mapped_column(sa.String(200))
    file_digest: Mapped[str] = mapped_column(sa.String(64))
    organisation_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    counts: Mapped[dict[str, Any]] = mapped_column(JsonText)
    problems: Mapped[list[Any]] = mapped_column(JsonText, default=list)
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
