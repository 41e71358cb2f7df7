"""A list as a file on a disk that is really full: said in a sentence, and no name is left behind."""

import os
import tempfile
from dataclasses import replace

import pytest
import time_machine

from ltc.rules.access import Role
from tests.conftest import NOW
from tests.support.full_disks import mounted, take_room
from tests.support.sign_in import sign_in_as

PAGE_BYTES = 4096  # of which such a disk gives a file at least one
# A workbook begins with a dozen small parts; a list of few rows is one page.
LEFT_BYTES = {"csv": 0, "xlsx": 8 * PAGE_BYTES}
DISK_BYTES = 2 * 1024 * 1024


@pytest.fixture
def home():
    with mounted(DISK_BYTES) as place:
        yield place


@pytest.fixture
def officer(shared_world, home, monkeypatch, tmp_path):
    """An officer's browser of a house whose home is the small disk; other files lie elsewhere."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    app = shared_world.app
    house = app.extensions["ltc"]
    settings = replace(house.settings, home=home)
    monkeypatch.setitem(app.extensions, "ltc", replace(house, settings=settings))
    with time_machine.travel(NOW, tick=False):
        yield sign_in_as(app.test_client(), shared_world.areas[0][0].users[Role.OFFICER])


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_it_says_what_to_do_and_leaves_nothing(officer, home, tmp_path, suffix):
    ballast, scratch = home / "ballast", home / "scratch"
    take_room(ballast)
    os.truncate(ballast, ballast.stat().st_size - LEFT_BYTES[suffix])
    refused = officer.get(f"/insured/people.{suffix}", headers={"Accept-Language": "en"})
    assert refused.status_code == 409
    assert "No space left on device" in refused.text
    assert "Narrow the filter" in refused.text
    assert list(scratch.iterdir()) == list(tmp_path.iterdir()) == []
    ballast.unlink()
    given = officer.get(f"/insured/people.{suffix}")
    assert given.status_code == 200
    assert len(given.data) == given.content_length > 0
    assert list(scratch.iterdir()) == []


def test_what_a_killed_process_left_is_swept_by_the_next_file(officer, home):
    left = home / "scratch" / "tmp_killed"
    left.mkdir(parents=True)
    (left / "tmp1").write_text("王淑珍", "utf-8")
    assert officer.get("/insured/people.xlsx").status_code == 200
    assert not left.exists()
