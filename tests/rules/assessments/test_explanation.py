"""Why it is this grade, in sentences."""

from dataclasses import replace

from ltc.rules.assessments.explanation import build_change, build_explanation
from ltc.rules.assessments.grading import grade
from ltc.rules.assessments.nearest import nearest_changes
from ltc.rules.policies import Text
from tests.support.vectors import BEST, NATIONAL, WORST


def test_the_explanation_leads_from_totals_to_the_cell_and_says_what_is_not_verified():
    result = grade(NATIONAL, WORST | {"vision": 4})
    sentences = build_explanation(NATIONAL, result)
    assert [sentence.values.get("total") for sentence in sentences[:3]] == [0, 0, 4]
    assert sentences[3].values["dimensions"] == (Text("认知能力", "Cognition"),)
    assert sentences[4].values["grade"] == 5
    assert sentences[5].values["note"] == NATIONAL.table.note


def test_a_verified_table_needs_no_remark():
    verified = replace(NATIONAL, table=replace(NATIONAL.table, verified=True))
    assert len(build_explanation(verified, grade(verified, BEST))) == 5


def test_sentences_can_be_filled_with_their_values():
    result = grade(NATIONAL, WORST)
    (change,) = nearest_changes(NATIONAL, WORST).lighter
    for sentence in (*build_explanation(NATIONAL, result), *build_change(NATIONAL, change)):
        assert "%(" not in sentence.message % sentence.values
