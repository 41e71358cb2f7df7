"""Turns the pages of templates/paper into PDF files, with the fonts that come with the product.

The style sheet and its fonts are read once a process: reading them takes longer than a page does.
A page may use nothing from elsewhere: it has no pictures and no addresses that are fetched.
"""

import ctypes
import ctypes.util
import threading
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ltc.rules.errors import Conflict

PAPER_CSS = Path(__file__).parents[2] / "static/css/paper.css"
SUBSET_LIBRARIES = ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib")
# WeasyPrint shares its fonts between documents, so one at a time.
_one_at_a_time = threading.Lock()


class PrinterMissing(Conflict):
    """Nothing can be printed: the system library Pango is missing. Install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0, then start again."""


class _Printer(NamedTuple):
    """WeasyPrint's class for documents, and what every document is printed with."""

    html: Any
    css: Any
    fonts: Any
    fetcher: Any


class Printed(NamedTuple):
    """A PDF file and how many pages it has."""

    pdf: bytes
    pages: int


def render_pdf(html: str) -> bytes:
    """Return a page of templates/paper as a PDF file; raises PrinterMissing."""
    return print_page(html).pdf


def print_page(html: str) -> Printed:
    """Return a page of templates/paper as a PDF file, with its pages counted.

    The same page always gives the same bytes: no time and no random number goes in. Raises
    PrinterMissing.
    """
    with _one_at_a_time:
        printer = _get_printer()
        source = printer.html(string=html, url_fetcher=printer.fetcher)
        document = source.render(stylesheets=[printer.css], font_config=printer.fonts)
        return Printed(document.write_pdf(), len(document.pages))


def check_printer() -> None:
    """Raise PrinterMissing where no PDF can be made on this machine."""
    with _one_at_a_time:
        _get_printer()


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
    return _Printer(HTML, css, fonts, URLFetcher(allowed_protocols=("data",)))
