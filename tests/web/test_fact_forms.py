"""Forms that change a fact: one of an earlier version leads to what is believed now."""

import pytest

from ltc.store.providers import Provider
from ltc.store.visits import Visit
from tests.support import factories as make
from tests.support.pages import known, read, refused, sent

pytestmark = pytest.mark.usefixtures("november")
CHANGED, WITHDRAWN = "This was changed meanwhile", "This was withdrawn meanwhile"


# A form's address → what makes the record.
FACTS = {
    "/visits/{}": make.make_visit,
    "/stays/beds/{}": lambda session, person, carer: make.make_bed_stay(
        session, person, provider_of(session, carer)
    ),
    "/plans/{}": lambda session, person, carer: make.make_plan(
        session, person, provider_of(session, carer)
    ),
    "/insured/life-events/{}": lambda session, person, _carer: make.make_life_event(
        session, person
    ),
    "/providers/agreements/{}": lambda session, _person, _carer: make.make_agreement(
        session, make.make_provider(session)
    ),
}


def provider_of(session, carer):
    return session.get(Provider, (carer.area_id, carer.provider_id))


def led_to(client, path):
    answer = client.get(path)
    assert answer.status_code == 302, answer.text
    return read(client, answer.location)


@pytest.mark.parametrize("address", FACTS)
def test_the_form_of_something_withdrawn_leads_to_what_stands_there_now(
    officer, session, person, carer, address
):
    path = address.format(FACTS[address](session, person, carer).id)
    assert WITHDRAWN not in sent(officer, f"{path}/withdraw", {"reason": "never was"})
    for verb in ("correct", "withdraw"):
        assert WITHDRAWN in led_to(officer, f"{path}/{verb}")


def test_the_form_of_an_earlier_version_leads_to_the_newest(officer, session, person, carer):
    path = f"/visits/{make.make_visit(session, person, carer).id}"
    opened = officer.get(f"{path}/withdraw")
    assert opened.status_code == 200
    sent(officer, f"{path}/refuse", {"reason": "too short"})
    newest = known(session, Visit)
    assert officer.get(f"{path}/correct").location == f"/visits/{newest.id}"
    page = led_to(officer, f"{path}/correct")
    assert CHANGED in page
    assert f'href="/visits/{newest.id}/correct"' in page
    assert officer.get(f"/visits/{newest.id}/correct").status_code == 200
    # What was being typed meanwhile is kept, and refused where it stands.
    assert "corrected this meanwhile" in refused(officer, f"{path}/withdraw", {"reason": "my text"})
