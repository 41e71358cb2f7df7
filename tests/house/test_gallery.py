"""The macros of templates/shared: every one renders under StrictUndefined, and says what it must to a screen reader."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.support.gallery import ROOT, make_app


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return make_app().test_client()


def read_page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def list_macros(path: Path) -> list[str]:
    """The public macros of a template file."""
    return re.findall(r"{%-? macro ([a-z]\w*)\(", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("address", ["/", "/?lang=zh_CN", "/?errors=1", "/?flash=1"])
def test_the_gallery_renders(client: FlaskClient, address: str) -> None:
    page = read_page(client, address)
    assert page.count("<h1") == 2  # the title, and the question of the confirm page
    assert "</html>" in page


def test_every_macro_is_in_the_gallery() -> None:
    gallery = (ROOT / "templates/shared/gallery.html").read_text(encoding="utf-8")
    indirect = {"csrf", "once", "query", "shape", "plain_table", "unmasked", "ask_reason"} | {
        "text",
        "password",
        "date",
        "number",
        "money",
        "textarea",
        "select",
        "file",
        "radios",
        "checkboxes",
        "checkbox",
    }
    named = {
        f"{room}.{name}"
        for room in ("forms", "lists", "parts", "charts")
        for name in list_macros(ROOT / f"templates/shared/{room}.html")
        if name not in indirect
    }
    assert sorted(name for name in named if f"{name}(" not in gallery) == []


def test_every_macro_is_described_above_itself() -> None:
    paths = [
        *(ROOT / "templates/shared").glob("*.html"),
        *(ROOT / "templates/paper").glob("*.html"),
    ]
    bare = [
        f"{path.name}: {name}"
        for path in sorted(paths)
        for name in list_macros(path)
        if not re.search(rf"{{#[^#]*\b{name}\(", path.read_text(encoding="utf-8"))
    ]
    assert bare == []


def test_nothing_is_inline(client: FlaskClient) -> None:
    page = read_page(client, "/?errors=1")
    assert re.findall(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)", page) == []


def test_each_label_names_a_field_that_is_there(client: FlaskClient) -> None:
    page = read_page(client, "/?errors=1")
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    targets = re.findall(r'<label[^>]*\sfor="([^"]+)"', page)
    described = " ".join(re.findall(r'aria-describedby="([^"]*)"', page)).split()
    assert [name for name in targets + described if name not in ids] == []


def test_the_error_summary_leads_to_the_fields(client: FlaskClient) -> None:
    page = read_page(client, "/?errors=1")
    summary = page.split('class="govuk-error-summary"')[1].split("</div>")[0]
    links = re.findall(r'href="#([^"]+)"', summary)
    assert links == ["name", "born_on", "scheme", "mode-0", "eat-0"]
    assert all(f'id="{name}"' in page for name in links)
    assert 'aria-invalid="true"' in page


def test_the_month_strip_says_in_words_what_it_shows(client: FlaskClient) -> None:
    page = read_page(client, "/")
    figure = page.split('<figure class="ltc-month">')[1].split("</figure>")[0]
    assert (
        figure.count('class="ltc-day ltc-day--hospital"')
        + figure.count("ltc-day--hospital ltc-day--monday")
        == 5
    )
    table = figure.split("<tbody>")[1]
    assert table.count("in hospital") == 5
    assert table.count("paid") == 26
    assert "26 days" in figure


def test_a_chart_stands_above_the_same_values_as_a_table(client: FlaskClient) -> None:
    page = read_page(client, "/")
    figure = page.split('id="bridge"')[1].split("</figure>")[0]
    assert "−¥32,550.00" in figure.split("<table")[1]


def test_sorting_keeps_the_filter_and_forgets_the_cursor(client: FlaskClient) -> None:
    page = read_page(client, "/?state=held&cursor=abc&endpoint=evil")
    assert 'href="?state=held&amp;endpoint=evil&amp;sort=name&amp;order=ascending"' in page
    assert 'href="?state=held&amp;endpoint=evil&amp;cursor=c2"' in page
