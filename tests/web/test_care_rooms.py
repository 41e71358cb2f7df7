"""What the rooms of providers, plans, visits and stays have in common."""

import pytest

from ltc.rules.access import Role
from tests.support import factories as make
from tests.support.pages import read, refused, rows_of, sent
from tests.support.sign_in import sign_in_as

pytestmark = pytest.mark.usefixtures("november")


def visit_of(person, carer):
    return {"person": person.case_number, "carer": carer.code, "on": "2019-11-13",
            "begins_time": "09:00", "ends_time": "10:00", "items": ["D01"], "datum": "gcj02",
            "source": "page", "reason": "no signal"}  # fmt: skip


def test_empty_lists_say_how_to_begin(officer):
    assert "No provider is registered yet" in read(officer, "/providers/")
    assert "No carer is registered yet" in read(officer, "/providers/carers")
    assert "No care plan yet" in read(officer, "/plans/")
    assert "No visit is logged yet" in read(officer, "/visits/")
    assert "No stay is recorded yet" in read(officer, "/stays/")
    assert "No fee is recorded yet" in read(officer, "/stays/fees/")


def test_a_manager_works_for_the_own_provider_only(client, session, person, provider, carer):
    make.make_plan(session, person, provider)
    elsewhere = make.make_provider(session, name="别处护理院")
    foreign_carer = make.make_carer(session, elsewhere)
    foreign = make.make_person(session, name="李他")
    make.make_visit(session, foreign, foreign_carer)
    make.make_bed_stay(session, foreign, elsewhere)
    user = make.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)
    sign_in_as(client, user)
    for path in ("/providers/", "/providers/carers", "/plans/", "/visits/", "/stays/"):
        page = read(client, path)
        assert "别处护理院" not in page
        assert "李他" not in page
    assert rows_of(client, "/visits/visits.csv") == []
    assert rows_of(client, "/stays/beds/list.csv") == []
    assert "No carer with the code or name" in refused(
        client, "/visits/log", visit_of(person, foreign_carer)
    )
    assert client.get(f"/providers/{elsewhere.id}").status_code == 404
    assert client.get(f"/providers/{elsewhere.id}/carers/register").status_code == 404
    assert f'value="{provider.code}"' in read(client, "/stays/beds/record")
    sent(client, "/visits/log", visit_of(person, carer))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_opens_in_both_languages(officer, session, person, provider, carer, language):
    plan = make.make_plan(session, person, provider, items={"D01": 2})
    visit = make.make_visit(session, person, carer, items="D01")
    stay, fee = (
        make.make_bed_stay(session, person, provider),
        make.make_fee(session, person, provider),
    )
    paths = [
        f"/providers/{provider.id}", f"/providers/{provider.id}/correct",
        f"/providers/carers/{carer.id}", f"/providers/carers/{carer.id}/correct",
        f"/plans/{plan.id}", f"/plans/{plan.id}/correct", f"/plans/{plan.id}/withdraw",
        f"/visits/{visit.id}", f"/visits/{visit.id}/withdraw", f"/stays/beds/{stay.id}",
        f"/stays/fees/{fee.id}", f"/stays/fees/{fee.id}/correct", "/providers/", "/plans/",
        "/visits/", "/stays/", "/stays/fees/", "/providers/carers",
    ]  # fmt: skip
    for path in paths:
        read(officer, path, language)
