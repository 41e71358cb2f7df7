"""The words of a page: looked up once for a request, not for each of some two hundred.

flask-babel asks at every word for the request, its language and the catalogue's key: a sixteenth of
the processor time of a page.
"""

from typing import Any

from flask import Flask, g
from flask_babel import get_translations


def register(app: Flask) -> None:
    """Let templates take words and plurals from what the request has looked up."""
    environment: Any = app.jinja_env  # Jinja's extension for words has added the method
    environment.install_gettext_callables(
        gettext=lambda text: _words().ugettext(text),
        ngettext=lambda one, many, count: _words().ungettext(one, many, count),
        newstyle=True,
    )


def _words() -> Any:
    """Return the words in the language of the request."""
    if "page_words" not in g:
        g.page_words = get_translations()
    return g.page_words
