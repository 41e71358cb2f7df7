"""Users: whoever manages them can neither lock themselves out nor leave nobody behind."""

import threading

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.users import RoleOfWholeArea
from ltc.services.context import Context
from ltc.services.passwords import Passwords
from ltc.services.users import (
    LastAdministrator,
    NotYourself,
    SignInNameTaken,
    UserActive,
    UserInactive,
    activate,
    create_user,
    deactivate,
    reset_password,
)
from ltc.store.audit_log import AuditEvent
from ltc.store.users import User
from tests.support.factories import make_district, make_user

CHEAP = Passwords(1, 32)


@pytest.fixture
def admin(session, area):
    return make_user(session, Role.ADMINISTRATOR, sign_in_name="first")


@pytest.fixture
def desk(admin, make_ctx):
    """The context of the first administrator."""
    return make_ctx(
        role=Role.ADMINISTRATOR, user_id=admin.id, organisation_id=admin.organisation_id
    )


def create(ctx, name, role=Role.ADMINISTRATOR):
    return create_user(
        ctx, sign_in_name=name, name=name, role=role, passwords=CHEAP,
        organisation_id=ctx.actor.organisation_id,
    ).user  # fmt: skip


def count_events(session):
    return session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))


def test_a_name_is_given_once_in_whatever_letters(desk, session):
    create(desk, "second")
    with pytest.raises(SignInNameTaken, match="signs in as second"):
        create(desk, " SECOND ")
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 2


def test_a_second_administrator_can_be_deactivated_and_come_back(desk):
    second = create(desk, "second")
    deactivate(desk, user_id=second.id, reason="leave")
    assert not second.active
    activate(desk, user_id=second.id)
    assert second.active


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_whoever_looks_after_the_whole_area_is_bound_to_no_district(desk, session, role):
    """The events of the audit log are of no district: bound to one, an auditor saw all of them."""
    district = make_district(session)
    session.commit()
    with pytest.raises(RoleOfWholeArea):
        create_user(
            desk, sign_in_name="bound", name="bound", role=role, passwords=CHEAP,
            organisation_id=desk.actor.organisation_id, district_id=district.id,
        )  # fmt: skip


def test_nobody_deactivates_themselves(desk, admin, session):
    with pytest.raises(NotYourself, match="Ask another administrator"):
        deactivate(desk, user_id=admin.id, reason="x")
    session.refresh(admin)
    assert admin.active


def test_what_is_so_already_is_said_and_not_recorded(desk, session):
    second = create(desk, "second")
    with pytest.raises(UserActive):
        activate(desk, user_id=second.id)
    deactivate(desk, user_id=second.id, reason="leave")
    events = count_events(session)
    for change in (
        lambda: deactivate(desk, user_id=second.id, reason="again"),
        lambda: reset_password(desk, user_id=second.id, passwords=CHEAP),
    ):
        with pytest.raises(UserInactive):
            change()
    session.rollback()
    assert count_events(session) == events


def test_the_last_administrator_stays_even_for_the_machine(ctx, admin, session):
    with pytest.raises(LastAdministrator):
        deactivate(ctx, user_id=admin.id, reason="tidying up")
    session.refresh(admin)
    assert admin.active


def test_of_two_who_deactivate_each_other_at_once_one_stays(desk, admin, house, session):
    second = create(desk, "second")
    session.commit()
    start, said = threading.Barrier(2), []

    def remove(who, whom):
        with house.session_maker() as own:
            actor = type(desk.actor)(
                who, "", Role.ADMINISTRATOR, 1, organisation_id=admin.organisation_id
            )
            start.wait()
            try:
                deactivate(
                    Context(own, actor, desk.now, desk.policies), user_id=whom, reason="quarrel"
                )
            except LastAdministrator as problem:
                said.append(problem)

    pairs = ((admin.id, second.id), (second.id, admin.id))
    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    session.expire_all()
    active = session.scalars(sa.select(User.active).order_by(User.id)).all()
    assert (sorted(active), len(said)) == ([False, True], 1)
