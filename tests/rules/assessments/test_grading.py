"""The national instrument against its vectors, its properties and the mistakes others made."""

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.rules.assessments.grading import (
    ItemUnknown,
    ScoreBlank,
    ScoreMissing,
    ScoreNegative,
    ScoreNotAnOption,
    ScoreNotANumber,
    TotalMissing,
    TotalNotReachable,
    check_scores,
    grade,
    grade_totals,
    parse_score,
    spot_refusals,
)
from ltc.rules.assessments.instruments import Instrument
from tests.support.vectors import (
    ADL_ITEMS,
    BEST,
    NATIONAL,
    VECTORS,
    WORST,
    complete_scores,
    scores_of,
)

EXPECTED = [int(vector["grade"]) for vector in VECTORS]
ALL_TOTALS = [
    dict(zip(("adl", "cog", "per"), totals, strict=True))
    for totals in product(range(0, 101, 5), range(17), range(13))
]


def grades_of_all_vectors(instrument: Instrument) -> list[int]:
    return [grade(instrument, scores_of(vector)).grade for vector in VECTORS]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vector_gets_its_totals_and_grade(vector):
    result = grade(NATIONAL, scores_of(vector))
    totals = [str(result.totals[part]) for part in ("adl", "cog", "per")]
    assert totals == [vector["adl_total"], vector["cog_total"], vector["per_total"]]
    assert result.grade == int(vector["grade"])


def test_there_are_all_vectors():
    assert len(VECTORS) == 56
    assert set(EXPECTED) == {0, 1, 2, 3, 4, 5}


def test_the_4641_triples_of_totals_split_as_known():
    split = Counter(grade_totals(NATIONAL, totals).grade for totals in ALL_TOTALS)
    assert split == {0: 117, 1: 1259, 2: 1052, 3: 1277, 4: 432, 5: 504}


def test_the_reachable_totals_are_those_of_the_standard():
    totals = [part.totals for part in NATIONAL.dimensions]
    assert totals == [tuple(range(0, 101, 5)), tuple(range(17)), tuple(range(13))]


def test_a_grade_names_its_code_its_cell_and_what_decided_the_column():
    result = grade_totals(NATIONAL, {"adl": 40, "cog": 16, "per": 1})
    assert (result.grade, result.code) == (5, "5")
    assert (result.row_band, result.column_band) == ("severe", "severe")
    assert result.deciding == ("per",)
    assert result.bands == {"adl": "severe", "cog": "intact", "per": "severe"}


def test_dimensions_that_are_equally_impaired_decide_together():
    assert grade_totals(NATIONAL, {"adl": 100, "cog": 4, "per": 11}).deciding == ("cog", "per")


@given(complete_scores, st.sampled_from(list(NATIONAL.items)), st.data())
def test_the_grade_never_rises_when_a_score_rises(scores, code, data):
    better = data.draw(
        st.sampled_from([s for s in NATIONAL.items[code].scores if s >= scores[code]])
    )
    assert grade(NATIONAL, scores | {code: better}).grade <= grade(NATIONAL, scores).grade


@pytest.mark.parametrize(("part", "step"), [("adl", 5), ("cog", 1), ("per", 1)])
def test_the_grade_never_rises_when_any_total_rises(part, step):
    grades = {tuple(t.values()): grade_totals(NATIONAL, t).grade for t in ALL_TOTALS}
    pairs = [(t, tuple((t | {part: t[part] + step}).values())) for t in ALL_TOTALS]
    pairs = [(tuple(t.values()), better) for t, better in pairs if better in grades]
    assert len(pairs) > 4000
    assert all(grades[better] <= grades[totals] for totals, better in pairs)


@given(complete_scores)
def test_daily_living_alone_reaches_grade_3_at_most(scores):
    others_intact = {
        code: score if code in ADL_ITEMS else BEST[code] for code, score in scores.items()
    }
    assert grade(NATIONAL, others_intact).grade <= 3


def test_grade_4_and_5_need_severe_daily_living_and_an_impaired_mind_or_perception():
    for totals in ALL_TOTALS:
        worse = min(totals["cog"], totals["per"])
        number = grade_totals(NATIONAL, totals).grade
        assert (number >= 4) == (totals["adl"] <= 40 and worse <= 3)
        assert (number == 5) == (totals["adl"] <= 40 and worse <= 1)


def test_daily_living_of_65_or_more_is_never_severe():
    assert max(grade_totals(NATIONAL, t).grade for t in ALL_TOTALS if t["adl"] >= 65) == 2


@given(complete_scores)
def test_the_order_of_the_scores_does_not_matter(scores):
    backwards = dict(reversed(scores.items()))
    assert grade(NATIONAL, backwards) == grade(NATIONAL, scores)


# --- what is refused, with the item named -----------------------------------------------------


@pytest.mark.parametrize(
    ("code", "score", "error"),
    [
        ("eat", 7, ScoreNotAnOption),
        ("face_oral", 10, ScoreNotAnOption),
        ("bathe", 10, ScoreNotAnOption),
        ("walk", 20, ScoreNotAnOption),
        ("memory", 5, ScoreNotAnOption),
        ("hearing", -1, ScoreNegative),
        ("eat", "ten", ScoreNotANumber),
        ("eat", "10", ScoreNotANumber),
        ("eat", 5.0, ScoreNotANumber),
        ("vision", True, ScoreNotANumber),
        ("toilet", "", ScoreBlank),
        ("toilet", "  ", ScoreBlank),
        ("toilet", "\u3000", ScoreBlank),
        ("toilet", None, ScoreBlank),
    ],
)
def test_a_wrong_score_is_refused_and_its_item_named(code, score, error):
    with pytest.raises(error) as caught:
        grade(NATIONAL, BEST | {code: score})
    assert caught.value.field == code
    assert caught.value.message.startswith(f"{code}: ")


@pytest.mark.parametrize("code", NATIONAL.items)
def test_a_missing_item_is_refused_and_named(code):
    with pytest.raises(ScoreMissing, match=f"^{code}: ") as caught:
        grade(NATIONAL, {other: score for other, score in BEST.items() if other != code})
    assert caught.value.field == code


def test_an_unknown_item_is_refused_and_named():
    with pytest.raises(ItemUnknown, match=r"^sleep: ") as caught:
        grade(NATIONAL, BEST | {"sleep": 5})
    assert caught.value.field == "sleep"


def test_an_unknown_item_in_place_of_a_known_one_is_found_too():
    scores = {("feed" if code == "eat" else code): score for code, score in BEST.items()}
    assert [refusal.field for refusal in spot_refusals(NATIONAL, scores)] == ["eat", "feed"]


def test_every_refusal_is_found_in_one_go():
    scores = BEST | {"eat": 7, "walk": "", "memory": -2, "sleep": 1}
    fields = [refusal.field for refusal in spot_refusals(NATIONAL, scores)]
    assert fields == ["eat", "walk", "memory", "sleep"]


def test_a_refusal_offers_the_scores_of_the_item_and_clips_long_text():
    refusal = spot_refusals(NATIONAL, BEST | {"walk": "x" * 500})[0]
    assert (
        refusal.message == f"walk: “{'x' * 40}…” is not a whole number. Choose one of 0, 5, 10, 15."
    )


def test_complete_scores_are_not_refused():
    check_scores(NATIONAL, WORST)
    assert spot_refusals(NATIONAL, BEST) == []


@given(st.dictionaries(st.sampled_from([*NATIONAL.items, "sleep"]), st.integers(-5, 20)))
def test_scores_are_graded_exactly_when_nothing_is_refused(scores):
    complete = scores.keys() == NATIONAL.items.keys()
    offered = all(s in NATIONAL.items[c].scores for c, s in scores.items() if c in NATIONAL.items)
    assert (spot_refusals(NATIONAL, scores) == []) == (complete and offered)


@pytest.mark.parametrize("total", [-5, 3, 41, 44, 61, 64, 99, 105])
def test_a_total_that_no_scores_add_up_to_is_refused(total):
    with pytest.raises(TotalNotReachable, match=f"^adl: no scores add up to {total}"):
        grade_totals(NATIONAL, {"adl": total, "cog": 16, "per": 12})


def test_a_missing_total_is_refused():
    with pytest.raises(TotalMissing, match=r"^per: "):
        grade_totals(NATIONAL, {"adl": 100, "cog": 16})


@pytest.mark.parametrize(
    ("text", "score"),
    [("10", 10), (" 5 ", 5), ("05", 5), ("-1", -1)],
)
def test_whole_numbers_are_read_from_text(text, score):
    assert parse_score(text) == score


@pytest.mark.parametrize("text", ["", "5.0", "+5", "1_0", "５", "--5", "=cmd", "0x5", "9" * 5000])
def test_other_text_stays_text_and_is_refused(text):
    parsed = parse_score(text)
    assert parsed == text
    assert spot_refusals(NATIONAL, BEST | {"eat": parsed})[0].field == "eat"


# --- the mistakes of other systems: the vectors must find each of them -------------------------


def with_bands(instrument: Instrument, **bounds: tuple[int, int]) -> Instrument:
    """Return the instrument with other bounds of the bands of daily living."""
    adl, *others = instrument.dimensions
    bands = tuple(
        replace(band, low=bounds[band.code][0], high=bounds[band.code][1])
        if band.code in bounds
        else band
        for band in adl.bands
    )
    return replace(instrument, dimensions=(replace(adl, bands=bands), *others))


def test_45_is_moderate_and_40_is_severe():
    others = {"cog": 16, "per": 12}
    assert grade_totals(NATIONAL, {"adl": 45} | others).bands["adl"] == "moderate"
    assert grade_totals(NATIONAL, {"adl": 40} | others).bands["adl"] == "severe"


def test_the_vectors_find_an_instrument_that_treats_45_as_severe():
    wrong = with_bands(NATIONAL, moderate=(50, 60), severe=(0, 45))
    assert grades_of_all_vectors(wrong) != EXPECTED


def test_a_higher_score_means_more_ability():
    assert grade(NATIONAL, BEST).code == "0"
    assert grade(NATIONAL, WORST).code == "5"


def test_the_vectors_find_a_reversed_scale():
    reversed_scores = [
        {code: BEST[code] - score for code, score in scores_of(vector).items()}
        for vector in VECTORS
    ]
    assert grade(NATIONAL, reversed_scores[0]).grade == 5
    assert [grade(NATIONAL, scores).grade for scores in reversed_scores] != EXPECTED


def test_the_lowest_and_highest_options_carry_the_right_words():
    eat = NATIONAL.items["eat"]
    assert eat.options[0].score == 0
    assert "依赖" in eat.options[0].text.zh
    assert eat.options[-1].score == 10
    assert eat.options[-1].text.zh.startswith("自理")
    for item in NATIONAL.items.values():
        assert not item.options[0].text.zh.startswith(("自理", "独立", "能控制"))


def test_items_are_added_up_by_dimension_and_never_averaged():
    """One severe item of three in perception: an average of item grades would call it moderate."""
    scores = BEST | {"vision": 0, "hearing": 1, "communication": 2}
    assert grade(NATIONAL, scores).bands["per"] == "moderate"
    scores = WORST | {"vision": 4}
    assert grade(NATIONAL, scores).bands["per"] == "mild"
    assert grade(NATIONAL, scores).grade == 5


def test_the_column_is_the_worse_of_two_bands_and_never_their_mean_or_the_better():
    result = grade_totals(NATIONAL, {"adl": 0, "cog": 16, "per": 0})
    assert (result.column_band, result.grade) == ("severe", 5)
