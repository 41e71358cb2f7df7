"""Two requests at the same moment: one form sent twice, or the same done from two tabs. One counts."""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

import pytest
import time_machine
from flask.testing import FlaskClient

from ltc.services.context import Context
from tests.conftest import NOW
from tests.support.desk import Desk, Sending, press
from tests.web.form_examples import FORMS

DONE, REFUSED, LED_TO_THE_FIRST = {200, 302, 303}, {409, 422}, 303
WAIT_SECONDS = 5  # for the other request to come at all
LOCKED_SECONDS = 0.3  # for one that may be waiting for a lock of the first
SESSIONS = "user_sessions"
# What moves money or people along, and what starts long work.
RISKIEST = [
    "assessments.accept",
    "assessments.conclusions.confirm second",
    "assessments.conclusions.correct",
    "assessments.conclusions.second",
    "assessments.evaluations.complete",
    "imports.carry_out",
    "insured.correct",
    "insured.facts.correct accounts",
    "insured.facts.record accounts",
    "insured.facts.record enrolments",
    "insured.register",
    "jobs.run",
    "payouts.approve",
    "payouts.start",
    "plans.draw_up",
    "providers.record_agreement",
    "statements.issue",
    "statements.issue_all",
    "stays.record fees",
    "users.create",
    "visits.correct",
]
# These may be done twice on purpose: nothing but the form's token knows a second click.
ONE_FORM_ONLY = ["imports.upload", "visits.log"]
# The answers of both tabs are saved, being the same, before the one completes and the other cannot.
BOTH_SAVED = {"assessments.evaluations.complete": {"audit_events", "form_tokens"}}
# Whoever comes second is led to what the first has made.
LEADS_BACK = {"statements.issue"}

Growth = dict[str, int]
Meeting = Callable[[], AbstractContextManager[Growth]]


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module")
def growths(desk: Desk) -> dict[str, Growth]:
    """By how many rows each table grows when a form is sent once, by the form's name."""
    return {}


@pytest.fixture
def meeting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Let two threads enter their first transactions together, and leave them together.

    Both have read and decided before the first writes. At the end one meets the other only where
    no lock holds that one back. Gives the rows of each table before.
    """
    entrance, end = threading.Barrier(2), threading.Barrier(2)
    enter, write, met = Context.transaction, Context._write_events, threading.local()

    def enter_together(ctx: Context) -> AbstractContextManager[object]:
        if not hasattr(met, "entered"):
            met.entered = True
            meet(entrance, WAIT_SECONDS)
        return enter(ctx)

    def write_together(ctx: Context) -> None:
        meet(end, LOCKED_SECONDS)
        write(ctx)

    @contextmanager
    def open_meeting() -> Iterator[Growth]:
        with monkeypatch.context() as patch:
            patch.setattr(Context, "transaction", enter_together)
            patch.setattr(Context, "_write_events", write_together)
            yield desk.count()

    return open_meeting


def meet(barrier: threading.Barrier, seconds: float) -> None:
    with suppress(threading.BrokenBarrierError):
        barrier.wait(seconds)


def growth_of_one(desk: Desk, growths: dict[str, Growth], name: str) -> Growth:
    if name not in growths:
        sending = desk.fill(FORMS[name])
        before = desk.count()
        press(desk.browser(sending.user), sending, secrets.token_urlsafe(24))
        growths[name] = grown(before, desk.count())
    return growths[name]


def grown(before: Growth, after: Growth, left_out: Sequence[str] = ()) -> Growth:
    """Return by how many rows each table has grown; a series of numbers begins with its first."""
    unasked = {SESSIONS, "number_series", *left_out}
    return {
        name: after[name] - before[name]
        for name in after
        if after[name] != before[name] and name not in unasked
    }


def press_together(desk: Desk, sending: Sending, tokens: Sequence[str]) -> list[int]:
    """Send a form from two threads at once, and return the statuses, the lower one first."""
    clients = [desk.browser(sending.user) for _ in tokens]
    statuses: list[int] = []

    def click(client: FlaskClient, token: str) -> None:
        statuses.append(press(client, sending, token).status_code)

    threads = [
        threading.Thread(target=click, args=pair) for pair in zip(clients, tokens, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


@pytest.mark.parametrize("name", RISKIEST + ONE_FORM_ONLY)
def test_of_one_form_sent_twice_one_takes_effect(desk, processes, growths, meeting, name):
    expected = growth_of_one(desk, growths, name)
    sending, begun = desk.fill(FORMS[name]), len(processes)
    token = secrets.token_urlsafe(24)
    with meeting() as before:
        first, second = press_together(desk, sending, [token, token])
    assert grown(before, desk.count()) == expected
    assert first in DONE
    assert second == LED_TO_THE_FIRST
    assert len(processes) - begun <= 1


@pytest.mark.parametrize("name", RISKIEST)
def test_of_two_tabs_one_takes_effect_and_the_other_is_refused(
    desk, processes, growths, meeting, name
):
    left_out = BOTH_SAVED.get(name, ())
    alone = {
        table: rows
        for table, rows in growth_of_one(desk, growths, name).items()
        if table not in left_out
    }
    sending, begun = desk.fill(FORMS[name]), len(processes)
    with meeting() as before:
        first, second = press_together(desk, sending, [secrets.token_urlsafe(24) for _ in range(2)])
    assert grown(before, desk.count(), left_out) == alone
    assert first in DONE
    assert second in (DONE if name in LEADS_BACK else REFUSED)
    assert len(processes) - begun <= 1
