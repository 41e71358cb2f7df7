"""Showing a sealed value in full: with a right, a reason, and a record of it."""

from typing import Any

import sqlalchemy as sa

from ltc.rules.access import Permission
from ltc.rules.errors import Invalid, NotFound
from ltc.services.context import Context
from ltc.store.insured import BankAccount, InsuredPerson
from ltc.store.providers import Carer
from ltc.store.scope import visible
from ltc.store.sealed_cells import open_cell

REASON_LENGTH_MIN = 5
REASON_LENGTH_MAX = 200

# What may be shown: kind of record → its table, and its fields with their sealed columns.
SEALED: dict[str, tuple[type[Any], dict[str, str]]] = {
    "insured_person": (
        InsuredPerson,
        {"identity": "identity_sealed", "phone": "phone_sealed", "address": "address_sealed"},
    ),
    "account": (BankAccount, {"account": "account_sealed"}),
    "carer": (Carer, {"identity": "identity_sealed", "phone": "phone_sealed"}),
}


class NothingToShow(NotFound):
    """There is no such value, or it is not yours to see."""


class ReasonTooShort(Invalid):
    """Say in at least {least} characters why you need to see it."""


class ReasonTooLong(Invalid):
    """Say it in at most {most} characters."""


def unmask(ctx: Context, *, record_type: str, field: str, record_id: int, reason: str) -> str:
    """Return a sealed value in plain, once the reason is recorded; raises NothingToShow."""
    ctx.require(Permission.UNMASK)
    plain = _open(ctx, record_type, field, record_id)
    reason = reason.strip()
    if len(reason) < REASON_LENGTH_MIN:
        raise ReasonTooShort(field="reason", least=REASON_LENGTH_MIN)
    if len(reason) > REASON_LENGTH_MAX:
        raise ReasonTooLong(field="reason", most=REASON_LENGTH_MAX)
    with ctx.transaction():
        ctx.record(f"{field}.unmasked", record_type, record_id, {"reason": [None, reason]})
    return plain


def _open(ctx: Context, record_type: str, field: str, record_id: int) -> str:
    """Return the value of a record within the actor's sight; raises NothingToShow."""
    table, columns = SEALED.get(record_type, (None, {}))
    if table is None or field not in columns:
        raise NothingToShow()
    query = sa.select(table).where(table.id == record_id)
    row = ctx.session.scalar(visible(query, ctx.actor))
    plain = open_cell(ctx.session, row, columns[field]) if row is not None else None
    if plain is None:
        raise NothingToShow()
    return plain
