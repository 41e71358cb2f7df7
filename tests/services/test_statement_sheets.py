import io
import re
import subprocess
import sys
from itertools import pairwise

import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops, ImageStat
from pypdf import PdfReader
from pypdf.generic import ByteStringObject, TextStringObject

from ltc.services.statement_sheets import digest_content
from ltc.store import pdf
from ltc.store.pdf import FontMissing
from ltc.store.words import load_chinese
from tests.support.statements import (
    PICTURE,
    draw,
    make_person_statement,
    make_provider_statement,
    print_statement,
)

RARE = "王䶮㛃𬭼"
NO_GLYPH = "\U000f0000"  # for private use: in no font of ours
BEYOND = "\U0002b820"  # a Han character that none of our fonts has
OUR_FONTS = {"LTC-Paper", "LTC-Paper-Bold", "LTC-Paper-Rare", "LTC-Paper-Rare-Bold"}
DIFFERENT = 40  # grey levels of 255; the edges of letters differ by less between machines
POINTS_PER_MM = 72 / 25.4
BANDS = 24  # of a page: one line or two, so that a wrong word is not lost among all dots
TOLERATED_SHARE = 0.004  # of the dots of the band that differs most


@pytest.fixture(scope="module")
def person(policies):
    return print_statement(make_person_statement(policies, chinese=load_chinese()))


@pytest.fixture(scope="module")
def provider(policies):
    return print_statement(make_provider_statement(policies, people=40))


def read(printed):
    return PdfReader(io.BytesIO(printed.pdf))


def text_of(printed):
    return "\n".join(sheet.extract_text() for sheet in read(printed).pages)


def squeezed(printed):
    return "".join(text_of(printed).split())


@pytest.mark.parametrize(
    "words",
    ["长期护理保险待遇结算单", "Statement of long-term care benefits", "王淑珍",
     "**************0434", "¥1,300.00", "人民币壹仟叁佰元整", "26 of 31 days at ¥50.00: ¥1,300.00.",
     "201912R1-CHO2019000001", "2020年1月5日", "From 2019-12-10 to 2019-12-14 in hospital.",
     "−¥200.00", "More or fewer days", "by the date your agency tells you", "0123456789abcdef",
     "暂按", "康宁护理站", "Home visits by an institution", "居家上门护理"],
)  # fmt: skip
def test_the_statement_says_it(person, words):
    assert "".join(words.split()) in squeezed(person)


def test_no_sentence_is_printed_in_english_twice(person):
    assert text_of(person).count("26 of 31 days at") == 1


def fonts_of(printed):
    return {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for sheet in read(printed).pages
        for font in sheet["/Resources"]["/Font"].values()
    }


def test_only_the_fonts_that_come_with_the_product_are_used(person):
    assert {"LTC-Paper", "LTC-Paper-Bold"} <= fonts_of(person) <= OUR_FONTS


def test_a_long_statement_numbers_its_pages_and_repeats_its_head(provider):
    sheets = read(provider).pages
    assert len(sheets) == provider.pages > 3
    for number, sheet in enumerate(sheets, 1):
        text = "".join(sheet.extract_text().split())
        assert f"第{number}页，共{len(sheets)}页" in text
        assert f"Page{number}of{len(sheets)}" in text
        assert "201912R1-P-P0007" in text
        if "CHO2019" in text:
            assert "Itemandcalculation" in text
    assert squeezed(provider).count("31of31daysat") == 40


def list_boxes(printed):
    """What is drawn of a glyph that its embedded font does not have: a reader sees a box."""
    found = []
    for sheet in read(printed).pages:
        counts = {name: count_glyphs(font) for name, font in sheet["/Resources"]["/Font"].items()}
        font = None
        for operands, operator in sheet.get_contents().operations:
            if operator == b"Tf":
                font = operands[0]
            elif operator in (b"Tj", b"TJ"):
                pieces = operands[0] if operator == b"TJ" else operands
                drawn = [number for piece in pieces for number in list_numbers(piece)]
                found += [number for number in drawn if not 0 < number < counts[font]]
    return found


def count_glyphs(font):
    (descendant,) = font.get_object()["/DescendantFonts"]
    embedded = descendant.get_object()["/FontDescriptor"].get_object()["/FontFile2"].get_object()
    with TTFont(io.BytesIO(embedded.get_data())) as file:
        return len(file.getGlyphOrder())


def list_numbers(piece):
    if not isinstance(piece, ByteStringObject | TextStringObject):
        return []
    raw = piece.original_bytes if isinstance(piece, TextStringObject) else bytes(piece)
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw) - 1, 2)]


def test_a_rare_name_is_drawn_and_not_boxed(policies):
    printed = print_statement(make_person_statement(policies, name=RARE))
    assert RARE in text_of(printed)
    assert list_boxes(printed) == []


def test_a_missing_glyph_would_be_seen(policies, monkeypatch):
    monkeypatch.setattr(pdf, "replace_undrawable", lambda text: (text, 0))
    printed = print_statement(make_person_statement(policies, name=NO_GLYPH))
    assert len(list_boxes(printed)) == 1


def test_a_character_without_a_glyph_is_printed_as_its_code_point(policies):
    printed = print_statement(make_person_statement(policies, name=f"王{NO_GLYPH}{BEYOND}珍"))
    assert "王〔U+F0000〕〔U+2B820〕珍" in squeezed(printed)
    assert (printed.substitutes, list_boxes(printed)) == (2, [])
    assert fonts_of(printed) <= OUR_FONTS


def test_without_its_fonts_nothing_is_printed_with_others(policies, monkeypatch, tmp_path):
    pdf._load_drawable.cache_clear()
    monkeypatch.setattr(pdf, "FONTS", tmp_path)
    try:
        with pytest.raises(FontMissing, match=r"NotoSansSC-Regular\.ttf"):
            print_statement(make_person_statement(policies))
    finally:
        monkeypatch.undo()
        pdf._load_drawable.cache_clear()


def test_the_file_is_tagged_for_archives_and_readers(person):
    reader = read(person)
    root = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("zh-CN", True)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title.startswith("长期护理保险待遇结算单")
    about = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part[^0-9]*3", about)
    assert re.search(r"pdfaid:conformance[^A-Z]*A", about)
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert "/EmbeddedFiles" not in root.get("/Names", {})


def test_a_screen_reader_reads_it_in_the_order_of_the_page(person):
    pairs = list(walk_tags(read(person).trailer["/Root"]["/StructTreeRoot"]))
    tags = [tag for _, tag in pairs]
    assert [tag for tag in tags if tag in ("/H1", "/H2")][:2] == ["/H1", "/H2"]
    assert tags.count("/H1") == 1
    assert ("/P", "/P") not in pairs  # a paragraph holds no paragraph
    assert {"/Table", "/TH", "/TD", "/Figure"} <= set(tags)
    order = [squeezed(person).index(words) for words in
             ("长期护理保险待遇结算单", "本月基金支付", "逐日情况", "结算明细", "与上月比较", "认定依据")]  # fmt: skip
    assert order == sorted(order)


def walk_tags(node, above=None):
    """Every element of the structure in the order of reading, as (what holds it, what it is)."""
    node = node.get_object()
    if "/S" in node:
        yield above, node["/S"]
    if node.get("/S") == "/Figure":
        assert "核验" in node["/Alt"]
        check_place(node["/A"]["/BBox"])
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        if isinstance(kid.get_object(), dict):
            yield from walk_tags(kid, node.get("/S"))


def check_place(box):
    """The code is 25 mm wide and stands in the upper right of the page, told in points from below."""
    left, bottom, right, top = (float(each) / POINTS_PER_MM for each in box)
    assert (right - left, top - bottom) == pytest.approx((25, 25), abs=0.1)
    assert 297 * 3 / 4 < bottom < top < 297 - 15
    assert 210 / 2 < left < right <= 210 - 16


def test_the_paper_says_where_it_is_verified(policies, person):
    assert "https://ltc.example.org/verify" in squeezed(person)
    assert "7K3M-9QPX-R2TV-W8YZ" in squeezed(person)
    without = print_statement(make_person_statement(policies), "")
    assert "enterthecodeonthepage/verify" in squeezed(without)
    assert "example" not in squeezed(without)


def test_the_head_of_the_audit_chain_stands_on_every_page(provider):
    for sheet in read(provider).pages:
        assert "chongqing#12·fedcba9876543210" in "".join(sheet.extract_text().split())


def test_the_page_looks_like_the_stored_picture(policies):
    """After a change that is meant: python -m tests.support.statements, and look at the picture."""
    drawn = draw(print_statement(make_person_statement(policies)).pdf)
    assert share_of_difference(drawn) <= TOLERATED_SHARE


@pytest.mark.parametrize("changed", [{"name": "欧阳淑珍"}, {"days_in_hospital": 6}])
def test_a_page_with_another_word_would_be_seen(policies, changed):
    drawn = draw(print_statement(make_person_statement(policies, **changed)).pdf)
    assert share_of_difference(drawn) > TOLERATED_SHARE


def test_a_page_without_its_last_lines_would_be_seen(policies):
    drawn = draw(print_statement(make_person_statement(policies)).pdf)
    drawn.paste(255, (0, drawn.height * 9 // 10, drawn.width, drawn.height))
    assert share_of_difference(drawn) > TOLERATED_SHARE


def share_of_difference(drawn):
    """Return the share of dots that differ in the band of the page where most do."""
    with Image.open(PICTURE) as picture:
        stored = picture.convert("L")
    assert drawn.size == stored.size
    far = ImageChops.difference(drawn, stored).point(lambda level: 255 if level > DIFFERENT else 0)
    edges = [far.height * number // BANDS for number in range(BANDS + 1)]
    bands = (far.crop((0, top, far.width, below)) for top, below in pairwise(edges))
    return max(ImageStat.Stat(band).mean[0] / 255 for band in bands)


SAY_DIGEST = """
import hashlib
from ltc.store.policies import load_law
from tests.support.statements import make_person_statement, print_statement
print(hashlib.sha256(print_statement(make_person_statement(load_law())).pdf).hexdigest())
"""


def test_the_same_statement_is_the_same_file_in_every_process():
    runs = [
        subprocess.run(
            [sys.executable, "-c", SAY_DIGEST], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1] != ""


def test_the_digest_of_the_content_tells_two_statements_apart(policies):
    one, other = (make_person_statement(policies, name=name) for name in ("王淑珍", "王淑真"))
    assert digest_content(one) == digest_content(make_person_statement(policies))
    assert digest_content(one) != digest_content(other)
