"""Mails about jobs, taken by a real server."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ltc import settings
from ltc.jobs.mail import mail_troubles
from ltc.jobs.mail_words import WAITS
from ltc.jobs.proving import MonthNotProven
from ltc.jobs.running import machine_in
from ltc.jobs.scheduling import look
from ltc.jobs.watching import SealingStopped
from ltc.rules.access import Role
from ltc.rules.books import VERDICT_SENTENCES, Verdict
from ltc.rules.errors import Conflict
from ltc.rules.words import Word
from ltc.services import jobs, leases
from ltc.settings import SettingMissing
from ltc.store.job_runs import JobStatus
from ltc.store.words import load_chinese
from tests.conftest import NOW
from tests.support.factories import make_area, make_user
from tests.support.mail_server import mail_server
from tests.support.scheduling import (
    TASK,
    always,
    house_with,
    list_runs,
    look_and_run,
    nightly,
    runner,
)
from tests.support.sign_in import sign_in_as

DAY = timedelta(days=1)


TWO = NOW.replace(hour=18, minute=0)  # 02:00 of the 15th in Chongqing


def rest(_given):
    return {}


class Refused(Conflict):
    """The books differ. Report it."""


@pytest.fixture(autouse=True)
def _clock_of_the_database(monkeypatch):
    monkeypatch.setattr("ltc.jobs.scheduling.read_clock", lambda _session, at: at)


def with_mail(house, url, language="en"):
    to = ("a@example.org", "b@example.org")
    given = replace(house.settings, mail_url=url, mail_to=to, mail_language=language)
    return replace(house_with(house, nightly()), settings=given)


def test_a_failure_is_mailed_once(house, area, monkeypatch):
    def work(given):
        raise Refused()

    with mail_server() as (url, mails), runner(monkeypatch, work):
        house = with_mail(house, url)
        look_and_run(house, NOW)
        for _look in range(4):
            look_and_run(house, TWO)
    (mail,) = mails
    assert mail["To"] == "a@example.org, b@example.org"
    assert mail["Subject"] == "Failed: Check the books, Chongqing"
    assert "The books differ. Report it." in mail.get_content()


def test_a_mail_is_in_the_language_of_the_settings(house, area, monkeypatch):
    def work(given):
        raise MonthNotProven(
            month="2019-11", sequence=1, why=Word(VERDICT_SENTENCES[Verdict.DIFFERS]),
            approved="aa", digest="bb", cases=2,
        )  # fmt: skip

    with mail_server() as (url, mails), runner(monkeypatch, work):
        house = with_mail(house, url, "zh_CN")
        for at in (NOW, TWO, TWO):
            look_and_run(house, at)
    (mail,) = mails
    chinese = load_chinese()
    assert chinese["Check the books"] in mail["Subject"]
    assert "重庆" in mail["Subject"]
    assert chinese[VERDICT_SENTENCES[Verdict.DIFFERS]] in mail.get_content()
    assert "does not come out again" not in mail.get_content()


def test_what_was_not_done_at_its_time_is_mailed_once(house, area, monkeypatch):
    with mail_server() as (url, mails), runner(monkeypatch, rest):
        house = with_mail(house, url)
        look_and_run(house, NOW)
        for _look in range(3):  # 02:00 of the 15th was eight hours ago
            look_and_run(house, NOW + DAY)
    (mail,) = mails
    assert mail["Subject"] == "Not done in time: Check the books, Chongqing"
    assert "was due at 2019-11-15 02:00 and" in mail.get_content()  # by the area's clock


def test_a_mail_that_cannot_be_sent_is_sent_later(house, area, monkeypatch):
    def work(given):
        raise Refused()

    with runner(monkeypatch, work):
        away = with_mail(house, "smtp://127.0.0.1:1")
        look_and_run(away, NOW)
        look_and_run(away, TWO)
        look_and_run(away, TWO)
    with mail_server() as (url, mails), house.session_maker() as session:
        mail_troubles(with_mail(house, url), machine_in(house, session, area, TWO), area)
    assert len(mails) == 1


def test_what_was_planned_in_time_and_never_begins_is_mailed(house, area, monkeypatch):
    with mail_server() as (url, mails), runner(monkeypatch, rest):
        house = with_mail(house, url)
        for at in (NOW, TWO, TWO + DAY / 4):
            look(house, always, lambda at=at: at)
    assert [mail["Subject"] for mail in mails] == ["Not done in time: Check the books, Chongqing"]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_date_that_waits_for_a_persons_run_is_mailed_once(
    house, area, make_ctx, monkeypatch, language
):
    with mail_server() as (url, mails), runner(monkeypatch, rest):
        house = with_mail(house, url, language)
        look(house, always, lambda: NOW)
        ctx = make_ctx(role=Role.ADMINISTRATOR, user_id=1, now=NOW + DAY / 2)
        job = jobs.ask(ctx, kind=TASK, on=NOW.date(), dry_run=False, quiet=DAY)
        for _look in range(2):
            look(house, always, lambda: NOW + DAY)
    (mail,) = mails
    say = load_chinese().get if language == "zh_CN" else lambda _text, english: english
    assert mail["Subject"].startswith(say(WAITS, WAITS).partition("{")[0])
    text = mail.get_content()
    for told in ("2019-11-15 02:00", "2019-11-14 22:30", str(job.id)):
        assert told in text
    assert "flask scheduler" not in text


def test_work_begins_before_mails_and_one_that_fails_is_the_last(house, area, session, monkeypatch):
    happened = []

    def refuse(*_given):
        happened.append("mail")
        raise OSError("no answer")

    def start(_job_id, *, holder):
        happened.append("start")
        return True

    monkeypatch.setattr("ltc.jobs.mail.send", refuse)
    make_area(session)
    with runner(monkeypatch, rest):
        house = with_mail(house, "smtp://127.0.0.1:1")
        look(house, start, lambda: NOW)
        look(house, start, lambda: NOW + DAY)
    assert happened == ["start", "start", "mail"]


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "smtp://host:port", "mail"])
def test_a_bad_address_of_the_server_stops_the_start(environ, url):
    with pytest.raises(SettingMissing, match="LTC_MAIL_URL"):
        settings.load({**environ, "LTC_MAIL_URL": url, "LTC_MAIL_TO": "a@example.org"})


def test_a_language_that_nobody_has_translated_stops_the_start(environ):
    with pytest.raises(SettingMissing, match="LTC_MAIL_LANGUAGE"):
        settings.load({**environ, "LTC_MAIL_LANGUAGE": "fr"})


def test_a_server_without_a_recipient_stops_the_start(environ):
    with pytest.raises(SettingMissing, match="LTC_MAIL_TO"):
        settings.load({**environ, "LTC_MAIL_URL": "smtp://mail"})


def test_what_a_task_was_at_is_not_mailed_beside_the_task(house, area, make_ctx, session):
    def fail(ctx, kind):
        with ctx.bookkeeping() as books:
            lease = leases.acquire(ctx, kind=kind, key=kind, inputs={}, at=NOW)
            leases.end(books, lease, JobStatus.FAILED, at=NOW, message="Put the font back.")

    fail(make_ctx(), "statements")  # by the machine: its task fails, too
    fail(make_ctx(role=Role.FINANCE_PREPARER, user_id=7), "calculate")
    with mail_server() as (url, mails):
        mail_troubles(with_mail(house, url), machine_in(house, session, area, NOW), area)
    assert [mail["Subject"] for mail in mails] == ["Failed: Calculate a month, Chongqing"]


def test_an_instant_is_told_by_the_clock_of_the_area(house, area, monkeypatch, session, client):
    def work(given):
        raise SealingStopped(count=2, since=NOW)

    with mail_server() as (url, mails), runner(monkeypatch, work):
        house = with_mail(house, url)
        for at in (NOW, TWO, TWO):
            look_and_run(house, at)
    (mail,) = mails
    assert "2 events wait for a block since 2019-11-14 10:30:" in mail.get_content()
    (job,) = list_runs(house)
    assert (
        "since 2019-11-14 02:30 UTC:" in job.message
    )  # in the shell, and where nobody reads zones
    sign_in_as(client, make_user(session, Role.ADMINISTRATOR))
    text = client.get(f"/jobs/{job.id}", headers={"Accept-Language": "en"}).text
    assert "since 2019-11-14 (Thu) 10:30:" in text
