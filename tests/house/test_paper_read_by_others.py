"""What programs of other people make of our statements: poppler's tools, and a reader of codes."""

import re
import subprocess
from dataclasses import replace

import pypdfium2
import pytest
import zxingcpp
from flask import Flask

from ltc.rules.statement_codes import write_code
from ltc.rules.statements import Sums
from ltc.store.words import load_chinese
from ltc.web import verify
from tests.support.statements import (
    CODE,
    PUBLIC_URL,
    make_person_statement,
    make_provider_statement,
    print_statement,
)

CODE_SCALE = 2  # of 72 dots an inch: coarser than any camera
WIDTH_OF_TEXT = 550  # points to the right margin of the page
KINDS = ("person", "provider")
TITLES = {
    "person": "长期护理保险待遇结算单 Statement of long-term care benefits 201912R1-CHO2019000001",
    "provider": "定点护理服务机构结算单 Statement for the care provider 201912R1-P-P0007",
}
HEAD = ["重庆长期护理保险经办机构", "编号", "核验真伪：", "结算月份"]
# What is heard, in this order: who, how much, why, and how to object.
HEARD = {
    "person": [*HEAD, "身份证号码", "本月基金支付", "逐日情况", "结算明细", "收款方",
               "26 of 31 days", "与上月比较", "如对本结算单有异议", "认定依据", "政策依据"],
    "provider": [*HEAD, "信用代码", "本月基金支付", "按项目汇总", "与上月比较",
                 "如对本结算单有异议", "结算明细", "王0", "王2", "政策依据"],
}  # fmt: skip


@pytest.fixture(scope="module")
def papers(policies, tmp_path_factory):
    folder = tmp_path_factory.mktemp("papers")
    statements = (
        make_person_statement(policies, chinese=load_chinese()),
        make_provider_statement(policies),
    )
    for kind, statement in zip(KINDS, statements, strict=True):
        (folder / f"{kind}.pdf").write_bytes(print_statement(statement).pdf)
    return folder


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def paper(papers, kind):
    return papers / f"{kind}.pdf"


def ask(*words):
    done = subprocess.run(words, capture_output=True, check=True, timeout=60)
    assert done.stderr == b""  # poppler complains here about files that are not well made
    return done.stdout.decode()


def squeeze(text):
    return "".join(text.split())


def list_heard(paper):
    """What stands in the tree of structure, in its order: the pieces of text."""
    return re.findall(r'^ *"(.+)"$', ask("pdfinfo", "-struct-text", paper), re.MULTILINE)


def test_pdfinfo_sees_a_tagged_file_for_archives_with_its_title(paper, kind):
    told = dict(line.split(":", 1) for line in ask("pdfinfo", paper).splitlines())
    assert told["Tagged"].strip() == "yes"
    assert told["Suspects"].strip() == "no"
    assert told["Title"].strip() == TITLES[kind]
    about = ask("pdfinfo", "-meta", paper)
    assert re.findall(r'pdfaid:(part|conformance)="(\w+)"', about) == [
        ("part", "3"), ("conformance", "A")
    ]  # fmt: skip


def test_pdffonts_sees_every_font_embedded_cut_down_and_readable_as_text(paper):
    _, rule, *fonts = ask("pdffonts", paper).splitlines()
    ends = [at.end() for at in re.finditer("-+", rule)]
    told = [font[ends[2] : ends[5]].split() for font in fonts]
    assert told  # embedded, subset, and with a table to Unicode
    assert [font for font, has in zip(fonts, told, strict=True) if has != ["yes"] * 3] == []


def test_the_tree_of_structure_is_heard_in_the_right_order(paper, kind):
    heard = squeeze("".join(list_heard(paper)))
    places = [heard.index(squeeze(words)) for words in HEARD[kind]]
    assert places == sorted(places)


def test_the_title_is_heard_before_the_code_beside_it(paper, kind):
    told = ask("pdfinfo", "-struct-text", paper)
    issuer, title, figure, code = (
        told.index(words) for words in (HEAD[0], "H1 (block)", "Figure:", write_code(CODE))
    )
    assert issuer < title < figure < code
    assert told.index(TITLES[kind].split()[0]) > title


def test_all_that_is_heard_can_be_searched_and_copied(paper):
    seen = squeeze(ask("pdftotext", "-raw", paper, "-"))
    heard = list_heard(paper)
    assert len(heard) > 50
    assert [text for text in heard if squeeze(text) not in seen] == []


def test_figures_of_a_large_provider_stand_apart_and_within_the_page(policies, tmp_path):
    small = make_provider_statement(policies)
    sums = Sums(fund_fen=168250000, assistance_fen=12469134, person_fen=83650000)
    group = replace(small.groups[0], people=455, days=13650, minutes=819000, sums=sums)
    large = replace(small, people=455, sums=sums, groups=(group,))
    paper = tmp_path / "large.pdf"
    paper.write_bytes(print_statement(large).pdf)
    figures = ["455", "13650", "819000", "¥1,682,500.00", "¥124,691.34", "¥836,500.00"]
    lines = ask("pdftotext", "-layout", paper, "-").splitlines()
    (sum_of_groups, _sum_of_lines) = (
        line.split() for line in lines if "13650" in line and "Sum" in line
    )
    assert sum_of_groups == ["合计", "Sum", *figures]
    boxes = ask("pdftotext", "-bbox", paper, "-")
    ends = re.findall(r'xMax="([\d.]+)" yMax="[\d.]+">¥836,500.00<', boxes)
    assert ends
    assert max(map(float, ends)) < WIDTH_OF_TEXT


def test_the_square_code_leads_to_the_public_page_of_the_statement(paper):
    document = pypdfium2.PdfDocument(paper)
    try:
        page = document[0].render(scale=CODE_SCALE, grayscale=True).to_pil()
    finally:
        document.close()
    (read,) = zxingcpp.read_barcodes(page)
    assert read.format == zxingcpp.BarcodeFormat.QRCode
    assert read.text == f"{PUBLIC_URL}/verify/{write_code(CODE)}"
    site = Flask(__name__)
    site.register_blueprint(verify.blueprint)
    place = site.url_map.bind("").match(read.text.removeprefix(PUBLIC_URL))
    assert place == ("verify.show", {"code": write_code(CODE)})
