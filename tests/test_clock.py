"""The clock, and how far a demonstration sets it back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ltc import clock, settings
from ltc.factory import create_app


@pytest.fixture(autouse=True)
def set_right():
    yield
    clock.set_back(0)


def test_a_clock_set_back_by_days_is_that_many_days_behind():
    today = clock.now()
    clock.set_back(10)
    assert timedelta(days=9) < today - clock.now() <= timedelta(days=10)


def test_a_demonstration_keeps_how_far_its_clock_is_set_back(tmp_path):
    environ = {"LTC_ENV": "demo", "LTC_HOME": str(tmp_path)}
    assert settings.load(environ).clock_back_days == 0
    settings.keep_clock_back(tmp_path, 2511)
    assert settings.load(environ).clock_back_days == 2511


def test_only_the_demonstration_reads_what_was_kept(tmp_path):
    settings.keep_clock_back(tmp_path, 2511)
    assert settings.load({"LTC_ENV": "development", "LTC_HOME": str(tmp_path)}).clock_back_days == 0


def test_production_refuses_a_clock_set_back():
    environ = {"LTC_ENV": "production", "LTC_DATABASE_URL": "postgresql://ltc@db/ltc"}
    with pytest.raises(settings.SettingMissing, match="LTC_CLOCK_BACK_DAYS"):
        settings.load({**environ, **settings.make_keys(), "LTC_CLOCK_BACK_DAYS": "1"})


def test_an_application_lives_on_the_day_of_its_settings(tmp_path):
    today = clock.now()
    given = settings.load({"LTC_ENV": "demo", "LTC_HOME": str(tmp_path)})
    create_app(replace(given, clock_back_days=10))
    assert timedelta(days=9) < today - clock.now() <= timedelta(days=10)
