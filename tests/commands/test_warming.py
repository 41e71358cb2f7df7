"""A server that was warmed up has its templates compiled before anybody asks for a page."""

import gc

import pytest

from ltc.commands.warming import warm


@pytest.fixture
def warmed(app):
    warm(app)
    yield app
    gc.unfreeze()


def test_no_page_is_compiled_while_somebody_waits(warmed, client, monkeypatch):
    compiled = []
    monkeypatch.setattr(warmed.jinja_env, "compile", lambda *given, **_: compiled.append(given))
    for language in ("en", "zh-CN"):
        answer = client.get("/sign-in", headers={"Accept-Language": language})
        assert answer.status_code == 200
    assert compiled == []


def test_what_was_read_stays_and_what_is_printed_is_left_alone(warmed):
    assert gc.get_freeze_count() > 0
    names = {name for _loader, name in warmed.jinja_env.cache}
    assert {"base.html", "payouts/show.html"} <= names
    assert not [name for name in names if name.startswith("paper/")]
