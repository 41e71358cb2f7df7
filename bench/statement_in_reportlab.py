"""The same statement drawn by another library, to compare with: ReportLab, the fastest that was tried.

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

from ltc.rules.person_statements import PersonStatement
from ltc.rules.policies import Text
from ltc.rules.statement_codes import write_code
from ltc.rules.statement_words import yuan
from ltc.rules.statements import StatementKind
from ltc.services.statement_sheets import TITLES
from ltc.store.pdf import FONTS

WIDTH = 178 * mm
INK, QUIET, LEAD = HexColor("#17222b"), HexColor("#4a5763"), HexColor("#0b5a6b")
DAYS_A_ROW = 16


def draw_statement(statement: PersonStatement, code: str, public_url: str) -> bytes:
    """Return a person's statement as a PDF file."""
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target, pagesize=A4, leftMargin=16 * mm, rightMargin=16 * mm, topMargin=16 * mm,
        bottomMargin=22 * mm, title=statement.head.number, invariant=1,
    )  # fmt: skip
    written = write_code(code)
    story = [*_draw_head(statement, written, public_url), *_draw_facts(statement)]
    story += [*_draw_days(statement), *_draw_lines(statement), *_draw_rest(statement)]

    def foot(canvas: Canvas, _document: SimpleDocTemplate) -> None:
        canvas.setFont(_load_fonts(), 9.5)
        canvas.drawString(16 * mm, 14 * mm, f"拨付批次 Run {statement.head.run}")
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


def _pair(zh: str, en: str, size: float = 11, *, is_bold: bool = False) -> Paragraph:
    first = f"<b>{escape(zh)}</b>" if is_bold else escape(zh)
    return _say(
        f'{first}<br/><font color="#4a5763" size="{size * 0.86:.1f}">{escape(en)}</font>', size
    )


def _head(zh: str, en: str) -> Paragraph:
    return _say(f'<b>{zh}</b> <font color="#4a5763" size="12">{en}</font>', 14)


def _said(text: Text, size: float = 10.5) -> Paragraph:
    return _pair(text.zh, text.en, size)


def _draw_head(statement: PersonStatement, code: str, public_url: str) -> list[Flowable]:
    title, head = TITLES[StatementKind.PERSON], statement.head
    left = [
        _pair(head.issuer.zh, head.issuer.en), _pair(title.zh, title.en, 20, is_bold=True),
        _say(f"编号 Number {head.number}　出具日期 Issued {head.issued_on}", 10.5),
    ]  # fmt: skip
    right = [_draw_code(f"{public_url}/verify/{code}"), _say(code, 8)]
    how = _pair("核验真伪：扫描二维码，或在此输入核验码",
                f"To verify: scan the code, or enter it at {public_url}/verify", 9)  # fmt: skip
    return [Table([[left, right]], colWidths=[WIDTH - 34 * mm, 34 * mm]), how, Spacer(1, 4 * mm)]


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


def _draw_facts(statement: PersonStatement) -> list[Flowable]:
    subject, month = statement.subject, statement.head.month
    facts = [
        ("姓名", "Name", subject.name), ("结算月份", "Month", str(month)),
        ("身份证号码", "Identity number", subject.identity_masked),
        ("个案编号", "Case number", subject.case_number),
        ("区县", "District", subject.district), ("参保类型", "Scheme", statement.schemes),
        ("护理方式", "Mode of care", statement.modes), ("失能等级", "Grade", statement.grades),
    ]  # fmt: skip
    cells = [
        (_pair(zh, en, 10.5), _said(value, 12) if isinstance(value, Text) else _say(value, 12))
        for zh, en, value in facts
    ]
    rows = [[*cells[at], *cells[at + 1]] for at in range(0, len(cells), 2)]
    widths = [0.17 * WIDTH, 0.33 * WIDTH] * 2
    amount = _say(f"<b>{yuan(statement.sums.fund_fen)}</b>", 25, align=TA_RIGHT)
    box = [[_pair("本月基金支付", "Paid by the fund this month", 13, is_bold=True), amount],
           [_say(f"大写：人民币{statement.capitals}", 13), ""]]  # fmt: skip
    framed = Table(box, colWidths=[WIDTH / 2] * 2, style=[
        ("BOX", (0, 0), (-1, -1), 0.75, LEAD), ("BACKGROUND", (0, 0), (-1, -1), HexColor("#e6f1f3"))
    ])  # fmt: skip
    return [Table(rows, colWidths=widths), framed, Spacer(1, 4 * mm)]


def _draw_days(statement: PersonStatement) -> list[Flowable]:
    cells = [_say(f"<b>{day.number}</b><br/>{day.sign}", 8) for day in statement.days]
    rows = [cells[at : at + DAYS_A_ROW] for at in range(0, len(cells), DAYS_A_ROW)]
    rows[-1] += [""] * (DAYS_A_ROW - len(rows[-1]))
    strip = Table(rows, colWidths=[WIDTH / DAYS_A_ROW] * DAYS_A_ROW, style=[
        ("GRID", (0, 0), (-1, -1), 0.75, QUIET)
    ])  # fmt: skip
    legend = "　".join(f"{e.text.zh} {e.text.en} {e.count}" for e in statement.legend)
    told = [_said(text, 12) for text in statement.not_counted]
    return [_head("逐日情况", "Day by day"), strip, _say(escape(legend), 10.5), *told]


def _draw_lines(statement: PersonStatement) -> list[Flowable]:
    names = (("项目、期间、收款方", "Item, days, payee"), ("天数", "Days"), ("分钟", "Minutes"),
             ("符合规定", "Eligible"), ("基金", "Fund"), ("个人", "Person"))  # fmt: skip
    rows: list[list[object]] = [[_pair(*name, is_bold=True) for name in names]]
    for line in statement.lines:
        told = [_said(text) for text in (line.item, line.period, line.payee, *line.reasons)]
        sums = (line.sums.eligible_fen, line.sums.fund_fen, line.sums.person_fen)
        rows.append([told, *[_say(str(value), align=TA_RIGHT) for value in (
            line.days, line.minutes, *map(yuan, sums)
        )]])  # fmt: skip
    widths = [WIDTH - 98 * mm, 13 * mm, 19 * mm, *[22 * mm] * 3]
    ruled = [("LINEBELOW", (0, 0), (-1, -1), 0.5, QUIET), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return [_head("结算明细", "Lines"), Table(rows, colWidths=widths, style=ruled, repeatRows=1)]


def _draw_rest(statement: PersonStatement) -> list[Flowable]:
    """Draw how to object, what the month rests on, and the law."""
    head, told = statement.head, [_said(text, 12) for text in statement.grounds]
    box = _pair(
        f"如对本结算单有异议，请在经办机构告知您的期限内，向{head.issuer.zh}提出（书面或口头均可），并注明编号{head.number}。",
        f"If you disagree, tell the {head.issuer.en}, in writing or in person, by the date your"
        f" agency tells you, and give the number {head.number}.", 12,
    )  # fmt: skip
    last = _pair("上月没有已审批的结算，无可比较。",
                 "There is no approved settlement of the month before to compare with.", 12)  # fmt: skip
    law = [
        [_said(s.source, 10), _said(s.labels, 10), _said(s.standing, 10)] for s in statement.sources
    ]
    table = [Table(law, colWidths=[0.34 * WIDTH, 0.51 * WIDTH, 0.15 * WIDTH])] if law else []
    return [
        _head("与上月比较", "Compared with last month"), last,
        Table([[box]], colWidths=[WIDTH], style=[("BOX", (0, 0), (-1, -1), 1, INK)]),
        _head("认定依据", "What it rests on"), *told, _head("政策依据", "The law"), *table,
    ]  # fmt: skip
