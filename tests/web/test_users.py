import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ltc import clock
from ltc.rules.access import Role
from ltc.services.passwords import Passwords
from ltc.store.areas import OrganisationKind
from ltc.store.audit_log import AuditEvent
from ltc.store.sealed_cells import Purpose, digest_of
from ltc.store.users import User, UserSession
from tests.support.factories import make_carer, make_organisation, make_provider, make_user
from tests.support.sign_in import send, sign_in_as

CHEAP = Passwords(1, 32)


@pytest.fixture
def admin(session, area):
    return make_user(session, Role.ADMINISTRATOR, sign_in_name="admin")


@pytest.fixture
def page(client, admin):
    client.get("/language/en")
    return sign_in_as(client, admin)


def create(page, admin, **given):
    data = {
        "sign_in_name": "wang", "name": "王小明", "role": "officer",
        "organisation": admin.organisation_id, "district_id": "", **given,
    }  # fmt: skip
    return send(page, "/users/create", data)


def text_of(answer):
    return answer.get_data(as_text=True)


def shown_password(answer):
    return re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){4}", text_of(answer)).group()


def test_a_user_is_created_and_the_password_shown_once(page, admin, session):
    answer = create(page, admin, sign_in_name=" Wang ")
    user = session.scalar(sa.select(User).where(User.sign_in_name == "wang"))
    assert CHEAP.is_right(user.password_hash, shown_password(answer))
    assert user.must_change_password
    assert shown_password(answer) not in text_of(page.get(f"/users/{user.id}"))
    event = session.scalar(sa.select(AuditEvent).where(AuditEvent.action == "user.created"))
    sign_in_name, name = (digest_of(session, text, Purpose.NAME) for text in ("wang", "王小明"))
    assert event.changes == {  # what decides how far the user reaches, and no name
        "sign_in_name": [None, sign_in_name], "name": [None, name], "role": [None, "officer"],
        "organisation": [None, admin.organisation_id], "district_id": [None, None],
        "carer_id": [None, None],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"sign_in_name": "admin"}, "Somebody else signs in as admin"),
        ({"sign_in_name": "王"}, "A sign-in name has 3 to 80 characters"),
        ({"name": ""}, "Enter the name"),
        ({"role": "assessor"}, "does not belong to this kind of organisation"),
        ({"role": "machine"}, "Choose an entry of the list"),
        ({"organisation": "99"}, "No organisation of your area has the name or code “99”"),
        ({"organisation": ""}, "Enter the organisation."),
        ({"role": ""}, "Choose a role."),
        ({"district_id": "99"}, "Choose an entry of the list"),
        ({"carer_code": "C1"}, "There is no such carer"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(page, admin, session, given, text):
    answer = create(page, admin, **given)
    assert answer.status_code == 422
    assert text in text_of(answer)
    assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 1


def test_nothing_is_chosen_before_somebody_chooses(page, admin):
    form = text_of(page.get("/users/create"))
    assert re.search(
        r'<select [^>]*name="role"[^>]*><option value="">Choose a role.</option>', form
    )
    assert "<option selected" not in form.split("district_id")[0]
    assert re.search(r'<input [^>]*list="organisations"[^>]* value="">', form)
    assert '<datalist id="organisations"><option value="医疗保障事务中心"></option>' in form


def test_organisations_of_one_name_are_told_apart_by_their_numbers(page, admin, session):
    other = make_organisation(session)  # of the same name
    refused = text_of(create(page, admin, organisation=other.name))
    assert f"{other.id} {other.name}" in refused
    assert create(page, admin, organisation=f"{other.id} {other.name}").status_code == 200
    assert session.scalar(sa.select(User.organisation_id).where(User.role == Role.OFFICER)) == (
        other.id
    )


def test_a_carer_is_one_of_the_registered(page, admin, session):
    provider = make_provider(session)
    carer = make_carer(session, provider)
    given = {"role": "carer", "organisation": provider.code}
    assert "Say which registered carer" in text_of(create(page, admin, **given))
    assert create(page, admin, **given, carer_code=carer.code).status_code == 200
    assert session.scalar(sa.select(User.carer_id).where(User.role == Role.CARER)) == carer.id


def test_a_carer_of_another_provider_is_refused(page, admin, session):
    carer = make_carer(session, make_provider(session))
    other = make_provider(session)
    given = {"role": "carer", "organisation": other.name, "carer_code": carer.code}
    assert "There is no such carer" in text_of(create(page, admin, **given))


def test_a_reset_ends_sessions_and_the_lock(page, app, session, admin):
    user = make_user(session, organisation_id=admin.organisation_id, failed_attempts=3)
    theirs = sign_in_as(app.test_client(), user)
    assert theirs.get("/").status_code == 200
    answer = send(page, f"/users/{user.id}/reset")
    session.refresh(user)
    assert CHEAP.is_right(user.password_hash, shown_password(answer))
    assert (user.failed_attempts, user.must_change_password) == (0, True)
    assert theirs.get("/").status_code == 302


def test_deactivating_asks_for_a_reason_and_signs_out(page, app, session, admin):
    user = make_user(session, organisation_id=admin.organisation_id)
    theirs = sign_in_as(app.test_client(), user)
    path = f"/users/{user.id}/deactivate"
    assert send(page, path, {"reason": " "}).status_code == 422
    assert send(page, path, {"reason": "left the office"}).location == f"/users/{user.id}"
    assert theirs.get("/").status_code == 302
    query = sa.select(UserSession).where(UserSession.user_id == user.id)
    assert session.scalar(query) is None
    assert "Cannot sign in: deactivated" in text_of(page.get(f"/users/{user.id}"))
    send(page, f"/users/{user.id}/activate")
    assert "Can sign in." in text_of(page.get(f"/users/{user.id}"))


def test_nobody_deactivates_themselves(page, admin, session):
    answer = send(page, f"/users/{admin.id}/deactivate", {"reason": "tired"})
    assert "You cannot do this to yourself" in text_of(answer)
    session.refresh(admin)
    assert admin.active


def test_the_list_is_filtered_and_paged(page, session, admin):
    kind = OrganisationKind.ASSESSING_BODY
    body = make_organisation(session, kind=kind)
    for number in range(60):
        make_user(session, Role.ASSESSOR, sign_in_name=f"as{number:03d}", name=f"评估{number}",
                  organisation_id=body.id, active=number != 7)  # fmt: skip
    first = text_of(page.get("/users"))
    assert "as000" in first
    following = re.search(r'rel="next" href="([^"]+)"', first).group(1).replace("&amp;", "&")
    assert "as059" in text_of(page.get(f"/users{following}"))
    assert "as059" not in first
    assert "as007" in text_of(page.get("/users?state=inactive"))
    assert "as006" not in text_of(page.get("/users?state=inactive"))
    make_user(session, Role.ASSESSOR, sign_in_name="locked", organisation_id=body.id,
              locked_until=clock.now() + timedelta(minutes=9))  # fmt: skip
    make_user(session, Role.ASSESSOR, sign_in_name="as-was", organisation_id=body.id,
              locked_until=clock.now() - timedelta(minutes=9))  # fmt: skip
    locked = text_of(page.get("/users?state=locked"))
    assert "as042" not in locked
    assert "as-was" not in locked
    assert "/users?state=locked" in text_of(page.get("/"))
    assert "as042" in text_of(page.get("/users?q=AS042"))
    assert "as042" not in text_of(page.get("/users?role=officer"))


def test_the_permission_table_names_everything_in_words(page):
    text = text_of(page.get("/access"))
    assert "Show a masked number, with a reason" in text
    assert "see_people" not in text
