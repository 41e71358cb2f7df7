"""Sealed columns by table, column and row: what every room does with personal data.

A cell is bound to its table, its column and the id of its row; the digest beside it, by which it
is found again, is bound to a purpose only, so that the same phone can be found on both sides.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from ltc.store.sealing import keys_of, lookup_digest, seal, unseal


class Purpose(StrEnum):
    """What kind of value a digest finds."""

    IDENTITY = "identity"
    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    ACCOUNT = "account"
    FILTER = "filter"
    WORDS = "words"


def seal_cell(session: Session, table: type[Any], column: str, row_id: int, plain: str) -> bytes:
    """Return a text sealed for one cell."""
    return seal(keys_of(session), plain, table=table.__tablename__, column=column, row_id=row_id)


def open_cell(session: Session, row: Any, column: str) -> str | None:
    """Return the text of a row's sealed column, None where it is empty; raises SealBroken."""
    sealed: bytes | None = getattr(row, column)
    if sealed is None:
        return None
    return unseal(
        keys_of(session), sealed, table=type(row).__tablename__, column=column, row_id=row.id
    )


def move_cell(
    session: Session, row: Any, column: str, table: type[Any], row_id: int
) -> bytes | None:
    """Return a row's sealed value sealed anew for another row: it opens only where it was made for.

    None where it is empty; raises SealBroken.
    """
    plain = open_cell(session, row, column)
    return None if plain is None else seal_cell(session, table, column, row_id, plain)


def digest_of(session: Session, plain: str, purpose: Purpose) -> str:
    """Return the keyed digest under which a value is found (64 hex characters)."""
    return lookup_digest(keys_of(session), plain, purpose=purpose)


def digest_words(
    session: Session, words: str | None, purpose: Purpose = Purpose.WORDS
) -> str | None:
    """Return how words that somebody wrote about a person stand in the audit log, None for none.

    The log is kept for good and nobody may change it: it proves what was written, and tells nobody.
    """
    return digest_of(session, words, purpose) if words else None
