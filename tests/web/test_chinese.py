"""Every page speaks Chinese to who reads Chinese: no English sentence is left on any of them."""

import re
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa
import time_machine

from ltc.rules.access import PERMISSIONS, Role
from ltc.store import db
from tests.conftest import NOW
from tests.support.sign_in import sign_in_as
from tests.web.route_examples import values_of

WORD = re.compile(r"[A-Za-z]{4,}")
# A digest, or its beginning: letters between figures are no word of any language.
DIGEST = re.compile(r"(?<![A-Za-z0-9])(?=[a-f]*[0-9])[0-9a-f]{8,}(?![A-Za-z0-9])")
COMMAND = re.compile(r"“?flask [a-z ]+”?|LTC_[A-Z_]+")  # what is typed keeps its name
SPOKEN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label"}
UNSEEN = {"script", "style", "svg", "code", "kbd"}
EMPTY = {"img", "input", "link", "meta", "br", "hr", "path", "rect", "circle", "source", "wbr"}
# Names of formats and products, which stand in Latin letters in Chinese, too.
TERMS = {"XLSX", "SHA", "PICC"}
SAID_BY_US = {"job_runs.message"}  # kept in English, and said in the reader's language


class Reader(HTMLParser):
    """Collects what a page says to eyes and ears, without what it marks as another language."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.hidden: list[bool] = [False]

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        is_code = "ltc-code" in (values.get("class") or "").split()
        is_foreign = (values.get("lang") or "").startswith("en")
        hides = self.hidden[-1] or tag in UNSEEN or is_code or is_foreign
        if not hides:
            self.said += [values[name] or "" for name in SPOKEN_ATTRIBUTES & set(values)]
        if tag not in EMPTY:
            self.hidden.append(hides)

    def handle_endtag(self, tag):
        if tag not in EMPTY and len(self.hidden) > 1:
            self.hidden.pop()

    def handle_data(self, data):
        if not self.hidden[-1]:
            self.said.append(data)


def find_english(page: str, known: set[str]) -> set[str]:
    """Return the Latin words of a page that are neither a term nor somebody's data."""
    reader = Reader()
    reader.feed(page)
    said = [COMMAND.sub("", DIGEST.sub("", text)) for text in reader.said]
    return {word for text in said for word in WORD.findall(text)} - TERMS - known


def words_of_data(session) -> set[str]:
    """Return every Latin word that stands in a text of the database: names, codes, numbers."""
    texts = []
    for table in db.metadata.sorted_tables:
        columns = [
            sa.type_coerce(column, sa.String).label(f"text_{number}")
            for number, column in enumerate(table.columns)
            if isinstance(column.type, sa.String) and str(column) not in SAID_BY_US
        ]
        if columns:
            texts += [str(text) for row in session.execute(sa.select(*columns)) for text in row]
    return {word for text in texts for word in WORD.findall(text)}


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def app(shared_world):
    return shared_world.app


@pytest.fixture
def known(app):
    """Every Latin word that the data bring with them."""
    with app.extensions["ltc"].session_maker() as session:
        return words_of_data(session)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MACHINE])
def test_no_english_is_left_on_a_chinese_page(app, client, shared_world, known, role):
    side = shared_world.areas[0][0]
    sign_in_as(client, side.users[role])
    found = {}
    for path in list_pages(app, side, role):
        answer = client.get(path, headers={"Accept-Language": "zh-CN"})
        if answer.mimetype == "text/html" and answer.status_code < 500:
            found[path] = find_english(answer.text, known | set(WORD.findall(path)))
    assert len(found) > 1
    assert [f"{path}: {sorted(words)}" for path, words in found.items() if words] == []


def list_pages(app, side, role) -> list[str]:
    """Return the addresses that a role may read, filled with the records of its own side."""
    found = []
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], "__access__", None)
        is_open = access in ("public", "signed_in") or access in PERMISSIONS[role]
        if "GET" in (rule.methods or ()) and is_open and rule.endpoint != "shell.language":
            values = values_of(rule.endpoint, set(rule.arguments), side)
            with app.test_request_context():
                found.append(app.url_for(rule.endpoint, **values))
    return sorted(found)


@pytest.mark.parametrize(
    "page",
    ["<p>Nothing is held.</p>", '<input placeholder="Search">', "<p>支付<b>Paid</b></p>"],
)
def test_english_on_a_page_is_seen(page):
    fine = '<p>王小明 <a lang="en">English</a><img src="x"><code>flask upgrade</code></p>'
    assert find_english(fine, set()) == set()
    assert find_english(fine + page, set())
