"""Pages of stays in a bed and of fees: list, one, record, correct, withdraw.

Both have the same pages; what differs stands in ``stay_kinds``.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission
from ltc.store.insured import InsuredPerson
from ltc.store.provider_questions import find_providers
from ltc.store.stay_questions import CareFilter, list_care, load_care
from ltc.web.care_receipts import ask_provider, follow_care, warn_of_month
from ltc.web.chosen import list_offered, person_id_of, provider_id_of, suggest
from ltc.web.fact_views import load_history, load_to_change
from ltc.web.form_pages import FormPage, ask_why, carry_out, show_form
from ltc.web.forms.fields import last_day
from ltc.web.list_files import LIST_SUFFIX, give_list
from ltc.web.lists import read_cursor, read_day, read_number, read_sort, read_text
from ltc.web.receipts import leave_receipt
from ltc.web.stay_kinds import KINDS, Kind, bed_days_of, fee_kind_name

blueprint = Blueprint("stays", __name__, url_prefix="/stays")

KIND = "<any(beds, fees):kind>"


@blueprint.get("/", defaults={"kind": "beds"})
@blueprint.get(f"/{KIND}/")
@http.requires(Permission.SEE_STAYS)
def index(kind: str) -> Any:
    """List stays or fees, filtered and sorted, page by page."""
    session, actor, chosen, of = http.database(), http.current_actor(), _read_filter(), KINDS[kind]
    sort = read_sort(of.sorts, of.default_sort, "descending")
    found = list_care(
        session, actor, of.table, chosen, sort.columns, read_cursor(), descending=sort.descending
    )
    ids = {row.provider_id for row, _person in found.rows}
    return render_template(
        "stays/index.html",
        kind=kind,
        of=of,
        page=found,
        sort=sort,
        chosen=chosen,
        providers=find_providers(session, actor.area_id, ids),
        bed_days_of=bed_days_of,
        fee_kind_name=fee_kind_name,
        last_day=last_day,
    )


@blueprint.get(f"/{KIND}/list.{LIST_SUFFIX}")
@http.requires(Permission.SEE_STAYS)
def export(kind: str, suffix: str) -> Any:
    """Give the whole filtered list as a file."""
    of = KINDS[kind]
    found = load_care(http.database(), http.current_actor(), of.table, _read_filter())
    columns = ("reference", "case_number", "name", "provider", *of.columns)
    return give_list(suffix, kind, _(of.title), columns, found, partial(_cells, of))


def _cells(of: Kind, rows: Sequence[tuple[Any, InsuredPerson]]) -> Iterator[list[Any]]:
    ids = {row.provider_id for row, _person in rows}
    providers = find_providers(http.database(), http.current_actor().area_id, ids)
    for row, person in rows:
        provider = providers[row.provider_id].code
        yield [row.reference, person.case_number, person.name, provider, *of.cells(row)]


@blueprint.get(f"/{KIND}/<int:row_id>")
@http.requires(Permission.SEE_STAYS)
def show(kind: str, row_id: int) -> Any:
    """Show a stay or a fee with all its versions."""
    of = KINDS[kind]
    history = load_history(of.table, row_id, of.describe)
    return render_template("stays/show.html", kind=kind, of=of, history=history, row=history.now)


@blueprint.route(f"/{KIND}/record", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_STAYS)
def record(kind: str) -> Any:
    """Record a stay or a fee."""
    of = KINDS[kind]
    form = of.form(data={"person": request.args.get("person", ""), "provider": _own_provider()})
    done = carry_out(form, lambda: of.record(http.context(), facts=_facts(form)))
    if done is None:
        here = url_for("stays.index", kind=kind)
        crumbs = [(_(of.title), here)]
        page = FormPage(
            _(of.record_title), _("Record"), here, crumbs, suggestions=suggest("provider")
        )
        return show_form(form, page)
    return _leave(kind, done, _("%(number)s is recorded.", number=done.reference))


@blueprint.route(f"/{KIND}/<int:row_id>/correct", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_STAYS)
def correct(kind: str, row_id: int) -> Any:
    """Correct a stay or a fee: a new row with a reason, the old one stays readable."""
    of, row = KINDS[kind], _load(kind, row_id)
    form = of.correct_form(data=of.form_data(row))
    keys = {of.key: row.id}
    done = carry_out(
        form,
        lambda: of.correct(http.context(), facts=_facts(form), reason=form.reason.data, **keys),
    )
    if done is None:
        page = _page(kind, of, row, _(of.correct_title), _("Record the correction"))
        return show_form(form, page)
    return _leave(kind, done, _("The correction is recorded."))


@blueprint.route(f"/{KIND}/<int:row_id>/withdraw", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_STAYS)
def withdraw(kind: str, row_id: int) -> Any:
    """Say that a stay or a fee never was."""
    of, row = KINDS[kind], _load(kind, row_id)
    keys = {of.key: row.id}
    notice = _("Withdrawing says: this never was. It is not paid, and stays readable.")
    return ask_why(
        _page(kind, of, row, _(of.withdraw_title), _("Withdraw"), "danger", notice),
        lambda why: of.withdraw(http.context(), reason=why, **keys),
        lambda done: _leave(
            kind, done, _("%(number)s is withdrawn.", number=done.reference),
            next_text=_("its number is free: record it anew if it was right after all"),
        ),
    )  # fmt: skip


def _facts(form: Any) -> Any:
    return form.facts(person_id_of(form.person.data), provider_id_of(form.provider.data))


def _load(kind: str, row_id: int) -> Any:
    return load_to_change(
        KINDS[kind].table, row_id,
        lambda newest: url_for("stays.show", kind=kind, row_id=newest.id),
    )  # fmt: skip


def _own_provider() -> str:
    """Return the code of the only provider that the actor sees, empty where there are more."""
    offered = list_offered("provider")
    return offered[0].code if len(offered) == 1 else ""


def _page(
    kind: str, of: Kind, row: Any, title: str, button: str, tone: str = "primary", notice: str = ""
) -> FormPage:
    here = url_for("stays.show", kind=kind, row_id=row.id)
    crumbs = [(_(of.title), url_for("stays.index", kind=kind)), (row.reference, here)]
    return FormPage(
        title, button, here, crumbs, row.reference, tone, notice, suggest("provider"),
        warn_of_month(row.area_id, of.first_day(row)),
    )  # fmt: skip


def _read_filter() -> CareFilter:
    return CareFilter(read_text("q"), read_number("provider"), read_day("from"), read_day("to"))


def _leave(kind: str, row: Any, title: str, **following: str) -> Any:
    """Leave a receipt that says what follows."""
    leave_receipt(title, row.reference, **(following or _what_follows(kind, row)))
    return redirect(url_for("stays.show", kind=kind, row_id=row.id))


def _what_follows(kind: str, row: Any) -> dict[str, str]:
    still_open = {}
    if kind == "beds" and row.ends_before is None:
        still_open = ask_provider(_("enter the last day when the person leaves"))
    return follow_care(row, KINDS[kind].first_day(row), still_open)
