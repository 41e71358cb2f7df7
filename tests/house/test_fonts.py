"""The vendored fonts: glyphs, not luck. A missing glyph prints a box while the text still extracts well."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parents[2] / "static" / "fonts"
CAPITAL_FIGURES = "零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整负"
PUNCTUATION = "，。、；：？！“”‘’（）《》【】—…·～％"
LATIN = "ABCXYZabcxyz0123456789.,:;-+%/()&@#'\"éüñ–—’…"
SIGNS = "¥￥€×÷±≥≤→←↑↓●○◆■▲✓ⅠⅡⅢ①②③"
FIELD_WORDS = "长期护理保险失能等级评估结论参保人定点护理服务机构滕州重庆垫江石柱"
RARE_NAME_CHARACTERS = "䶮㛃𬭼㙟㧑㭎𪨰𬱖𬣞"
# Of each end of the national table's third level, outside GB 2312.
THIRD_LEVEL = "亍尢彳卬殳毐毌𬭬𬭳𬺈𬺓"


@functools.cache
def read_glyphs(name: str) -> dict[int, str]:
    """Code point to glyph name, only where the glyph is not `.notdef` and is in the file."""
    with TTFont(FONTS / name) as font:
        order = {glyph: number for number, glyph in enumerate(font.getGlyphOrder())}
        return {code: glyph for code, glyph in font.getBestCmap().items() if order[glyph] > 0}


def list_blank(name: str, characters: str) -> list[str]:
    """The characters whose glyph draws nothing."""
    glyphs = read_glyphs(name)
    with TTFont(FONTS / name) as font:
        outlines = font["glyf"]
        return [each for each in characters if not outlines[glyphs[ord(each)]].numberOfContours]


@pytest.mark.parametrize("name", ["NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"])
def test_the_everyday_fonts_hold_what_statements_print(name: str) -> None:
    glyphs = read_glyphs(name)
    wanted = CAPITAL_FIGURES + PUNCTUATION + LATIN + SIGNS + FIELD_WORDS
    assert [character for character in wanted if ord(character) not in glyphs] == []
    assert len([code for code in glyphs if 0x4E00 <= code <= 0x9FA5]) >= 6763


@pytest.mark.parametrize("name", ["NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"])
def test_capital_figures_draw_something(name: str) -> None:
    assert list_blank(name, CAPITAL_FIGURES) == []


def test_rare_name_characters_have_glyphs_that_draw() -> None:
    glyphs = read_glyphs("NotoSansSCRare-Regular.ttf")
    assert [each for each in RARE_NAME_CHARACTERS if ord(each) not in glyphs] == []
    assert list_blank("NotoSansSCRare-Regular.ttf", RARE_NAME_CHARACTERS) == []


def test_the_families_together_hold_the_third_level_of_the_national_table() -> None:
    together = read_glyphs("NotoSansSC-Regular.ttf") | read_glyphs("NotoSansSCRare-Regular.ttf")
    assert [character for character in THIRD_LEVEL if ord(character) not in together] == []


def test_the_two_families_do_not_share_a_name() -> None:
    names = {}
    for path in sorted(FONTS.glob("*.ttf")):
        with TTFont(path) as font:
            names[path.name] = (font["name"].getDebugName(1), font["name"].getDebugName(2))
    assert names == {
        "NotoSansSC-Bold.ttf": ("Noto Sans SC", "Bold"),
        "NotoSansSC-Regular.ttf": ("Noto Sans SC", "Regular"),
        "NotoSansSCRare-Regular.ttf": ("Noto Sans SC Rare", "Regular"),
    }


def test_the_licence_lies_beside_the_fonts() -> None:
    assert "SIL Open Font License" in (FONTS / "LICENSE.txt").read_text(encoding="utf-8")
