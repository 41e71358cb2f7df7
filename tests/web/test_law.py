import html
import re
from datetime import date

import pytest
import time_machine
from flask.testing import FlaskClient

from ltc.rules.access import Role
from ltc.rules.policies import Source, Text
from ltc.web.law_words import source_text
from tests.conftest import NOW
from tests.support.factories import make_user
from tests.support.sign_in import sign_in_as

PAGES = [
    "/law",
    "/law/chongqing",
    "/law/qingdao",
    "/law/shanghai?on=2021-02-01",
    "/law/chongqing/changes",
    "/law/instruments/cn-2021",
    "/law/catalogues/shanghai-42",
    "/law/working-days?year=2026",
    "/law/working-days?year=2027",
]


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(client, session, area):
    return sign_in_as(client, make_user(session, Role.AUDITOR))


def read(client: FlaskClient, path: str, language: str = "en") -> str:
    """The words of a page, without its tags."""
    client.get(f"/language/{language}")
    answer = client.get(path)
    assert answer.status_code == 200, path
    text = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))
    return " ".join(html.unescape(text).split())


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_page_opens_in_both_languages(browser, language):
    for path in PAGES:
        assert read(browser, path, language)


def test_what_holds_today_has_value_mark_and_source(browser):
    text = read(browser, "/law/chongqing")
    assert "On 2019-11-14 (Thu) this policy holds: from 2019-01-01 (Tue)" in text
    assert "Home visits by an institution · Rate a day ¥50.00 seen in the text" in text
    report = "Chongqing's report to the municipal congress"
    assert f"{report}, article not found, 2019-11-28 (Thu)" in text
    assert "Day of death is paid yes assumed" in text


def test_a_source_says_what_of_it_was_not_found_and_no_more(app):
    document = Text("文件", "Rules")
    with app.test_request_context(headers={"Accept-Language": "en"}):
        whole = Source(document, "Article 12", date(2021, 11, 10))
        assert source_text(whole) == "Rules, Article 12, 2021-11-10 (Wed)"
        assert source_text(Source(document)) == "Rules, article not found, date not found"


def test_another_day_shows_the_policy_of_that_day(browser):
    text = read(browser, "/law/chongqing?on=2022-05-18")
    assert "Home care by a person of one's choice · Rate a day ¥40.00 seen in the text" in text
    assert "Years that must have been paid in 15 years" in text


def test_worked_cases_show_what_is_said_and_what_is_computed(browser):
    text = read(browser, "/law/chongqing?on=2022-05-18")
    example = "Home visits, January, in hospital from the 10th to the 14th: 26 days"
    assert f"{example} ¥1,300.00 ¥1,300.00 the same" in text
    assert "different" not in text


def test_chinese_pages_use_the_laws_own_words(browser):
    text = read(browser, "/law/qingdao?on=2019-04-01", "zh_CN")
    assert "全人全责（2018年4月起）" in text
    assert "未查到，待录入；录入前相关支付暂缓。" in text


def test_what_is_none_says_what_there_is_none_of(browser):
    text = read(browser, "/law/qingdao?on=2019-04-01")
    assert "without a known end assumed" in text
    assert "no years are asked for assumed" in text
    assert "no share is borne assumed" in text


def test_what_is_not_known_is_said_first(browser):
    text = read(browser, "/law/qingdao")
    assert "Not known: 17." in text
    assert text.index("Care at home · the fees of a month") < text.index("In general")


def test_a_day_without_a_policy_says_so_and_leads_to_the_versions(browser):
    text = read(browser, "/law/chongqing?on=2018-06-01")
    assert "No policy of Chongqing is in force on 2018-06-01 (Fri)." in text
    assert "Benefits of the 2019 pilot" in text


def test_a_law_that_has_ended_shows_its_last_day(client, session, area, frozen):
    frozen.move_to("2026-11-21")
    browser = sign_in_as(client, make_user(session, Role.AUDITOR))
    assert "On 2024-02-29 (Thu) this policy holds" in read(browser, "/law/chongqing")


def test_a_day_that_does_not_exist_is_taken_as_today(browser):
    assert "On 2019-11-14 (Thu)" in read(browser, "/law/chongqing?on=2019-02-30")


def test_the_difference_of_two_days_is_shown_in_colour_and_in_words(browser):
    path = "/law/chongqing/changes?before=2019-11-01&after=2022-11-01"
    text = read(browser, path)
    assert "− before: ¥50.00 + after: ¥40.00 From ¥50.00 to ¥40.00." in text
    assert "Years that must have been paid in + after: 15 years New: 15 years." in text
    page = browser.get(path).get_data(as_text=True)
    assert '<del class="ltc-difference__before">' in page
    assert '<ins class="ltc-difference__after">' in page


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ("before=2019-11-01&after=2020-11-01", "Nothing differs between the two days."),
        ("before=2018-11-01&after=2020-11-01", "On one of the two days no policy is in force"),
    ],
)
def test_days_that_do_not_differ_or_have_no_law_say_so(browser, days, says):
    assert says in read(browser, f"/law/chongqing/changes?{days}")


def test_the_standard_shows_that_its_table_is_not_verified(browser):
    text = read(browser, "/law/instruments/cn-2021")
    assert "The combination table is not verified" in text
    assert "table not verified" in read(browser, "/law")
    assert "医保办发〔2021〕37号" in text
    assert "5 Severe disability III" in text


def test_the_catalogue_shows_nurse_only_items_and_missing_national_codes(browser):
    text = read(browser, "/law/catalogues/shanghai-42", "en")
    assert "42 services." in text
    assert "M02 Tube feeding 20 nurse only to be entered" in text
    assert "D06 Bath or shower not given any carer to be entered" in text


def test_a_year_that_is_not_announced_says_so(browser):
    assert "are not announced yet. Announced up to 2026." in read(
        browser, "/law/working-days?year=2027"
    )
    text = read(browser, "/law/working-days?year=2026")
    assert "2026-02-14 (Sat) worked worked in exchange for a day off" in text


@pytest.mark.parametrize(
    "path",
    ["/law/atlantis", "/law/instruments/x", "/law/catalogues/x", "/law/working-days?year=1"],
)
def test_what_is_not_there_is_not_found(browser, path):
    assert browser.get(path).status_code == 404


def test_the_law_is_not_for_carers(client, session, area):
    browser = sign_in_as(client, make_user(session, Role.CARER))
    assert browser.get("/law").status_code == 403
