import pytest
import sqlalchemy as sa

from ltc.rules.access import Role, RoleLacksPermission
from ltc.services.unmasking import NothingToShow, ReasonTooLong, ReasonTooShort, unmask
from ltc.store.audit_log import AuditEvent
from ltc.store.providers import Carer
from ltc.store.sealed_cells import seal_cell
from tests.support.factories import (
    make_account,
    make_carer,
    make_district,
    make_identity,
    make_person,
    make_provider,
    make_user,
)
from tests.support.sign_in import send, sign_in_as

REASON = "called about the form"


@pytest.fixture
def person(session, area):
    return make_person(session, phone="13800138000", address="钢花路1号")


@pytest.fixture
def officer(make_ctx):
    return make_ctx(role=Role.OFFICER)


def ask(ctx, person, field="phone", reason=REASON, record_type="insured_person"):
    return unmask(ctx, record_type=record_type, field=field, record_id=person.id, reason=reason)


def test_the_value_is_shown_and_the_reason_recorded(officer, person, session):
    assert ask(officer, person) == "13800138000"
    event = session.scalar(sa.select(AuditEvent))
    assert (event.action, event.record_type, event.record_id) == (
        "phone.unmasked", "insured_person", person.id
    )  # fmt: skip
    assert event.changes == {"reason": [None, REASON]}
    assert "13800138000" not in str(event.changes)


def test_an_account_is_shown(officer, person, session):
    account = make_account(session, person, account="6228480000000000019")
    assert ask(officer, account, "account", record_type="account") == "6228480000000000019"


@pytest.mark.parametrize("reason", ["", "why", "     x   "])
def test_without_a_reason_nothing_is_shown(officer, person, session, reason):
    with pytest.raises(ReasonTooShort):
        ask(officer, person, reason=reason)
    assert session.scalar(sa.select(AuditEvent)) is None


def test_a_reason_has_an_end(officer, person):
    with pytest.raises(ReasonTooLong):
        ask(officer, person, reason="x" * 201)


@pytest.mark.parametrize("role", [Role.CARER, Role.PROVIDER_MANAGER, Role.ADMINISTRATOR])
def test_a_role_without_the_right_is_refused(make_ctx, person, role):
    with pytest.raises(RoleLacksPermission):
        ask(make_ctx(role=role), person)


def test_a_person_of_another_district_is_not_there(make_ctx, person, session):
    elsewhere = make_district(session)
    with pytest.raises(NothingToShow):
        ask(make_ctx(role=Role.OFFICER, district_id=elsewhere.id), person)


@pytest.mark.parametrize(
    ("record_type", "field"), [("insured_person", "name"), ("user", "password_hash"), ("x", "y")]
)
def test_nothing_else_can_be_asked_for(officer, person, record_type, field):
    with pytest.raises(NothingToShow):
        ask(officer, person, field, record_type=record_type)


def test_a_value_that_is_not_there_is_not_found(officer, session, area):
    with pytest.raises(NothingToShow):
        ask(officer, make_person(session, phone=None))


IDENTITY = make_identity(7)


@pytest.fixture
def carer(session, area):
    sealed = seal_cell(session, Carer, "identity_sealed", 900, IDENTITY)
    return make_carer(
        session, make_provider(session), id=900, identity_sealed=sealed,
        identity_last4=IDENTITY[-4:],
    )  # fmt: skip


def test_a_carers_number_is_shown(officer, carer):
    assert ask(officer, carer, "identity", record_type="carer") == IDENTITY


def test_the_page_of_a_carer_asks_for_the_reason(client, session, carer):
    browser = sign_in_as(client, make_user(session, Role.OFFICER))
    page = browser.get(f"/providers/carers/{carer.id}").text
    action = f"/unmask/carer/identity/{carer.id}"
    assert f'hx-post="{action}"' in page
    assert IDENTITY not in page
    assert IDENTITY in send(browser, action, {"reason": REASON}).text
