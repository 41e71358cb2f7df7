import pytest

from ltc import clock
from ltc.rules.months import Month
from ltc.services import leases
from ltc.services.payout_start import JOB_KIND, job_key
from tests.support.month import AFTER, make_month


@pytest.fixture
def run(app, session, area):
    make_month(session)
    return lambda *arguments: app.test_cli_runner().invoke(args=["payouts", *arguments])


def test_calculate_says_what_the_month_comes_to(run):
    done = run("calculate", "chongqing", "2019-11")
    assert done.exit_code == 0, done.output
    assert "people 24 = paid 21 + held 2 + zero 1" in done.output
    assert "fund 30,350.00" in done.output
    assert "2019-11 run 1: calculated" in run("show", "chongqing").output


def test_calculating_again_says_that_nothing_changed(run):
    run("calculate", "chongqing", "2019-11")
    again = run("calculate", "chongqing", "2019-11")
    assert again.exit_code == 0
    assert "Nothing has changed since run 1" in again.output


def test_who_comes_second_is_told_since_when_by_the_clock_of_the_area(run, make_ctx, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    ctx, key = make_ctx(now=AFTER), job_key(Month(2019, 11))
    with ctx.bookkeeping():
        lease = leases.acquire(ctx, kind=JOB_KIND, key=key, inputs={"month": "2019-11"}, at=AFTER)
    second = run("calculate", "chongqing", "2019-11")
    assert second.exit_code == 1
    assert "This is already being done, since 2019-12-03 10:00. Wait" in second.output
    leases.show_life(ctx, lease, at=AFTER, done=7, total=24)
    second = run("calculate", "chongqing", "2019-11")
    assert "This is already being done: 7 of 24 since 2019-12-03 10:00. Wait" in second.output


def test_a_dry_run_writes_nothing(run):
    dry = run("calculate", "chongqing", "2019-11", "--dry-run")
    assert "nothing was written" in dry.output
    assert "fund 30,350.00" in dry.output
    assert run("show", "chongqing").output == ""


def test_known_at_takes_only_what_was_recorded_by_then(run):
    early = run("calculate", "chongqing", "2019-11", "--known-at", "2019-01-01")
    assert early.exit_code == 1
    assert "Nobody has a conclusion" in early.output
    assert run("calculate", "chongqing", "2019-11", "--known-at", "2019-01-02").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [("chongqing", "2019-13"), ("nowhere", "2019-11"), ("chongqing", "2999-01"),
     ("chongqing", "2019-11", "--known-at", "yesterday"), ("--job", "1"), ("chongqing",)],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(run, arguments):
    wrong = run("calculate", *arguments)
    assert wrong.exit_code != 0
    assert "Traceback" not in wrong.output
