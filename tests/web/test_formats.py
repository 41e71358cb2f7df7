from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from ltc.rules.applications import ApplicationStatus
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.words import N_, Word
from ltc.web.formats import from_to, month, spoken
from tests.house.sources import ROOT


@pytest.fixture
def app():
    """An application that only knows languages: no database is asked."""
    app = Flask("formats")
    Babel(app, default_translation_directories=str(ROOT / "translations"))
    return app


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (Month(2019, 12), "December 2019", "2019年12月"),
        (date(2019, 11, 1), "2019-11-01", "2019年11月1日"),
        (datetime(2019, 11, 14, 2, 30, tzinfo=UTC), "2019-11-14 (Thu) 10:30",
         "2019年11月14日（周四） 10:30"),
        (ApplicationStatus.FILED, "Filed", "已申请"),
        (RunStatus.APPROVED, "Approved", "已审批"),
        (Word(N_("checked")), "checked", "复核"),
        ("2019-12", "2019-12", "2019-12"),
        (12, 12, 12),
    ],
)  # fmt: skip
def test_values_of_a_sentence_are_said_in_the_readers_language(app, value, english, chinese):
    with app.test_request_context():
        for locale, said in (("en", english), ("zh_CN", chinese)):
            with force_locale(locale):
                assert spoken(value) == said


def test_a_month_is_written_as_readers_write_it(app):
    with app.test_request_context(), force_locale("zh_CN"):
        assert (month("2019-12"), month(Month(2020, 1)), month(None)) == (
            "2019年12月",
            "2020年1月",
            "–",
        )


@pytest.mark.parametrize(
    ("ends_at", "said"),
    [
        (datetime(2019, 11, 14, 15, 59, tzinfo=UTC), "2019-11-14 (Thu) 21:30 – 23:59"),
        (datetime(2019, 11, 14, 16, 0, tzinfo=UTC),
         "2019-11-14 (Thu) 21:30 – 2019-11-15 (Fri) 00:00"),
    ],
)  # fmt: skip
def test_the_day_of_an_end_is_said_where_it_is_another(app, ends_at, said):
    with app.test_request_context(), force_locale("en"):
        assert from_to(datetime(2019, 11, 14, 13, 30, tzinfo=UTC), ends_at) == said
