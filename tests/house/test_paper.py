"""The printed look: every macro of templates/paper, drawn by WeasyPrint with the vendored fonts only."""

from __future__ import annotations

import io
import re

import pytest
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined
from pypdf import PdfReader

from tests.support.gallery import ROOT, make_days

SAMPLE = """
{% extends "paper/base.html" %}{% import "paper/parts.html" as paper %}
{% block foot %}{{ paper.pair("经办电话", "Telephone") }}{% endblock %}
{% block content %}
{{ paper.facts([{"zh": "参保人", "en": "Insured person", "value": "王䶮、陈㛃、钱𬭼"}]) }}
{{ paper.amount("本月待遇", "Benefit of this month", "¥1,300.00", "壹仟叁佰元整", "31天中26天", "26 of 31 days") }}
{% call paper.section("逐日情况", "Day by day") %}
{{ paper.month_strip(days, [{"state": "paid", "zh": "支付", "en": "paid", "count": 26},
                            {"state": "hospital", "zh": "住院", "en": "in hospital", "count": 5}]) }}
{% endcall %}
{{ paper.lines([{"zh": "项目", "en": "Item"}, {"zh": "金额", "en": "Amount", "numeric": True}],
               [["居家上门护理", "50.00"]] * 40, ["合计", "¥2,000.00"]) }}
{{ paper.bars([{"zh": "基金", "en": "Fund", "value": 900, "text": "9.00"}, {"zh": "个人", "en": "Person", "value": 300, "text": "3.00"}]) }}
{{ paper.bridge([{"zh": "12月", "en": "December", "value": 2000, "text": "20.00", "kind": "total"},
                 {"zh": "住院", "en": "Hospital", "value": -500, "text": "−5.00", "kind": "change"},
                 {"zh": "1月", "en": "January", "value": 1500, "text": "15.00", "kind": "total"}]) }}
{{ paper.box("如有异议，请于三十日内提出。", "You may object within thirty days.") }}
{{ paper.code('<svg viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>', "扫码核对", "Scan to check") }}
{% endblock %}
"""


@pytest.fixture(scope="module")
def page() -> str:
    loader = ChoiceLoader(
        [DictLoader({"sample.html": SAMPLE}), FileSystemLoader(ROOT / "templates")]
    )
    paper = Environment(loader=loader, undefined=StrictUndefined, autoescape=True)
    return paper.get_template("sample.html").render(
        language="zh-CN",
        title_zh="对账单",
        title_en="Statement",
        number="CQ-1",
        issuer_zh="经办机构",
        issuer_en="Agency",
        issued_on="2022-02-10",
        days=make_days(),
    )


@pytest.fixture(scope="module")
def printed(page: str) -> PdfReader:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    css = CSS(filename=str(ROOT / "static/css/paper.css"), font_config=fonts)
    return PdfReader(io.BytesIO(HTML(string=page).write_pdf(stylesheets=[css], font_config=fonts)))


def test_every_paper_macro_is_in_the_sample() -> None:
    text = (ROOT / "templates/paper/parts.html").read_text(encoding="utf-8")
    names = re.findall(r"{%-? macro ([a-z]\w*)\(", text)
    assert [name for name in names if f"paper.{name}(" not in SAMPLE] == []


def test_each_page_says_which_of_how_many_in_both_languages(printed: PdfReader) -> None:
    count = len(printed.pages)
    assert count >= 2
    for number, sheet in enumerate(printed.pages, 1):
        text = " ".join(sheet.extract_text().split())
        assert f"Page {number} of {count}" in text
        assert re.search(rf"第 ?{number} ?页，共 ?{count} ?页", text)


def test_only_the_vendored_fonts_are_used(printed: PdfReader) -> None:
    fonts = {
        str(font.get_object()["/BaseFont"])
        for sheet in printed.pages
        for font in sheet["/Resources"]["/Font"].values()
    }
    assert fonts
    assert [name for name in fonts if "LTC-Paper" not in name] == []


def test_the_second_page_names_the_document_and_its_issuer(printed: PdfReader) -> None:
    text = printed.pages[1].extract_text()
    assert "CQ-1" in text
    assert "经办机构" in text


def test_a_change_hangs_between_the_levels_before_and_after_it(page: str) -> None:
    bars = re.findall(r'<rect x="(\d+)" y="8" width="(\d+)"', page)[2:]  # after the two plain bars
    assert bars == [("0", "1000"), ("750", "250"), ("0", "750")]


def test_each_day_carries_its_sign(page: str) -> None:
    strip = page.split('class="days"')[1].split("</table>")[0]
    assert strip.count("＋") == 5
    assert strip.count("✓") == 26
