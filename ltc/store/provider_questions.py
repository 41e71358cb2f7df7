"""What can be asked about providers and their agreements, narrowed to what the actor may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Actor
from ltc.rules.errors import NotFound
from ltc.rules.months import DayRange
from ltc.rules.providers import ProviderKind
from ltc.store.base import known_at, of_days
from ltc.store.endings import agreement_ends_soon
from ltc.store.paging import Page, page
from ltc.store.providers import Agreement, Provider
from ltc.store.scope import visible
from ltc.store.whole_lists import WholeList

SORTS: dict[str, tuple[Any, ...]] = {
    "code": (Provider.code, Provider.id),
    "name": (Provider.name, Provider.id),
}


class ProviderNotFound(NotFound):
    """There is no such provider, or it is not yours to see."""


@dataclass(frozen=True, slots=True)
class ProviderFilter:
    """What a list of providers is narrowed to.

    ``agreed``: with or without an agreement today; ``ends_soon``: with one that ends soon.
    """

    text: str = ""
    kind: ProviderKind | None = None
    district_id: int | None = None
    agreed: bool | None = None
    ends_soon: bool = False

    @property
    def is_active(self) -> bool:
        """Whether anything is narrowed."""
        return self != ProviderFilter()


def get_provider(session: Session, actor: Actor, provider_id: int) -> Provider:
    """Return a provider; raises ProviderNotFound."""
    query = visible(sa.select(Provider).where(Provider.id == provider_id), actor)
    provider: Provider | None = session.scalar(query)
    if provider is None:
        raise ProviderNotFound
    return provider


def list_providers(
    session: Session,
    actor: Actor,
    chosen: ProviderFilter,
    today: date,
    order: Sequence[Any],
    cursor: str | None = None,
    *,
    descending: bool = False,
) -> Page[Provider]:
    """Return a page of providers; raises CursorBroken."""
    query = select_providers(actor, chosen, today)
    return page(session, query, order, cursor, descending=descending)


def load_providers(
    session: Session, actor: Actor, chosen: ProviderFilter, today: date
) -> WholeList[Provider]:
    """Return all providers of a filtered list by code, for a file."""
    return WholeList(session, select_providers(actor, chosen, today), Provider.code)


def find_providers(
    session: Session, area_id: int, ids: Collection[int | None]
) -> dict[int, Provider]:
    """Return some providers by id, for a name beside what the actor sees."""
    query = sa.select(Provider).where(Provider.area_id == area_id, Provider.id.in_(ids))
    return {provider.id: provider for provider in session.scalars(query)}


def list_agreements(session: Session, area_id: int, provider_id: int) -> list[Agreement]:
    """Return the agreements of a provider that are believed now, newest days first."""
    query = sa.select(Agreement).where(
        Agreement.area_id == area_id,
        Agreement.provider_id == provider_id,
        known_at(Agreement, None),
    )
    return list(session.scalars(query.order_by(Agreement.starts_on.desc(), Agreement.id)))


def list_agreement_versions(session: Session, actor: Actor, provider_id: int) -> list[Agreement]:
    """Return all versions of a provider's agreements, newest days first."""
    query = visible(sa.select(Agreement).where(Agreement.provider_id == provider_id), actor)
    order = (Agreement.starts_on.desc(), Agreement.recorded_at.desc(), Agreement.id.desc())
    return list(session.scalars(query.order_by(*order)))


def list_agreed_days(session: Session, area_id: int, provider_id: int) -> list[DayRange]:
    """Return the days on which a provider may deliver care."""
    return [
        DayRange(row.starts_on, row.ends_before)
        for row in list_agreements(session, area_id, provider_id)
    ]


def find_agreements_on(
    session: Session, area_id: int, ids: Collection[int], day: date
) -> dict[int, Agreement]:
    """Return the agreement on a day of each of some providers that has one."""
    query = sa.select(Agreement).where(
        Agreement.provider_id.in_(ids), _agreed_on(day), Agreement.area_id == area_id
    )
    return {row.provider_id: row for row in session.scalars(query)}


def select_providers(actor: Actor, chosen: ProviderFilter, today: date) -> sa.Select[Any]:
    """Return the select of a filtered list, for a list of only some of them as well."""
    query = visible(sa.select(Provider), actor)
    if chosen.text:
        query = query.where(
            sa.or_(
                Provider.name.contains(chosen.text, autoescape=True),
                Provider.code.startswith(chosen.text.upper(), autoescape=True),
            )
        )
    if chosen.kind is not None:
        query = query.where(Provider.kind == chosen.kind)
    if chosen.district_id is not None:
        query = query.where(Provider.district_id == chosen.district_id)
    if chosen.agreed is not None:
        has_one = _has_agreement(_agreed_on(today))
        query = query.where(has_one if chosen.agreed else ~has_one)
    if chosen.ends_soon:
        query = query.where(_has_agreement(agreement_ends_soon(today)))
    return query


def _has_agreement(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    own = (Agreement.area_id == Provider.area_id, Agreement.provider_id == Provider.id)
    return sa.exists().where(*own, condition)


def _agreed_on(day: date) -> sa.ColumnElement[bool]:
    next_day = date.fromordinal(day.toordinal() + 1)
    return sa.and_(known_at(Agreement, None), of_days(day, next_day, Agreement))
