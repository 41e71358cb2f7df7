"""Pages with one form: carry it out, or show it again with what was refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import render_template

from ltc.rules.errors import Problem
from ltc.web.forms.fields import WithdrawForm
from ltc.web.forms.refusals import show_refusal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FormPage:
    """What stands around a form; ``suggestions`` are (code, name) pairs by the id of a datalist.

    ``notice`` says what the button does, ``month_notice`` what that means for a month already paid.
    """

    title: str
    button: str
    cancel: str
    crumbs: Sequence[tuple[str, str]]
    caption: str = ""
    kind: str = "primary"
    notice: str = ""
    suggestions: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    month_notice: str = ""


def carry_out(form: Any, change: Callable[[], T]) -> T | None:
    """Run a use-case with a form that was sent and is well formed; None where nothing was done.

    What the use-case refuses stands at the form afterwards.
    """
    if not form.validate_on_submit():
        return None
    try:
        return change()
    except Problem as problem:
        show_refusal(form, problem)
        return None


def ask_why(page: FormPage, change: Callable[[str], T], leave: Callable[[T], Any]) -> Any:
    """Answer a page that asks for nothing but a reason: withdraw, refuse, accept after all.

    ``change`` is given the reason; ``leave`` what the use-case returned.
    """
    form = WithdrawForm()
    done = carry_out(form, lambda: change(form.reason.data))
    return show_form(form, page) if done is None else leave(done)


def show_form(
    form: Any, page: FormPage, template: str = "shared/form_page.html", **values: Any
) -> tuple[str, int]:
    """Show a form; 422 where it was refused."""
    text = render_template(template, form=form, form_page=page, **values)
    return text, 422 if form.errors else 200
