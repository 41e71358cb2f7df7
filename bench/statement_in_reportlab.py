"""The same statement drawn by ReportLab, to compare with: the fastest of those in Python that were tried.

Same words, rows, code and fonts, cut down to the characters in use. Not the same document: no tags
for screen readers, no PDF/A, breaks of lines by its own rules. So it says what a page may cost at
least, not what the product could do.
"""

import io
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import segno
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from bench.statement_words import LINE_HEADS, NOTHING_BEFORE, PAID, Words, list_words
from ltc.rules.person_statements import PersonStatement
from ltc.rules.policies import Text
from ltc.store.pdf import FONTS

WIDTH = 178 * mm
INK, QUIET, LEAD = HexColor("#17222b"), HexColor("#4a5763"), HexColor("#0b5a6b")
DAYS_A_ROW = 16


def draw_statement(statement: PersonStatement, code: str, public_url: str) -> bytes:
    """Return a person's statement as a PDF file."""
    words, target = list_words(statement, code, public_url), io.BytesIO()
    document = SimpleDocTemplate(
        target, pagesize=A4, leftMargin=16 * mm, rightMargin=16 * mm, topMargin=16 * mm,
        bottomMargin=22 * mm, title=words.number, invariant=1,
    )  # fmt: skip
    story = [*_draw_head(words), *_draw_facts(words)]
    story += [*_draw_days(words), *_draw_lines(words), *_draw_rest(words)]

    def foot(canvas: Canvas, _document: SimpleDocTemplate) -> None:
        canvas.setFont(_load_fonts(), 9.5)
        canvas.drawString(16 * mm, 14 * mm, f"拨付批次 Run {words.run}")
        canvas.drawRightString(194 * mm, 14 * mm, f"第 {canvas.getPageNumber()} 页 Page")

    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return target.getvalue()


@cache
def _load_fonts() -> str:
    """Register the fonts of the product; return the family's name."""
    for name, file in (("Paper", "NotoSansSC-Regular.ttf"), ("PaperBold", "NotoSansSC-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(Path(FONTS) / file)))
    pdfmetrics.registerFontFamily("Paper", normal="Paper", bold="PaperBold",
                                  italic="Paper", boldItalic="PaperBold")  # fmt: skip
    return "Paper"


@cache
def _style(size: float, align: int = 0) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}-{align}", fontName=_load_fonts(), fontSize=size, leading=size * 1.4,
        textColor=INK, wordWrap="CJK", alignment=align,
    )  # fmt: skip


def _say(text: str, size: float = 11, *, align: int = 0) -> Paragraph:
    return Paragraph(text, _style(size, align))


def _pair(text: Text, size: float = 11, *, is_bold: bool = False) -> Paragraph:
    first = f"<b>{escape(text.zh)}</b>" if is_bold else escape(text.zh)
    if text.en in ("", text.zh):
        return _say(first, size)
    quiet = f'<font color="#4a5763" size="{size * 0.86:.1f}">{escape(text.en)}</font>'
    return _say(f"{first}<br/>{quiet}", size)


def _head(zh: str, en: str) -> Paragraph:
    return _say(f'<b>{zh}</b> <font color="#4a5763" size="12">{en}</font>', 14)


def _draw_head(words: Words) -> list[Flowable]:
    left = [
        _pair(words.issuer), _pair(words.title, 20, is_bold=True),
        _say(f"编号 Number {words.number}　出具日期 Issued {words.issued_on}", 10.5),
    ]  # fmt: skip
    right = [_draw_code(words.address), _say(words.code, 8)]
    columns = [WIDTH - 34 * mm, 34 * mm]
    return [Table([[left, right]], colWidths=columns), _pair(words.how, 9), Spacer(1, 4 * mm)]


def _draw_code(text: str) -> Drawing:
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    side = 25 * mm / len(rows)
    drawing = Drawing(25 * mm, 25 * mm)
    for down, row in enumerate(rows):
        for across, is_dark in enumerate(row):
            if is_dark:
                place = (across * side, 25 * mm - (down + 1) * side)
                drawing.add(Rect(*place, side, side, strokeWidth=0, fillColor=INK))
    return drawing


def _draw_facts(words: Words) -> list[Flowable]:
    cells = [(_pair(name, 10.5), _pair(value, 12)) for name, value in words.facts]
    rows = [[*cells[at], *cells[at + 1]] for at in range(0, len(cells), 2)]
    widths = [0.17 * WIDTH, 0.33 * WIDTH] * 2
    amount = _say(f"<b>{words.amount}</b>", 25, align=TA_RIGHT)
    box = [[_pair(PAID, 13, is_bold=True), amount], [_say(words.capitals, 13), ""]]
    framed = Table(box, colWidths=[WIDTH / 2] * 2, style=[
        ("BOX", (0, 0), (-1, -1), 0.75, LEAD), ("BACKGROUND", (0, 0), (-1, -1), HexColor("#e6f1f3"))
    ])  # fmt: skip
    return [Table(rows, colWidths=widths), framed, Spacer(1, 4 * mm)]


def _draw_days(words: Words) -> list[Flowable]:
    cells = [_say(f"<b>{number}</b><br/>{sign}", 8) for number, sign in words.days]
    rows = [cells[at : at + DAYS_A_ROW] for at in range(0, len(cells), DAYS_A_ROW)]
    rows[-1] += [""] * (DAYS_A_ROW - len(rows[-1]))
    strip = Table(rows, colWidths=[WIDTH / DAYS_A_ROW] * DAYS_A_ROW, style=[
        ("GRID", (0, 0), (-1, -1), 0.75, QUIET)
    ])  # fmt: skip
    told = [_pair(text, 12) for text in words.not_counted]
    return [
        _head("逐日情况", "Day by day"),
        strip,
        _say(escape("　".join(words.legend)), 10.5),
        *told,
    ]


def _draw_lines(words: Words) -> list[Flowable]:
    rows: list[list[object]] = [[_pair(name, is_bold=True) for name in LINE_HEADS]]
    for row in words.lines:
        told = [_pair(text, 10.5) for text in row.told]
        rows.append([told, *[_say(figure, align=TA_RIGHT) for figure in row.figures]])
    widths = [WIDTH - 98 * mm, 13 * mm, 19 * mm, *[22 * mm] * 3]
    ruled = [("LINEBELOW", (0, 0), (-1, -1), 0.5, QUIET), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return [_head("结算明细", "Lines"), Table(rows, colWidths=widths, style=ruled, repeatRows=1)]


def _draw_rest(words: Words) -> list[Flowable]:
    """Draw how to object, what the month rests on, and the law."""
    told = [_pair(text, 12) for text in words.grounds]
    law = [[_pair(text, 10) for text in line] for line in words.law]
    table = [Table(law, colWidths=[0.34 * WIDTH, 0.51 * WIDTH, 0.15 * WIDTH])] if law else []
    framed = [("BOX", (0, 0), (-1, -1), 1, INK)]
    return [
        _head("与上月比较", "Compared with last month"), _pair(NOTHING_BEFORE, 12),
        Table([[_pair(words.objection, 12)]], colWidths=[WIDTH], style=framed),
        _head("认定依据", "What it rests on"), *told, _head("政策依据", "The law"), *table,
    ]  # fmt: skip
