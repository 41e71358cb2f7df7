"""A session that ends in the middle of a form: nothing is done, nothing is lost, nobody else sees it."""

import io
import re
from html import unescape

import pytest
import sqlalchemy as sa
import time_machine

from ltc.http import FORM_TOKEN
from ltc.store.users import UserSession
from tests.conftest import NOW
from tests.support.assessment_cases import look_again
from tests.support.desk import Desk
from tests.support.factories import make_user
from tests.support.sign_in import csrf_token, sign_in_as
from tests.web.form_examples import FORMS

HERE = {"Origin": "http://localhost"}
# Nobody has to be signed in for these, who signs out has nothing to lose, and a search is typed again.
WITHOUT_SESSION = {"search.find", "session.sign_in", "session.sign_out", "verify.check_file"}
KEPT, OF_ANOTHER = "Your form is kept", "This form was begun by somebody else."


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


class Tab:
    """A form that is open in a browser while its session ends."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk, self.sending = desk, desk.fill(FORMS[name])
        self.user = self.sending.user
        self.client = desk.browser(self.user)
        page = self.client.get("/password").text
        self.tokens = {
            "csrf_token": csrf_token(self.client),
            FORM_TOKEN: re.findall(r'name="form_token" value="([\w-]{54})"', page)[-1],
        }

    def end_session(self) -> None:
        look_again(self.desk.session)
        self.desk.session.execute(sa.delete(UserSession))
        self.desk.session.commit()

    def sign_in(self, user) -> None:
        """Sign in as the page does: nothing of the cookie before is left."""
        self.client.delete_cookie("session")
        sign_in_as(self.client, user)

    def send(self):
        return self.client.post(
            self.sending.path, data={**self.tokens, **self.sending.body()}, headers=HERE
        )

    def send_kept(self, page: str):
        """Send the form of the page that keeps it; the file is chosen once more."""
        form = page.split("data-once")[-1].split("</form>")[0]
        data: dict[str, object] = {}
        for found, value in re.findall(
            r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form
        ):
            data.setdefault(found, []).append(unescape(value))  # type: ignore[attr-defined]
        if self.sending.file is not None:
            assert 'type="file"' in form
            data["file"] = (io.BytesIO(self.sending.file), "file.csv")
        return self.client.post(self.sending.path, data=data, headers=HERE)


@pytest.mark.parametrize("name", sorted(set(FORMS) - WITHOUT_SESSION))
def test_a_form_that_comes_too_late_is_kept_for_who_typed_it_alone(desk, processes, name):
    tab = Tab(desk, name)
    tab.end_session()
    before = desk.read()
    late = tab.send()
    assert late.status_code == 400
    assert KEPT in late.text
    assert late.headers["Cache-Control"] == "no-store"
    assert desk.read() == before
    kept = unescape(late.text)
    for field, value in tab.sending.data.items():
        values = value if isinstance(value, list) else [value]
        assert all(("password" in field) != (f'value="{each}"' in kept) for each in values), field

    check_refused_to_another(tab, late.text)
    tab.sign_in(tab.user)
    before = desk.read()
    again = tab.send_kept(late.text)  # from the old tab, whose token is of no session
    assert KEPT in again.text
    assert desk.read() == before
    done = tab.send_kept(again.text)
    if "password" in name:
        assert done.status_code == 422  # to be typed anew: a password is kept nowhere
    else:
        assert done.status_code in (200, 302, 303), done.text
        assert desk.read()["audit_events"] != before["audit_events"]


def check_refused_to_another(tab: Tab, kept: str) -> None:
    """Somebody else signs in at the same browser: the form is neither shown to them nor sent."""
    place = {"organisation_id": tab.user.organisation_id}
    other = make_user(tab.desk.session, tab.user.role, **place)
    tab.sign_in(other)
    before = tab.desk.read()
    answer = tab.send_kept(kept)
    assert answer.status_code == 400
    assert OF_ANOTHER in answer.text
    typed = [str(value) for value in tab.sending.data.values() if len(str(value)) > 3]
    assert not [value for value in typed if value in unescape(answer.text)]
    assert tab.desk.read() == before


def test_a_part_of_a_page_that_comes_too_late_brings_the_whole_page(desk):
    """A script asks: a sign-in page or a kept form inside of the open page would be of no use."""
    tab = Tab(desk, "unmasking.show")
    tab.end_session()
    part = {"HX-Request": "true", "HX-Current-URL": "http://localhost/insured/7?a=1", **HERE}
    late = tab.client.post(tab.sending.path, data={**tab.tokens, **tab.sending.data}, headers=part)
    assert late.headers["HX-Retarget"] == "body"
    assert KEPT in late.text
    asked = tab.client.get("/payouts/jobs/1/progress", headers=part)
    assert asked.status_code == 401
    assert asked.headers["HX-Redirect"] == "/sign-in?next=/insured/7?a%3D1"
