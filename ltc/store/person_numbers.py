"""Finds people by a whole number that lies sealed: identity number, phone, bank account.

Each is asked for by the keyed digest beside it, made as when the number was written. A part of a
number finds nothing, and an account finds somebody only for who may see accounts.
"""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.errors import Invalid
from ltc.rules.insured import ACCOUNT_LENGTHS, IDENTITY_LENGTH, clean_account, clean_phone
from ltc.store.base import known_at
from ltc.store.insured import BankAccount, InsuredPerson
from ltc.store.scope import visible
from ltc.store.sealed_cells import Purpose, digest_of

OWNERS_MAX = 1_000  # of one account: an institution may take what is due to all who live there


def match_whole_number(session: Session, actor: Actor, text: str) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for people who have a number, each served by an index.

    Empty where the text is no whole number: it has other signs, or fewer digits than an account.
    """
    if not may_be_whole_number(text):
        return []
    means: list[sa.ColumnElement[bool]] = []
    if is_identity_number(number := text.upper()):
        digest = digest_of(session, number, Purpose.IDENTITY)
        means.append(InsuredPerson.identity_digest == digest)
    if (phone := _clean(clean_phone, text)) is not None:
        means.append(InsuredPerson.phone_digest == digest_of(session, phone, Purpose.PHONE))
    if (account := _clean(clean_account, text)) is not None:
        means.append(InsuredPerson.id.in_(_list_owners(session, actor, account)))
    return means


def may_be_whole_number(text: str) -> bool:
    """Whether a text has as many digits as the shortest of these numbers."""
    return sum(sign.isdigit() for sign in text) >= ACCOUNT_LENGTHS.start


def is_identity_number(text: str) -> bool:
    """Whether a text has the shape of a whole identity number."""
    return len(text) == IDENTITY_LENGTH and text.isascii() and text[:-1].isdigit()


def _clean(clean: Callable[[str], str], text: str) -> str | None:
    """Return a number as it was written into the table, None where it could not have been."""
    try:
        return clean(text)
    except Invalid:
        return None


def _list_owners(session: Session, actor: Actor, account: str) -> list[int]:
    """Return the ids of the people whose account, as believed now, has a number."""
    digest = digest_of(session, account, Purpose.ACCOUNT)
    query = sa.select(BankAccount.person_id).where(
        BankAccount.account_digest == digest, known_at(BankAccount, None)
    )
    query = visible(query, actor, BankAccount).order_by(BankAccount.person_id).limit(OWNERS_MAX)
    return list(session.scalars(query))
