"""Shows at the fields of a form what a use-case refused."""

from typing import Any

from ltc.rules.errors import Problem
from ltc.web.formats import problem_text
from ltc.web.problem_pages import SERVER_TROUBLE


def show_refusal(form: Any, problem: Problem) -> None:
    """Put a problem at its field, or at the form where it has none of the form's fields.

    Raises what no form is at fault of: it has a page of its own.
    """
    if problem.status >= SERVER_TROUBLE:
        raise problem
    text = problem_text(problem)
    if problem.field is not None and problem.field in form:
        field = form[problem.field]
        field.errors = [*field.errors, text]
    else:
        form.form_errors.append(text)
