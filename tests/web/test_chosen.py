"""Providers and carers are named by code or name: in filters and forms, however many there are."""

import re

import pytest

from ltc.rules.access import Role
from ltc.store.chosen import OFFERED_ROWS
from ltc.store.payouts import PayoutRun
from ltc.store.plans import CarePlan
from ltc.store.providers import Provider
from tests.support import factories as make
from tests.support.pages import known, refused, sent
from tests.support.sign_in import sign_in_as

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(scope="module")
def run_lines(shared_world):
    """The address of a run's lines, a browser that may see it, and the provider that has lines."""
    side = shared_world.areas[0][0]
    with shared_world.app.extensions["ltc"].session_maker() as session:
        session.info["factories"] = iter(range(70_000, 80_000))
        for number in range(OFFERED_ROWS):
            make.make_provider(session, side.area_id, name=f"Sunny Home {number}")
        session.commit()
    client = sign_in_as(shared_world.app.test_client(), side.users[Role.FINANCE_PREPARER])
    return f"/payouts/{side[PayoutRun].id}/lines", client, side[Provider]


def ask(client, path, provider, status=200):
    response = client.get(path, query_string={"provider": provider}, headers=ENGLISH)
    assert response.status_code == status, response.text
    return re.sub(r"\s+", " ", response.text)


def test_lines_are_narrowed_by_code_by_name_and_by_what_the_field_says(run_lines):
    path, client, provider = run_lines
    told = f"{provider.code} {provider.name}"
    for text in (provider.code, provider.code.lower(), provider.name, told):
        page = ask(client, path, text)
        assert f'name="provider" type="text" value="{told}"' in page
        assert page.count("/people/") == 1
    assert "No line fits" in ask(client, path, "Sunny Home 17")


def test_a_provider_that_is_not_clear_is_refused_at_its_field_and_nothing_is_listed(run_lines):
    path, client, _provider = run_lines
    for text, said in (
        ("Moonlight", "No provider with the code or name “Moonlight” is yours to see."),
        ("Sunny", "The provider is not clear: “Sunny” fits P"),
    ):
        page = ask(client, path, text, 422)
        assert f'<a href="#filter-provider">{said}' in page
        assert 'aria-describedby="filter-provider-error" aria-invalid="true"' in page
        assert f'value="{text}"' in page
        assert "/people/" not in page
        assert "No line fits" not in page
        assert said in ask(client, f"{path}.csv", text, 422)


def test_of_many_that_fit_a_few_are_named(run_lines):
    path, client, _provider = run_lines
    page = ask(client, path, "Sunny", 422)
    (said,) = re.findall(r'<a href="#filter-provider">([^<]*)<', page)
    assert len(re.findall(r"P\d{4,} Sunny Home \d+, ", said)) == 5
    assert said.endswith(", …. Enter the code of the one that you mean.")


def test_a_page_does_not_grow_with_the_providers_of_a_city(run_lines):
    path, client, _provider = run_lines
    assert "Sunny Home" not in ask(client, path, "")


def test_of_a_long_list_those_that_fit_are_asked_for_while_one_writes(run_lines):
    path, client, provider = run_lines
    page = ask(client, path, "")
    asked = re.search(
        r'<datalist id="filter-provider-offered" hx-get="([^"]+)"[^>]*></datalist>', page
    )
    options = client.get(
        asked[1], query_string={"provider": f"{provider.code} {provider.name}"}
    ).text
    assert options.strip() == f'<option value="{provider.code}">{provider.name}</option>'
    assert client.get(asked[1], query_string={"provider": "Sunny"}).text.count("<option") == (
        OFFERED_ROWS
    )
    for nothing in ({}, {"provider": ""}, {"provider": " \0"}):
        assert client.get(asked[1], query_string=nothing).text.strip() == ""


def test_a_form_takes_the_code_or_the_whole_name_and_offers_a_short_list(
    officer, session, person, provider
):
    assert f'<option value="{provider.code}">{provider.name}</option>' in (
        officer.get("/plans/draw-up").text
    )
    other = make.make_provider(session, name=f"{provider.name}二部")
    data = {"person": person.case_number, "mode": "home_visits", "starts_on": "2019-11-01",
            "bonus_choice": ""}  # fmt: skip
    part = provider.name[:2]
    said = refused(officer, "/plans/draw-up", {**data, "provider": part})
    assert f"The provider is not clear: “{part}” fits" in said
    assert f"{other.code} {other.name}" in said
    sent(officer, "/plans/draw-up", {**data, "provider": provider.name})
    assert known(session, CarePlan).provider_id == provider.id
