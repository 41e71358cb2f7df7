"""English has a singular: a sentence that counts something says it for one of them, too."""

import ast
import re

import pytest

from ltc.rules.users import UserLocked
from tests.house.sources import ROOT, walk_python

NOUNS = (
    "blocks", "bed-days", "cells", "characters", "days", "errors", "events", "fees", "files", "hours", "items", "lines",
    "minutes", "months", "pages", "people", "persons", "points", "rows", "seconds", "statements",
    "times", "values", "visits", "weeks", "years",
)  # fmt: skip
# A sentence for a page that is taken as it is: ngettext(…) would begin otherwise.
SAID = re.compile(r'(?<![A-Za-z])_l?\(\s*((?:"[^"]*"\s*)+)')
COUNTS = re.compile(rf"%\((?:\w+)\)[sd] (?:{'|'.join(NOUNS)})\b")
# Never one: of so many in all, or a limit that is written in the code.
MANY = {
    "%(made)s of %(planned)s visits made",
    "%(made)s of %(planned)s visits this week · last on %(day)s",
    "%(answered)s of %(items)s items",
    "at most %(points)s points",
    "The State Council has announced the days off of %(year)s: %(count)s days are worked.",
}


def find_counts(text):
    """Yield the sentences that count something without a singular."""
    for found in SAID.finditer(text):
        sentence = "".join(re.findall(r'"([^"]*)"', found.group(1)))
        if COUNTS.search(sentence):
            yield sentence


def test_every_sentence_that_counts_has_a_singular():
    paths = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "ltc/web").rglob("*.py")]
    found = {(path.name, said) for path in paths for said in find_counts(path.read_text("utf-8"))}
    assert {said for _name, said in found} - MANY == set()
    assert MANY - {said for _name, said in found} == set()


def test_a_sentence_without_a_singular_is_found():
    assert list(find_counts('{{ _("%(count)s rows left", count=n) }}')) == ["%(count)s rows left"]
    assert list(find_counts('ngettext("%(num)s row", "%(num)s rows", n)')) == []


# --- sentences of the floors below the doors, which Problem chooses from ---------------------------

FILLED = re.compile(rf"(?<! of )\{{(\w+)\}} (?:{'|'.join(NOUNS)})\b")
FLOORS = ("rules", "store", "services", "jobs", "web")
# Values that are never one: limits, and what is beyond a limit or below zero.
NEVER_ONE = {"attempts", "least", "limit", "most", "people"}
NEVER_ONE_HERE = {
    "NameTooLong", "TextTooLong", "CellTooLong",  # of more than the most characters
    "RowTooLong",  # of more cells than a header, which has one
    "VisitEndsBeforeBegin",  # minutes below zero
    "ItemsDoNotFit",  # of minutes of a catalogue's items
}  # fmt: skip


def find_problems(tree):
    """Yield (class, value) of sentences that count something and have none for one of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            sentence = " ".join((ast.get_docstring(node) or "").split())
            has_one = any(isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "one"
                          for part in node.body)  # fmt: skip
            for value in () if has_one else FILLED.findall(sentence):
                yield node.name, value


def find_marked(tree):
    """Yield (sentence, value) of marked sentences that count something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "N_":
            sentence = ast.literal_eval(node.args[0])
            yield from ((sentence, value) for value in FILLED.findall(sentence))


def find_below(find):
    trees = [tree for floor in FLOORS for _path, tree in walk_python(ROOT / "ltc" / floor)]
    found = {each for tree in trees for each in find(tree)}
    return {name for name, value in found if value not in NEVER_ONE}


def test_every_problem_that_counts_has_a_singular():
    assert find_below(find_problems) == NEVER_ONE_HERE
    assert find_below(find_marked) == set()


def test_a_problem_without_a_singular_is_found():
    left = 'class Left(Invalid):\n    """{count} rows left of {all} rows."""\n'
    assert list(find_problems(ast.parse(left))) == [("Left", "count")]
    assert list(find_problems(ast.parse(left + '    one = ("count", N_("One row left."))'))) == []
    assert list(find_marked(ast.parse('N_("{count} rows left")'))) == [
        ("{count} rows left", "count")
    ]


@pytest.mark.parametrize(("minutes", "said"), [(1, "in a minute,"), (15, "in 15 minutes,")])
def test_a_problem_says_one_as_one(minutes, said):
    assert said in UserLocked(minutes=minutes).message
