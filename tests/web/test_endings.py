"""What ends soon is counted on the start page, and the list behind the number shows just that."""

import re
from datetime import date

import pytest

from ltc.rules.access import Role
from tests.support import factories as make
from tests.support.sign_in import sign_in_as

pytestmark = pytest.mark.usefixtures("november")

SOON, LATER, GONE = date(2019, 12, 14), date(2020, 12, 14), date(2019, 11, 1)


@pytest.fixture
def officer(client, session, area):
    return sign_in_as(client, make.make_user(session, Role.OFFICER))


def make_conclusions(session):
    for name, ends in (("soon", SOON), ("later", LATER), ("replaced", SOON)):
        person = make.make_person(session, name=name)
        make.make_conclusion(session, person, valid_before=ends)
        if name == "replaced":
            make.make_conclusion(session, person, concluded_on=GONE, valid_before=LATER)


def make_agreements(session):
    for name, ends in (("soon", SOON), ("later", LATER), ("gone", GONE)):
        make.make_agreement(session, make.make_provider(session, name=name), ends_before=ends)


def make_certificates(session):
    provider = make.make_provider(session)
    for name, ends in (("soon", SOON), ("gone", GONE), ("later", LATER)):
        make.make_carer(session, provider, name=name, certificate_ends_before=ends)
    make.make_carer(session, provider, name="left", certificate_ends_before=SOON, ends_before=GONE)


@pytest.mark.parametrize(
    ("title", "make_some", "listed"),
    [
        ("Conclusions that end within 60 days", make_conclusions, {"soon"}),
        ("Agreements that end within 60 days", make_agreements, {"soon"}),
        ("Certificates that end within 60 days, or have ended", make_certificates, {"soon", "gone"}),
    ],
)  # fmt: skip
def test_the_card_leads_to_as_many_as_it_counts(officer, session, title, make_some, listed):
    make_some(session)
    link, count = find_card(officer.get("/").text, title)
    page = officer.get(link).text
    shown = {name for name in ("soon", "later", "gone", "replaced", "left") if f">{name}" in page}
    assert shown == listed
    assert count == len(listed)


def find_card(page, title):
    """Return where a card leads, and the number on it."""
    found = re.search(
        rf'<a[^>]*href="([^"]+)"[^>]*>\s*{re.escape(title)}.*?>(\d+)<', page, re.DOTALL
    )
    assert found, page
    return found[1].replace("&amp;", "&"), int(found[2])


def test_a_provider_is_not_told_whose_conclusion_ends(client, session, area):
    make_conclusions(session)
    provider = make.make_provider(session)
    make.make_plan(session, make.make_person(session, name="own"), provider)
    sign_in_as(client, make.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id))
    assert ">own" in client.get("/insured/?conclusion=ends").text
