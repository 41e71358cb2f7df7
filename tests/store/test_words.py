import re

import pytest

from ltc.rules.access import ROLE_NAMES
from ltc.rules.payouts import explain
from ltc.rules.payouts.bridge import CAUSE_NAMES
from ltc.rules.policy_labels import CHOICES, FORMS, FROM_MONTH, WORDS
from ltc.store.words import load_chinese

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def list_printed():
    """Every sentence that a statement may print."""
    flat = (explain.AMOUNTS, explain.GROUNDS, explain.DAY_STATES, explain.REASONS, ROLE_NAMES,
            CAUSE_NAMES, WORDS, CHOICES, FORMS)  # fmt: skip
    pairs = (explain.DAYS, explain.HOLDS, explain.UNITS)
    sentences = [text for table in flat for text in table.values()]
    sentences += [text for table in pairs for pair in table.values() for text in pair]
    return sorted({*sentences, FROM_MONTH})


@pytest.mark.parametrize("sentence", list_printed())
def test_what_a_statement_says_has_its_chinese(sentence):
    chinese = load_chinese()[sentence]
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert set(PLACEHOLDER.findall(chinese)) <= set(PLACEHOLDER.findall(sentence))


def test_guesses_and_gaps_do_not_count(tmp_path):
    catalogue = tmp_path / "messages.po"
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Held"\nmsgstr "暂缓支付"\n\n'
        '#, fuzzy\nmsgid "Paid"\nmsgstr "住院"\n\nmsgid "Moved away"\nmsgstr ""\n',
        encoding="utf-8",
    )
    assert dict(load_chinese(catalogue)) == {"Held": "暂缓支付"}


def test_without_a_catalogue_there_is_no_chinese(tmp_path):
    assert not load_chinese(tmp_path / "nothing.po")
