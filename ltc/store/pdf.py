"""Turns the pages of templates/paper into PDF files, with the fonts that come with the product.

The files are PDF/A-3a: tagged, for archives and screen readers. The style sheet and its fonts are
read once a process: reading them takes longer than a page does. A page may use nothing from
elsewhere: its pictures are written into it, and a character that none of our fonts can draw is
printed as its code point, never with a font that this machine happens to have.
"""

import ctypes
import ctypes.util
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ltc.rules.errors import Conflict

PAPER_CSS = Path(__file__).parents[2] / "static/css/paper.css"
FONTS = Path(__file__).parents[2] / "static/fonts"
FONT_FILES = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf", "NotoSansSCRare-Regular.ttf")
VARIANT = "pdf/a-3a"
POINTS_PER_PIXEL = 0.75
UNDRAWN = "\n\t"  # stand in the page's source, never on paper
SUBSET_LIBRARIES = ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib")
# WeasyPrint shares its fonts between documents, so one at a time.
_one_at_a_time = threading.Lock()


class PrinterMissing(Conflict):
    """Nothing can be printed: the system library Pango is missing. Install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0, then start again."""


class FontMissing(Conflict):
    """Nothing can be printed: the font {file} is missing or damaged. Put static/fonts back as it came with the product, then start again."""


class _Printer(NamedTuple):
    """WeasyPrint's class for documents, and what every document is printed with."""

    html: Any
    css: Any
    fonts: Any
    fetcher: Any
    finisher: Any


class Printed(NamedTuple):
    """A PDF file, its pages, and how many characters were printed as their code point."""

    pdf: bytes
    pages: int
    substitutes: int = 0


def render_pdf(html: str) -> bytes:
    """Return a page of templates/paper as a PDF file; raises PrinterMissing, FontMissing."""
    return print_page(html).pdf


def print_page(html: str) -> Printed:
    """Return a page of templates/paper as a PDF file, with its pages counted.

    The same page always gives the same bytes: no time and no random number goes in. Raises
    PrinterMissing, FontMissing.
    """
    with _one_at_a_time:
        printer = _get_printer()
        drawn, substitutes = replace_undrawable(html)
        source = printer.html(string=drawn, url_fetcher=printer.fetcher)
        document = source.render(stylesheets=[printer.css], font_config=printer.fonts)
        pdf = document.write_pdf(pdf_variant=VARIANT, finisher=printer.finisher)
        return Printed(pdf, len(document.pages), substitutes)


def replace_undrawable(text: str) -> tuple[str, int]:
    """Return a text in which characters without a glyph are code points, and how many they were.

    ``〔U+30EDD〕`` says in print what no font of ours can draw; raises FontMissing.
    """
    unknown = set(text) - _load_drawable()
    if not unknown:
        return text, 0
    names = {ord(sign): f"〔U+{ord(sign):04X}〕" for sign in unknown}
    return text.translate(names), sum(text.count(sign) for sign in unknown)


@cache
def _load_drawable() -> frozenset[str]:
    """Return the characters that are drawn in normal and in bold type; raises FontMissing."""
    normal, bold, rare = (_load_signs(FONTS / name) for name in FONT_FILES)
    return frozenset(map(chr, (normal & bold) | rare)) | frozenset(UNDRAWN)


def _load_signs(path: Path) -> set[int]:
    from fontTools.ttLib import TTFont, TTLibError  # comes with WeasyPrint

    try:
        with TTFont(path, lazy=True) as font:
            return set(font.getBestCmap())
    except (OSError, TTLibError):
        raise FontMissing(file=path.name) from None


def check_printer() -> None:
    """Raise PrinterMissing or FontMissing where no PDF can be made on this machine."""
    with _one_at_a_time:
        _get_printer()
        _load_drawable()


@cache
def is_slow_printer() -> bool:
    """Whether the library that cuts fonts down is missing: printing then takes up to 20 times as long."""
    found = ctypes.util.find_library("harfbuzz-subset")
    return not any(_can_load(name) for name in (found, *SUBSET_LIBRARIES) if name)


def _can_load(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


@cache
def _get_printer() -> _Printer:
    """Load WeasyPrint; it is imported here because it stops where its libraries are missing."""
    try:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except OSError:
        raise PrinterMissing from None
    fonts = FontConfiguration()
    css = CSS(filename=str(PAPER_CSS), font_config=fonts)
    fetcher = URLFetcher(allowed_protocols=("data",))
    return _Printer(HTML, css, fonts, fetcher, _define_finisher())


def _define_finisher() -> Callable[[Any, Any], None]:
    """Return what puts the parts of a PDF right, and turns them into bytes once.

    Files for archives carry an identifier made from all their bytes, so the library would compress
    every part twice: for the identifier, and to write it.
    """
    import pydyf  # type: ignore[import-untyped]  # comes with WeasyPrint

    class Ready(pydyf.Object):  # type: ignore[misc]
        data = b""  # plain values here, reckoned each time they are asked for there
        compressible = False

    def get_ready(part: Any) -> Any:
        ready = Ready()
        ready.number, ready.generation, ready.free = part.number, part.generation, part.free
        ready.data, ready.compressible = part.data, part.compressible
        return ready

    def finish(_document: Any, file: Any) -> None:
        _place_figures(file.objects)
        file.objects = [part if part.free == "f" else get_ready(part) for part in file.objects]

    return finish


def _place_figures(parts: list[Any]) -> None:
    """Say where each figure stands as PDF does: in points, from the lower left of its page.

    The library says it in pixels of CSS, from the upper left.
    """
    named: list[Any] = [part for part in parts if isinstance(part, dict)]
    heights = {p.reference: p["MediaBox"][3] for p in named if p.get("Type") == "/Page"}
    for part in named:
        if part.get("S") == "/Figure":
            height, box = heights[part["Pg"]], part["A"]["BBox"]
            left, top, right, bottom = (POINTS_PER_PIXEL * each for each in box)
            box[:] = (left, height - bottom, right, height - top)
