"""Opens the area of the demonstration: districts, agency, assessing body, providers, carers, users."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Permission
from ltc.rules.imports import ImportKind
from ltc.rules.insured import Sex
from ltc.rules.months import ONE_DAY
from ltc.rules.providers import CarerKind, ProviderKind
from ltc.services.areas import found_organisation, open_area, open_district
from ltc.services.context import Context, Policies
from ltc.services.demo import names, places
from ltc.services.demo.files import Cells, hand_in
from ltc.services.demo.stage import Stage
from ltc.services.demo.stories import SEED, at
from ltc.services.demo.summary import BEGUN
from ltc.services.passwords import Passwords, make_password
from ltc.services.users import create_user
from ltc.store.areas import OrganisationKind
from ltc.store.providers import Carer, Provider
from ltc.store.users import User

OPENED_ON = date(2019, 1, 2)
CERTIFIED_TO = date(2021, 12, 31)
NURSES_PER_PROVIDER = 2
FIRST_CARER = 400  # identity numbers of carers: other running numbers than the insured persons'
CLOSING_KNOWN_ON = date(2019, 11, 8)


def open_stage(session: Session, policies: Policies, folder: Path) -> Stage:
    """Open the area with everything that must be there before anybody can apply."""
    opened_at = at(OPENED_ON, 9)
    zh, en = places.AREA_NAMES
    area = open_area(session, opened_at, policies, code=places.AREA, name_zh=zh, name_en=en)
    stage = Stage(session, policies, area.id)
    ctx = stage.machine(opened_at)
    with ctx.transaction():
        ctx.record(BEGUN, "area", area.id)
    stage.districts = [
        open_district(ctx, code=place.code, name_zh=place.name_zh, name_en=place.name_en).id
        for place in places.DISTRICTS
    ]
    agency = found_organisation(ctx, kind=OrganisationKind.AGENCY, name=places.AGENCY)
    body = found_organisation(ctx, kind=OrganisationKind.ASSESSING_BODY, name=places.ASSESSING_BODY)
    _hand_in_providers(stage, folder)
    _create_users(stage, agency.id, body.id)
    return stage


def close_provider(stage: Stage, folder: Path) -> None:
    """Hand in that the agreement of one provider ends in the middle of November."""
    rows = [_provider(f, is_closing=True) for f in places.FIRMS
            if f.agreed_before == places.CLOSED_BEFORE]  # fmt: skip
    ctx = stage.acting("officer", at(CLOSING_KNOWN_ON, 10))
    hand_in(ctx, folder, ImportKind.PROVIDERS, "agreement-ended", rows)


def give_passwords(ctx: Context, passwords: Passwords) -> dict[str, str]:
    """Give every user of the demonstration a new random password, and return them by user.

    Unlike a reset by the administrator it need not be changed: they are shown to whoever runs the
    demonstration, and to nobody else.
    """
    ctx.require(Permission.MANAGE_USERS)
    given: dict[str, str] = {}
    with ctx.transaction() as session:
        users = session.scalars(sa.select(User).where(User.area_id == ctx.area_id))
        for user in sorted(users, key=lambda user: user.sign_in_name):
            given[user.sign_in_name] = make_password()
            user.password_hash = passwords.hash(given[user.sign_in_name])
            user.must_change_password = False
            user.failed_attempts, user.locked_until = 0, None
            ctx.record("user.password_reset", "user", user.id)
    return given


def _hand_in_providers(stage: Stage, folder: Path) -> None:
    ctx = stage.machine(at(OPENED_ON, 10))
    rows = [_provider(firm, is_closing=False) for firm in places.FIRMS]
    hand_in(ctx, folder, ImportKind.PROVIDERS, "providers", rows)
    hand_in(ctx, folder, ImportKind.CARERS, "carers", list(_list_carers()))
    query = sa.select(Provider.code, Provider.id).where(Provider.area_id == stage.area_id)
    stage.firms = dict(iter(stage.session.execute(query)))


def _provider(firm: places.Firm, *, is_closing: bool) -> Cells:
    ends_before = firm.agreed_before if is_closing else places.AGREED_BEFORE
    return {
        "code": firm.code,
        "name": firm.name,
        "kind": firm.kind.value,
        "district": places.DISTRICTS[firm.district].code,
        "agreement_number": f"XY2019-{firm.code}",
        "agreement_from": places.AGREED_FROM,
        "agreement_to": ends_before - ONE_DAY,
    }


def carer_code(firm: places.Firm, number: int) -> str:
    """Return the code of a provider's carer; ``number`` counts from 1."""
    return f"{firm.code}-C{number:02d}"


def _list_carers() -> Iterator[Cells]:
    random = Random(SEED)  # noqa: S311 - made-up people, the same every time
    for firm in places.FIRMS:
        for number in range(1, places.CARERS_PER_PROVIDER + 1):
            yield _carer(random, firm, number)


def _carer(random: Random, firm: places.Firm, number: int) -> Cells:
    sex = random.choice((Sex.FEMALE, Sex.FEMALE, Sex.FEMALE, Sex.MALE))
    born_on = names.draw_birth(random, OPENED_ON, *names.CARER_AGES)
    if firm.kind is ProviderKind.RESIDENTIAL or number > NURSES_PER_PROVIDER:
        kind = CarerKind.ASSISTANT
    else:
        kind = CarerKind.NURSE
    code = carer_code(firm, number)
    region = places.DISTRICTS[firm.district].code
    return {
        "code": code,
        "provider_code": firm.code,
        "name": names.draw_name(random, sex),
        "kind": kind.value,
        "identity": names.build_identity(region, born_on, FIRST_CARER + number, sex),
        "certificate_number": f"ZS-{code}",
        "certificate_to": CERTIFIED_TO,
        "employed_from": places.AGREED_FROM,
    }


def _create_users(stage: Stage, agency_id: int, body_id: int) -> None:
    """Create the users; the passwords made here are thrown away, ``give_passwords`` makes others."""
    for player in places.PLAYERS:
        carer = _first_carer(stage, player) if player.is_carer else None
        made = create_user(
            stage.machine(at(OPENED_ON, 11)),
            sign_in_name=player.sign_in_name,
            name=carer.name if carer else player.name,
            role=player.role,
            organisation_id=_organisation(stage, player, agency_id, body_id),
            passwords=Passwords(time_cost=1, memory_kib=64),
            district_id=None if player.district is None else stage.districts[player.district],
            carer_id=carer.id if carer else None,
        )
        stage.enter(made.user)


def _organisation(stage: Stage, player: places.Player, agency_id: int, body_id: int) -> int:
    if player.firm is not None:
        return stage.firms[player.firm]
    return body_id if player.is_assessing else agency_id


def _first_carer(stage: Stage, player: places.Player) -> Carer:
    query = sa.select(Carer).where(
        Carer.area_id == stage.area_id, Carer.provider_id == stage.firms[player.firm or ""]
    )
    return stage.session.scalars(query.order_by(Carer.code)).all()[NURSES_PER_PROVIDER]
