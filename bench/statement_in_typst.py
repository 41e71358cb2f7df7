"""The same statement drawn by typst, to compare with: a typesetter in Rust, the fastest that was tried.

Same words, rows, code and fonts, tagged and as PDF/A-3a like ours; breaks of lines by its own rules.
It keeps what it has laid out and takes it again for the next page where nothing changed.
"""

import io
from dataclasses import asdict
from functools import cache
from pathlib import Path

import orjson
import segno
import typst

from bench.statement_words import LINE_HEADS, NOTHING_BEFORE, PAID, list_words
from ltc.rules.person_statements import PersonStatement
from ltc.store.pdf import FONTS

PAGE = Path(__file__).with_name("statement.typ")
VARIANT = "a-3a"


def draw_statement(statement: PersonStatement, code: str, public_url: str) -> bytes:
    """Return a person's statement as a PDF file."""
    words = list_words(statement, code, public_url)
    said = {**asdict(words), "heads": LINE_HEADS, "before": NOTHING_BEFORE, "paid": PAID}
    inputs = {"words": orjson.dumps(said).decode(), "code": _draw_code(words.address)}
    return _get_compiler().compile(format="pdf", sys_inputs=inputs, pdf_standards=VARIANT)


def _draw_code(text: str) -> str:
    target = io.BytesIO()
    segno.make(text, error="m", micro=False).save(target, kind="svg", border=0, omitsize=True)
    return target.getvalue().decode()


@cache
def _get_compiler() -> typst.Compiler:
    """Read the page and the fonts of the product, once a process."""
    return typst.Compiler(
        str(PAGE), root=str(PAGE.parent), font_paths=[str(FONTS)], ignore_system_fonts=True
    )
