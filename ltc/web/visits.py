"""Pages of visits: list, one visit with its checks, log, correct, withdraw, refuse."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission, Role
from ltc.rules.visits import SOURCE_NAMES, VisitSource, wall_of
from ltc.rules.words import N_
from ltc.services import visits as use_cases
from ltc.store.person_records import find_people
from ltc.store.provider_questions import find_providers
from ltc.store.visit_questions import (
    SORTS,
    Listed,
    VisitFilter,
    VisitState,
    list_visits,
    load_visits,
)
from ltc.store.visits import Visit
from ltc.web import visit_forms, visit_words
from ltc.web.care_receipts import ask_provider, follow_care, warn_of_month
from ltc.web.fact_views import load_history, load_to_change
from ltc.web.form_pages import FormPage, ask_why, carry_out, show_form
from ltc.web.formats import area_zone
from ltc.web.forms.visits import CorrectVisitForm, LogForm
from ltc.web.list_files import LIST_SUFFIX, give_list
from ltc.web.lists import (
    choices_of,
    read_choice,
    read_cursor,
    read_day,
    read_number,
    read_sort,
    read_text,
)
from ltc.web.receipts import leave_receipt

blueprint = Blueprint("visits", __name__, url_prefix="/visits")

FORM = "visits/form.html"
STATE_NAMES = {VisitState.ACCEPTED: N_("not refused"), VisitState.REFUSED: N_("refused")}
PRICED_STATE_NAMES = {**STATE_NAMES, VisitState.UNPRICED: N_("without a price")}
COLUMNS = (
    "reference", "case_number", "name", "provider", "carer", "day", "begin", "end", "minutes",
    "items", "source", "refused", "price_fen",
)  # fmt: skip


@blueprint.get("/")
@http.requires(Permission.SEE_VISITS)
def index() -> Any:
    """List visits, filtered and sorted, page by page; a carer sees the next one first."""
    if http.current_actor().role is Role.CARER:
        return render_template("visits/own.html", **visit_words.own_visits())
    session, actor, chosen = http.database(), http.current_actor(), _read_filter()
    sort = read_sort(SORTS, "begins_at", "descending")
    found = list_visits(
        session, actor, chosen, sort.columns, read_cursor(), descending=sort.descending
    )
    ids = {visit.provider_id for visit, _person, _carer in found.rows}
    has_prices = visit_forms.may_need_price()
    return render_template(
        "visits/index.html",
        page=found,
        sort=sort,
        chosen=chosen,
        sources=choices_of(SOURCE_NAMES),
        source_names=SOURCE_NAMES,
        states=choices_of(PRICED_STATE_NAMES if has_prices else STATE_NAMES),
        has_prices=has_prices,
        providers=find_providers(session, actor.area_id, ids),
    )


@blueprint.get(f"/visits.{LIST_SUFFIX}")
@http.requires(Permission.SEE_VISITS)
def export(suffix: str) -> Any:
    """Give the whole filtered list as a file."""
    found = load_visits(http.database(), http.current_actor(), _read_filter())
    return give_list(suffix, "visits", _("Visits"), COLUMNS, found, _cells)


def _cells(rows: Sequence[Listed]) -> Iterator[list[Any]]:
    ids, zone = {visit.provider_id for visit, _person, _carer in rows}, area_zone()
    providers = find_providers(http.database(), http.current_actor().area_id, ids)
    for visit, person, carer in rows:
        begin, end = wall_of(visit.begins_at, zone), wall_of(visit.ends_at, zone)
        yield [
            visit.reference, person.case_number, person.name, providers[visit.provider_id].code,
            carer.code, visit.service_on, begin.time(), end.time(),
            visit.ends_min - visit.begins_min, visit.items, visit.source, visit.refused,
            visit.price_fen,
        ]  # fmt: skip


@blueprint.get("/<int:visit_id>")
@http.requires(Permission.SEE_VISITS)
def show(visit_id: int) -> Any:
    """Show a visit with its checks and all its versions."""
    history = load_history(Visit, visit_id, visit_words.describe)
    visit: Visit = history.now
    found = [] if visit.withdrawn else use_cases.check(http.context(), visit)
    return render_template(
        "visits/show.html",
        history=history,
        visit=visit,
        person=find_people(http.database(), visit.area_id, [visit.person_id])[visit.person_id],
        findings=visit_words.view_findings(found),
        is_unpriced=visit_forms.is_unpriced(visit),
    )


@blueprint.route("/log", methods=["GET", "POST"])
@http.requires(Permission.LOG_VISITS)
def log() -> Any:
    """Log a visit afterwards, from memory or from paper."""
    form = LogForm(data={"person": request.args.get("person", ""), "on": http.context().today})
    visit_forms.prepare(form)
    done = carry_out(
        form,
        lambda: use_cases.log(
            http.context(),
            facts=visit_forms.read_facts(form, form.source.data),
            reason=form.reason.data,
        ),
    )
    if done is None:
        crumbs = [(_("Visits"), url_for("visits.index"))]
        page = FormPage(
            _("Log a visit"),
            _("Log"),
            url_for("visits.index"),
            crumbs,
            suggestions=visit_forms.suggestions(),
        )
        return show_form(form, page, FORM)
    return _leave(done, _("The visit %(number)s is logged.", number=done.reference))


@blueprint.route("/<int:visit_id>/correct", methods=["GET", "POST"])
@http.requires(Permission.LOG_VISITS)
def correct(visit_id: int) -> Any:
    """Correct a visit: a new row with a reason, the original stays beside it."""
    visit = _load(visit_id)
    form = CorrectVisitForm(data=visit_forms.form_data(visit))
    visit_forms.prepare(form)
    done = carry_out(
        form,
        lambda: use_cases.correct(
            http.context(), visit_id=visit.id, reason=form.reason.data,
            facts=visit_forms.read_facts(form, visit.source, visit),
        ),
    )  # fmt: skip
    if done is None:
        return show_form(form, _page(visit, _("Correct a visit"), _("Record the correction")), FORM)
    return _leave(done, _("The correction is recorded."))


@blueprint.route("/<int:visit_id>/withdraw", methods=["GET", "POST"])
@http.requires(Permission.LOG_VISITS)
def withdraw(visit_id: int) -> Any:
    """Say that a visit never was."""
    visit = _load(visit_id)
    notice = _("Withdrawing says: this visit never was. It is not paid, and stays readable.")
    return ask_why(
        _page(visit, _("Withdraw a visit"), _("Withdraw"), "danger", notice),
        lambda why: use_cases.withdraw(http.context(), visit_id=visit.id, reason=why),
        lambda done: _leave(
            done, _("The visit %(number)s is withdrawn.", number=done.reference),
            next_text=_("its number is free: log the visit anew if it took place after all"),
        ),
    )  # fmt: skip


@blueprint.route("/<int:visit_id>/refuse", methods=["GET", "POST"])
@http.requires(Permission.REFUSE_VISITS)
def refuse(visit_id: int) -> Any:
    """Refuse a visit at the check."""
    visit = _load(visit_id)
    notice = _(
        "A refused visit is not paid; its reason stands on the line, and the provider can answer it."
    )
    return ask_why(
        _page(visit, _("Refuse a visit"), _("Refuse the visit"), "danger", notice),
        lambda why: use_cases.refuse(http.context(), visit_id=visit.id, reason=why),
        lambda done: _leave(
            done, _("The visit %(number)s is refused.", number=done.reference),
            next_text=_("may answer, or correct the visit"), next_owner=_("The provider"),
        ),
    )  # fmt: skip


@blueprint.route("/<int:visit_id>/take-back", methods=["GET", "POST"])
@http.requires(Permission.REFUSE_VISITS)
def take_back(visit_id: int) -> Any:
    """Accept a refused visit after all."""
    visit = _load(visit_id)
    return ask_why(
        _page(visit, _("Accept the visit after all"), _("Accept the visit")),
        lambda why: use_cases.take_back_refusal(http.context(), visit_id=visit.id, reason=why),
        lambda done: _leave(done, _("The visit %(number)s is accepted.", number=done.reference)),
    )


def _load(visit_id: int) -> Visit:
    return load_to_change(
        Visit, visit_id, lambda newest: url_for("visits.show", visit_id=newest.id)
    )


def _page(
    visit: Visit, title: str, button: str, kind: str = "primary", notice: str = ""
) -> FormPage:
    here = url_for("visits.show", visit_id=visit.id)
    crumbs = [(_("Visits"), url_for("visits.index")), (visit.reference, here)]
    return FormPage(
        title, button, here, crumbs, visit.reference, kind, notice, visit_forms.suggestions(),
        warn_of_month(visit.area_id, visit.service_on),
    )  # fmt: skip


def _read_filter() -> VisitFilter:
    return VisitFilter(
        read_text("q"),
        read_number("provider"),
        read_number("carer"),
        read_day("from"),
        read_day("to"),
        read_choice("source", VisitSource),
        read_choice("state", VisitState),
    )


def _leave(visit: Visit, title: str, **following: str) -> Any:
    """Leave a receipt that says what follows."""
    leave_receipt(title, visit.reference, **(following or _what_follows(visit)))
    return redirect(url_for("visits.show", visit_id=visit.id))


def _what_follows(visit: Visit) -> dict[str, str]:
    if visit.refused:
        text = _("it stays refused until the agency accepts it after all")
        return {"next_text": text, "next_owner": _("Agency officer")}
    still_open = {}
    if visit_forms.is_unpriced(visit):
        text = _("enter its price, or a fee that covers it: until then it is held")
        still_open = ask_provider(text)
    return follow_care(visit, visit.service_on, still_open)
