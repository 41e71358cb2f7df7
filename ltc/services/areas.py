"""Areas and organisations: what must be there before anybody can be created."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Permission, build_machine
from ltc.rules.errors import Conflict, Invalid
from ltc.services.context import Context, Policies
from ltc.store.areas import (
    Area,
    District,
    Organisation,
    OrganisationKind,
    list_districts,
    list_organisations,
)
from ltc.store.base import new_id


class AreaTaken(Conflict):
    """There is an area “{code}” already."""


class DistrictTaken(Conflict):
    """There is a district “{code}” already."""


class OrganisationTaken(Conflict):
    """There is an organisation “{name}” already."""


class NameBlank(Invalid):
    """A code and a name have at least one character."""


def open_area(
    session: Session,
    now: datetime,
    policies: Policies,
    *,
    code: str,
    name_zh: str,
    name_en: str,
    time_zone: str = "Asia/Shanghai",
) -> Area:
    """Open an area under the code of its law; raises NoLawOfArea, AreaTaken."""
    policies.of(code)
    if session.scalar(sa.select(Area.id).where(Area.code == code)) is not None:
        raise AreaTaken(code=code)
    number = (session.scalar(sa.select(sa.func.max(Area.id))) or 0) + 1
    area = Area(
        id=number,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        time_zone=time_zone,
        policy_area=code,
    )
    actor = build_machine(number, "shell")
    ctx = Context(session, actor, now, policies, time_zone)
    with ctx.transaction():
        session.add(area)
        ctx.record("area.opened", "area", number, {"code": [None, code]})
    return area


def found_organisation(
    ctx: Context, *, kind: OrganisationKind, name: str, district_id: int | None = None
) -> Organisation:
    """Record an agency or an assessing body; a provider's organisation comes with the provider.

    Raises NameBlank, OrganisationTaken.
    """
    ctx.require(Permission.MANAGE_USERS)
    _check_named(name)
    organisation = Organisation(
        area_id=ctx.area_id, id=new_id(), kind=kind, name=name, district_id=district_id
    )
    with ctx.transaction() as session:
        if name in {known.name for known in list_organisations(session, ctx.area_id)}:
            raise OrganisationTaken(name=name)
        session.add(organisation)
        changes = {"kind": [None, kind], "name": [None, name]}
        ctx.record("organisation.founded", "organisation", organisation.id, changes)
    return organisation


def open_district(ctx: Context, *, code: str, name_zh: str, name_en: str) -> District:
    """Add a district to the area; raises NameBlank, DistrictTaken."""
    ctx.require(Permission.MANAGE_USERS)
    _check_named(code, name_zh, name_en)
    district = District(
        area_id=ctx.area_id, id=new_id(), code=code, name_zh=name_zh, name_en=name_en
    )
    with ctx.transaction() as session:
        if code in {known.code for known in list_districts(session, ctx.area_id)}:
            raise DistrictTaken(code=code)
        session.add(district)
        ctx.record("district.opened", "district", district.id, {"code": [None, code]})
    return district


def _check_named(*texts: str) -> None:
    if not all(text.strip() for text in texts):
        raise NameBlank()
