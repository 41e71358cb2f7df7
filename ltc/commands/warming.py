"""Gets a server ready before its workers are forked: what first requests wait for is done once.

Each worker would otherwise compile every template for itself, and read the words of each language and
the calendar of working days, while people wait for their first page of the morning.
"""

import gc

from flask import Flask
from flask_babel import force_locale, get_translations

from ltc.store.working_days import load_working_days
from ltc.web.shell import LANGUAGES


def warm(app: Flask) -> None:
    """Compile the templates of the pages, read words and calendar, and keep it all out of the way.

    What stands at the end is there for as long as the server: looking through it again and again
    for what could be thrown away would stop every worker for a tenth of a second.
    """
    for name in app.jinja_env.list_templates(filter_func=_is_of_pages):
        app.jinja_env.get_template(name)
    with app.test_request_context():
        for language in LANGUAGES:
            with force_locale(language):
                get_translations()
    load_working_days()
    gc.collect()
    gc.freeze()


def _is_of_pages(name: str) -> bool:
    """Whether a template is shown in a browser; what is printed is printed by other processes."""
    return not name.startswith("paper/")
