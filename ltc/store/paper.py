"""Fills the pages of templates/paper: without a request, and the same on every machine."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ltc.rules import statement_words

TEMPLATES = Path(__file__).parents[2] / "templates"


def fill_page(template: str, **values: object) -> str:
    """Return a page as HTML, for ``pdf.render_pdf``; a value that is not given raises."""
    return _get_pages().get_template(template).render(**values)


@cache
def _get_pages() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.filters.update(
        yuan=statement_words.yuan, share=statement_words.share, said_day=statement_words.day
    )
    return pages
