"""English has a singular: a sentence that counts something says it for one of them, too."""

import re

from tests.house.sources import ROOT

NOUNS = (
    "blocks", "bed-days", "characters", "days", "errors", "events", "fees", "files", "hours", "items", "lines",
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
