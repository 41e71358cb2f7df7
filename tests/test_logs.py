"""What broke is told by its kind and place: the text of an error may be about a person."""

import subprocess
import sys
from dataclasses import replace

import pytest
from gunicorn.config import Config

from ltc import logs
from ltc.commands.serve import ServerLog, build_options
from ltc.factory import create_app
from ltc.rules.months import Month
from ltc.rules.payouts.cases import Case
from ltc.rules.payouts.results import Outcome
from ltc.services import payout_chunks
from ltc.services.failures import find_place
from ltc.store.payout_cases import LoadedCase
from tests.house.sources import ROOT

NAME = "王淑珍"
CASE_NUMBER = "CQ-2019-000123"
PRODUCTION = """
from ltc import logs
logs.configure(as_json=True)
logs.tell_no_texts()
{last}
"""


def fail(*_given):
    raise ValueError(f"no grade for {NAME}")


@pytest.fixture
def said(capfd):
    """What was written so far, of which nothing may name the person."""

    def read():
        written = "".join(capfd.readouterr())
        assert NAME not in written
        assert CASE_NUMBER not in written
        return written

    return read


def test_a_month_that_was_not_settled_names_its_place_and_no_person(monkeypatch, caplog):
    monkeypatch.setattr(payout_chunks, "settle", fail)
    loaded = LoadedCase(77, 1, Case(CASE_NUMBER, Month(2019, 11)))
    settlement = payout_chunks.settle_safely(None, loaded, "run 5, chunk 3")
    assert settlement.outcome is Outcome.HELD
    [record] = caplog.records
    told = record.getMessage()
    assert told.startswith("A month was not settled (run 5, chunk 3): ValueError at test_logs.py:")
    assert "77" not in told
    assert NAME not in caplog.text
    assert CASE_NUMBER not in caplog.text
    assert "Traceback" not in caplog.text


def test_an_error_that_was_never_raised_has_no_place():
    assert find_place(ValueError(NAME)) == ""


def test_an_answer_that_breaks_while_it_is_streamed_is_told_without_its_words(said):
    logs.configure(as_json=True)
    server_log = ServerLog(Config())
    try:
        fail()
    except ValueError:
        server_log.exception("Error handling request %s", f"/insured/?q={NAME}")
    assert '"kind": "ValueError"' in (told := said())
    assert "test_logs.py" in told


def test_the_server_uses_that_log_and_repeats_no_broken_request():
    options = build_options("127.0.0.1", 8000, 2)
    assert options["logger_class"] is ServerLog
    assert options["loglevel"] == "error"


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (f"raise ValueError('{NAME}')", "the process broke"),
        ("import threading\ndef fail(): raise ValueError('" + NAME + "')\n"
         "thread = threading.Thread(target=fail); thread.start(); thread.join()", "a thread broke"),
    ],
)  # fmt: skip
def test_a_process_that_breaks_is_told_without_its_words(last, told):
    ended = subprocess.run(
        [sys.executable, "-c", PRODUCTION.format(last=last)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told in ended.stderr
    assert '"kind": "ValueError"' in ended.stderr
    assert NAME not in ended.stderr


@pytest.mark.parametrize(("environment", "calls"), [("production", 1), ("development", 0)])
def test_only_an_installation_in_production_keeps_texts_back(
    house, monkeypatch, environment, calls
):
    called = []
    monkeypatch.setattr(logs, "tell_no_texts", lambda: called.append(1))
    create_app(house=replace(house, settings=replace(house.settings, environment=environment)))
    assert len(called) == calls
