"""Every word of the product stands in the Chinese catalogue, whole, well filled and up to date."""

import ast
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from ltc.rules.errors import Problem
from ltc.store.words import CATALOGUE
from tests.house.sources import ROOT, at, name_of, walk_python

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")
HAN = r"\u3007\u4e00-\u9fff"
HALF_WIDTH = re.compile(rf"[{HAN}）》”][,;:?!()]|[,;:?!()][{HAN}（《“]")
GAP = re.compile(rf"[{HAN}] [\dA-Za-z%{{]|[\dA-Za-z)}}] [{HAN}]")
# Commands, settings, files and folders keep their names.
NAMED = re.compile(
    r"`[^`]+`|“flask [a-z ]+”|--[a-z]+|LTC_[A-Z_]+|[a-z.-]+(?:/[a-z.-]+)+|[a-z]+\.log"
)
LATIN = re.compile(r"[A-Za-z]{3,}")
MARKERS = {"N_", "_", "_l", "gettext", "lazy_gettext"}
# What an office writes in Latin letters, too.
LATIN_TERMS = {
    "CSV", "UTF", "NUL", "WGS", "GCJ", "SHA", "ZIP", "PDF", "Excel", "XLSX", "xls",
    "true", "false", "unknown", "CHO", "QPX",
    "Pango", "libpango", "libpangoft", "libharfbuzz", "subset",
}  # fmt: skip


def forms(message: Message) -> list[tuple[str, str]]:
    """Return each form of a message with its translation; Chinese has one form only."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string or ""))]
    return [(message.id[-1], text) for text in message.string]


def messages_of(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def keys_of(catalogue: Catalog) -> set[str]:
    """Return the English of a catalogue; of a plural, its singular."""
    return {m.id if isinstance(m.id, str) else m.id[0] for m in messages_of(catalogue)}


def find_gaps(catalogue: Catalog) -> list[str]:
    """Name what is not translated, only guessed, or kept though nobody says it any more."""
    found = [f"obsolete: {message!r}" for message in catalogue.obsolete]
    for message in messages_of(catalogue):
        if message.fuzzy:
            found.append(f"a guess (fuzzy): {message.id!r}")
        if not all(text.strip() for _, text in forms(message)):
            found.append(f"not translated: {message.id!r}")
    return found


def find_wrong_placeholders(catalogue: Catalog) -> list[str]:
    """Name what says other placeholders than the English does."""
    return [
        f"{text!r} for {said!r}"
        for message in messages_of(catalogue)
        for said, text in forms(message)
        if sorted(set(PLACEHOLDER.findall(said))) != sorted(set(PLACEHOLDER.findall(text)))
    ]


def find_english(catalogue: Catalog) -> list[str]:
    """Name what is not Chinese, or holds a foreign word that no office would write."""
    found = []
    for message in messages_of(catalogue):
        for _, text in forms(message):
            words = NAMED.sub("", PLACEHOLDER.sub("", text))
            is_foreign = re.search("[A-Za-z]", words) and not re.search(f"[{HAN}]", words)
            if is_foreign or set(LATIN.findall(words)) - LATIN_TERMS:
                found.append(text)
    return found


def find_careless_typing(catalogue: Catalog) -> list[str]:
    """Name what has punctuation of half width beside Chinese, or blanks between the scripts."""
    return [
        text
        for message in messages_of(catalogue)
        for _, text in forms(message)
        if HALF_WIDTH.search(text) or GAP.search(text)
    ]


def find_marked_words(root: Path) -> dict[str, str]:
    """Return every literal that the code marks for translation, and where it stands."""
    return {
        str(node.args[0].value): at(root, path, node)
        for path, tree in walk_python(root / "ltc")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name_of(node.func) in MARKERS and node.args
        and isinstance(node.args[0], ast.Constant)
    }  # fmt: skip


def find_problems(family: type[Problem] = Problem) -> dict[str, str]:
    """Return the sentence of every Problem of the product, and the class it stands on."""
    found = {}
    for problem in [family, *family.__subclasses__()]:
        if problem.__module__.startswith("ltc.") and problem.__doc__:
            found[" ".join(problem.__doc__.split())] = f"{problem.__module__}.{problem.__name__}"
        if problem is not family:
            found |= find_problems(problem)
    return found


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh_CN")


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    return read(CATALOGUE)


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> set[str]:
    """What `make messages` would collect from the code as it is now."""
    path = tmp_path_factory.mktemp("words") / "messages.pot"
    subprocess.run([str(ROOT / "tools/messages.sh"), "collect", str(path)], check=True)
    return keys_of(read(path))


# --- the catalogue ------------------------------------------------------------------------------


def test_the_catalogue_is_complete(chinese):
    assert find_gaps(chinese) == []


def test_the_catalogue_says_what_the_code_says(chinese, collected):
    """`make messages` brings it up to date; then translate what is new."""
    known = keys_of(chinese)
    assert sorted(collected - known) == []
    assert sorted(known - collected) == []


def test_every_placeholder_is_kept(chinese):
    assert find_wrong_placeholders(chinese) == []


def test_the_chinese_is_chinese(chinese):
    assert find_english(chinese) == []


def test_the_chinese_is_typed_as_chinese(chinese):
    assert find_careless_typing(chinese) == []


# --- what is collected --------------------------------------------------------------------------


def test_every_marked_word_is_collected(collected):
    marked = find_marked_words(ROOT)
    assert {where: text for text, where in marked.items() if text not in collected} == {}


def test_the_sentence_of_every_problem_is_collected(collected):
    for path, _ in walk_python(ROOT / "ltc"):
        if path.name != "__init__.py":
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    problems = find_problems()
    assert {where: text for text, where in problems.items() if text not in collected} == {}


# --- the tests themselves -----------------------------------------------------------------------


def catalogue_of(english: str, chinese: str, flags: tuple[str, ...] = ()) -> Catalog:
    catalogue = Catalog(locale="zh_CN")
    catalogue.add(english, chinese, flags=flags)
    return catalogue


def test_a_gap_is_seen():
    assert find_gaps(catalogue_of("Withdraw", "撤回")) == []
    assert find_gaps(catalogue_of("Withdraw", "")) == ["not translated: 'Withdraw'"]
    assert find_gaps(catalogue_of("Withdraw", "撤回", ("fuzzy",))) == [
        "a guess (fuzzy): 'Withdraw'"
    ]


@pytest.mark.parametrize("text", ["自%(date)s起", "起", "自%(day)d起", "自{day}起"])
def test_a_wrong_placeholder_is_seen(text):
    assert find_wrong_placeholders(catalogue_of("from %(day)s", "自%(day)s起")) == []
    assert find_wrong_placeholders(catalogue_of("from %(day)s", text))


@pytest.mark.parametrize("text", ["Withdraw", "撤回application", "OK"])
def test_english_is_seen(text):
    assert find_english(catalogue_of("Withdraw", "撤回CSV文件")) == []
    assert find_english(catalogue_of("Withdraw", text)) == [text]


@pytest.mark.parametrize("text", ["撤回,退回", "共 3 天", "撤回(退回)", "共%(days)s 天"])
def test_careless_typing_is_seen(text):
    assert find_careless_typing(catalogue_of("Days", "共3天（含当日），退回")) == []
    assert find_careless_typing(catalogue_of("Days", text)) == [text]
