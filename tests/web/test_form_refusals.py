"""What a form answers where a field is empty or nonsense: which field, how to mend it, nothing lost.

Every form of ``form_examples.py`` is sent with each of its fields in turn emptied and filled with
nonsense. SQLite alone: what is tried is the page.
"""

import ast
import re
import secrets
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import flask_wtf
import pytest
import time_machine
import wtforms

from ltc.web.forms.base import SENTENCES
from tests.conftest import NOW
from tests.support.desk import press
from tests.web.form_examples import FORMS

PLACES = re.compile(r"(?:%\(|\{)(\w+)")
NONSENSE = "?" * 5_000
TYPED = {"text", "date", "time", "month", "number", "datetime-local", "password"}
SAID_BY_LIBRARY = {"Invalid CSRF Token.", "CSRF token missing.", "CSRF failed.", "CSRF token expired."}  # fmt: skip
MISUSE = {"Choices cannot be None.", "Invalid field name '%s'."}  # of the library, by a programmer
# Its answers are sent one by one by a script, which keeps them: tried in test_evaluations.py.
TRIED_ELSEWHERE = {"assessments.evaluations.save"}
# Where a form stands that is sent to another address; the last has no page before it was sent.
PAGES = {"payouts.start": "/payouts/", "unmasking.show": None}


# These have no field: they are a button, or ask for a file alone.
WITHOUT_FIELDS = {
    "assessments.accept", "assessments.conclusions.second", "assessments.evaluations.complete", "assessments.evaluations.start",
    "imports.cancel", "imports.carry_out", "imports.discard", "imports.go_on", "jobs.cancel",
    "jobs.run", "payouts.approve", "payouts.cancel", "payouts.check", "search.find", "session.sign_out",
    "statements.cancel", "statements.issue", "statements.issue_all",
    "statements.issue_of_provider", "statements.issue_provider", "users.activate", "users.reset",
    "verify.check_file",
}  # fmt: skip


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


# --- reading a page -------------------------------------------------------------------------------


@dataclass
class Control:
    """One entry of a form: what it is called, whether it may be empty, and what stands in it."""

    kind: str
    label: str = ""
    is_optional: bool = False
    values: list[str] = field(default_factory=list)


@dataclass
class Page:
    """What a page with a form shows: its controls by name, and the errors at its top."""

    controls: dict[str, Control] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)


class Reader(HTMLParser):
    """Reads the POST forms and the summary of errors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.labels: dict[str, str] = {}
        self.text: list[str] | None = None
        self.told_of = self.href = self.legend = ""
        self.is_posted = self.is_summary = False
        self.control: Control | None = None

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.page.ids[values["id"]] = values.get("name", "")
        if tag == "form":
            self.is_posted = values.get("method") == "post"
        if "govuk-error-summary" in values.get("class", "").split():
            self.is_summary = True
        if tag == "a" and self.is_summary:
            self.href = values.get("href", "").removeprefix("#")
        if tag in ("label", "legend", "li", "textarea"):
            self.text, self.told_of = [], values.get("for", "")
        if self.is_posted and tag in ("input", "select", "textarea") and values.get("name"):
            self.begin_control(tag, values)
        if tag == "option" and self.control and "selected" in values:
            self.control.values.append(values.get("value", ""))

    def begin_control(self, tag, values):
        kind = values.get("type", "text") if tag == "input" else tag
        self.control = self.page.controls.setdefault(values["name"], Control(kind))
        if kind in ("radio", "checkbox"):
            self.control.label = self.control.label or self.legend
            self.control.values += [values.get("value", "y")] if "checked" in values else []
        elif tag == "input":
            self.control.values.append(values.get("value", ""))

    def handle_data(self, data):
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag):
        told = re.sub(r"\s+", " ", "".join(self.text or [])).strip()
        if tag == "label":
            self.labels[self.told_of] = told
        elif tag in ("legend", "fieldset"):
            self.legend = told if tag == "legend" else ""
        elif tag == "textarea" and self.control:
            self.control.values.append(
                "".join(self.text or []).removeprefix("\r\n").removeprefix("\n")
            )
        elif tag == "li" and self.is_summary:
            self.page.errors.append((self.href, told))
        elif tag == "ul":
            self.is_summary = False
        elif tag == "form":
            self.is_posted = False
        if tag in ("label", "legend", "li", "textarea"):
            self.text = None


def read(answer):
    """Return what a page shows."""
    reader = Reader()
    reader.feed(answer.text)
    for at, label in reader.labels.items():
        control = reader.page.controls.get(reader.page.ids.get(at, ""))
        if control is not None and not control.label:
            control.label = label.removesuffix("(optional)").strip()
            control.is_optional = label.endswith("(optional)")
    return reader.page


# --- the walk -------------------------------------------------------------------------------------


def spoil(sending, shown):
    """Yield each field of a form with what is wrong with it: emptied, or nonsense."""
    for name, control in shown.items():
        if control.kind in TYPED | {"select", "textarea", "radio"}:
            yield name, NONSENSE
            if sending.data.get(name) and not control.is_optional:
                yield name, ""


def check_refused(answer, name, sending, before):
    """The list at the top names the field and leads to it, and all other entries are still there."""
    assert answer.status_code == 422
    page = read(answer)
    label = before.controls[name].label
    if "-" in name:  # one box of many: its code is enough
        label = name.partition("-")[2]
    leading = [text for href, text in page.errors if page.ids.get(href) == name]
    assert leading, f"no error leads to {name}: {page.errors}"
    assert any(label.rstrip("?.").lower() in text.lower() for text in leading), (label, leading)
    for other, value in sending.data.items():
        control = page.controls.get(other)
        if other != name and value and control and control.kind not in ("password", "file"):
            given = value if isinstance(value, list) else [value]
            assert control.values == given, f"{other} is lost: {control.values} of {value!r}"


@pytest.mark.parametrize("name", sorted(set(FORMS) - TRIED_ELSEWHERE - WITHOUT_FIELDS))
def test_a_field_that_is_wrong_is_named_and_nothing_else_is_lost(desk, processes, name):
    sending = desk.fill(FORMS[name])
    client = desk.browser(sending.user)
    path = PAGES.get(name, sending.path)
    before = read(client.get(path) if path else press(client, replace(sending, data={}), "a" * 32))
    spoilt = list(spoil(sending, before.controls))
    assert spoilt
    for key, wrong in spoilt:
        sent = replace(sending, data={**sending.data, key: wrong})
        check_refused(press(client, sent, secrets.token_urlsafe(24)), key, sending, before)


# --- the library's own sentences ------------------------------------------------------------------


def find_sentences():
    """Yield what WTForms and Flask-WTF say to a user, read from their code."""
    for library in (wtforms, flask_wtf):
        for path in Path(library.__file__).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    said = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None  # fmt: skip
                    if node.func.attr in ("gettext", "ngettext") and isinstance(said, str):
                        yield said


def test_every_sentence_of_the_library_is_said_in_our_words():
    assert set(find_sentences()) - SAID_BY_LIBRARY - MISUSE == set(SENTENCES)


def test_our_sentences_use_only_the_values_that_the_library_gives():
    for theirs, ours in SENTENCES.items():
        of_length = {"length", "min", "max"} if "character" in theirs else set()
        assert set(PLACES.findall(ours)) <= {*PLACES.findall(theirs), *of_length}, theirs
