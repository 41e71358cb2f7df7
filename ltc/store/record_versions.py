"""Earlier versions of records that are there once: persons, providers, carers.

The record's own row says what is believed now. Each correction keeps the row as it was, so that
any day's belief can be read again.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.store.insured import InsuredPerson, PersonVersion
from ltc.store.providers import Carer, CarerVersion, Provider, ProviderVersion
from ltc.store.scope import visible

# Where the earlier versions of a table's records stand.
VERSIONS: dict[type[Any], type[Any]] = {
    InsuredPerson: PersonVersion,
    Provider: ProviderVersion,
    Carer: CarerVersion,
}


def list_record_versions(session: Session, actor: Actor, record: Any) -> list[Any]:
    """Return the earlier versions of a record, newest first."""
    table = VERSIONS[type(record)]
    query = visible(sa.select(table).where(table.record_id == record.id), actor, table)
    order = (table.superseded_at.desc(), table.recorded_at.desc(), table.id.desc())
    return list(session.scalars(query.order_by(*order)))


def believed_version(table: Any, record: Any, instant: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that joins a record to the version of it believed at an instant.

    Where there is none, the record's own row was believed then, or the record was not known yet.
    """
    return sa.and_(
        table.area_id == record.area_id,
        table.record_id == record.id,
        table.recorded_at <= instant,
        table.superseded_at > instant,
    )
