"""Shows at the fields of a form what a use-case refused."""

from typing import Any

from flask_babel import gettext as _

from ltc.rules.errors import Problem


def show_refusal(form: Any, problem: Problem) -> None:
    """Put a problem at its field, or at the form where it has none of the form's fields."""
    text = _(problem.template).format(**problem.values)
    if problem.field is not None and problem.field in form:
        field = form[problem.field]
        field.errors = [*field.errors, text]
    else:
        form.form_errors.append(text)
