"""Pages of providers and their agreements; carers have pages of their own below."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import Permission
from ltc.rules.providers import PROVIDER_KIND_NAMES, ProviderKind
from ltc.services import providers as use_cases
from ltc.store.carer_questions import SORTS as CARER_SORTS
from ltc.store.carer_questions import CarerFilter, count_carers, list_carers
from ltc.store.provider_questions import (
    SORTS,
    ProviderFilter,
    find_agreements_on,
    get_provider,
    list_agreement_versions,
    list_providers,
    load_providers,
)
from ltc.store.providers import Agreement, Provider, ProviderVersion
from ltc.web import carers
from ltc.web.districts import district_choices, district_names
from ltc.web.fact_views import (
    Rows,
    build_views,
    days_text,
    load_record_history,
    load_to_change,
)
from ltc.web.form_pages import FormPage, ask_why, carry_out, show_form
from ltc.web.formats import said
from ltc.web.forms.fields import last_day
from ltc.web.forms.providers import (
    AgreementForm,
    CorrectAgreementForm,
    CorrectProviderForm,
    ProviderForm,
)
from ltc.web.list_files import LIST_SUFFIX, give_list
from ltc.web.lists import (
    ENDS_SOON,
    choices_of,
    read_choice,
    read_cursor,
    read_number,
    read_sort,
    read_text,
)
from ltc.web.receipts import leave_receipt

blueprint = Blueprint("providers", __name__, url_prefix="/providers")
blueprint.register_blueprint(carers.blueprint)

COLUMNS = ("code", "name", "kind", "district", "credit_code", "agreement", "agreed_to", "carers")


@blueprint.get("/")
@http.requires(Permission.SEE_PROVIDERS)
def index() -> Any:
    """List providers, filtered and sorted, page by page."""
    session, actor, chosen = http.database(), http.current_actor(), _read_filter()
    today, sort = http.context().today, read_sort(SORTS, "code")
    found = list_providers(
        session, actor, chosen, today, sort.columns, read_cursor(), descending=sort.descending
    )
    ids = [provider.id for provider in found.rows]
    return render_template(
        "providers/index.html",
        page=found,
        sort=sort,
        chosen=chosen,
        kinds=choices_of(PROVIDER_KIND_NAMES),
        kind_names=PROVIDER_KIND_NAMES,
        districts=district_choices(),
        district_names=dict(district_choices()),
        agreements=find_agreements_on(session, actor.area_id, ids, today),
        carers=count_carers(session, actor, ids),
        last_day=last_day,
    )


@blueprint.get(f"/providers.{LIST_SUFFIX}")
@http.requires(Permission.SEE_PROVIDERS)
def export(suffix: str) -> Any:
    """Give the whole filtered list as a file."""
    session, actor, today = http.database(), http.current_actor(), http.context().today
    found = load_providers(session, actor, _read_filter(), today)
    return give_list(suffix, "providers", _("Providers"), COLUMNS, found, _cells)


def _cells(rows: Sequence[Provider]) -> Iterator[list[Any]]:
    session, actor, today = http.database(), http.current_actor(), http.context().today
    ids, districts = [row.id for row in rows], dict(district_choices())
    agreements = find_agreements_on(session, actor.area_id, ids, today)
    counts = count_carers(session, actor, ids)
    for row in rows:
        agreement = agreements.get(row.id)
        yield [
            row.code, row.name, row.kind, districts.get(row.district_id, ""), row.credit_code,
            agreement and agreement.number, agreement and last_day(agreement.ends_before),
            counts.get(row.id, 0),
        ]  # fmt: skip


@blueprint.get("/<int:provider_id>")
@http.requires(Permission.SEE_PROVIDERS)
def show(provider_id: int) -> Any:
    """Show a provider with its agreements and its carers."""
    session, actor = http.database(), http.current_actor()
    provider = get_provider(session, actor, provider_id)
    today = http.context().today
    agreements = list_agreement_versions(session, actor, provider.id)
    return render_template(
        "providers/show.html",
        provider=provider,
        kind_names=PROVIDER_KIND_NAMES,
        district_names=district_names(),
        history=load_record_history(provider, _describe_provider),
        agreement=find_agreements_on(session, actor.area_id, [provider.id], today).get(provider.id),
        agreements=build_views(session, actor, agreements, _describe),
        carers=list_carers(
            session, actor, CarerFilter(provider_id=provider.id), CARER_SORTS["name"]
        ),
        **carers.list_values(),
    )


@blueprint.route("/register", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PROVIDERS)
def register() -> Any:
    """Register a provider."""
    form = ProviderForm()
    form.offer(district_choices())
    done = carry_out(form, lambda: use_cases.register(http.context(), facts=form.facts()))
    if done is None:
        title, crumbs = _("Register a provider"), [(_("Providers"), url_for("providers.index"))]
        page = FormPage(title, _("Register"), url_for("providers.index"), crumbs)
        return show_form(form, page)
    return _leave(
        done, _("%(name)s is registered.", name=done.name),
        next_text=_("record the agreement, then the carers"), next_owner=_("Agency officer"),
    )  # fmt: skip


@blueprint.route("/<int:provider_id>/correct", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PROVIDERS)
def correct(provider_id: int) -> Any:
    """Correct what is known of a provider."""
    provider = get_provider(http.database(), http.current_actor(), provider_id)
    form = CorrectProviderForm(obj=provider)
    form.offer(district_choices())
    done = carry_out(
        form,
        lambda: use_cases.correct(
            http.context(), provider_id=provider.id, facts=form.facts(), reason=form.reason.data
        ),
    )
    if done is None:
        title = _("Correct a provider")
        return show_form(form, _page(provider, title, _("Record the correction")))
    return _leave(done, _("The correction is recorded."))


@blueprint.route("/<int:provider_id>/agreements/record", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PROVIDERS)
def record_agreement(provider_id: int) -> Any:
    """Record an agreement of a provider."""
    provider = get_provider(http.database(), http.current_actor(), provider_id)
    form = AgreementForm()
    done = carry_out(
        form,
        lambda: use_cases.record_agreement(
            http.context(), provider_id=provider.id, facts=form.facts()
        ),
    )
    if done is None:
        return show_form(form, _page(provider, _("Record an agreement"), _("Record")))
    return _leave(provider, _("The agreement %(number)s is recorded.", number=done.number))


@blueprint.route("/agreements/<int:agreement_id>/correct", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PROVIDERS)
def correct_agreement(agreement_id: int) -> Any:
    """Correct an agreement: a new row with a reason, the old one stays readable."""
    agreement, provider = _load_agreement(agreement_id)
    form = CorrectAgreementForm(
        data={
            "number": agreement.number,
            "starts_on": agreement.starts_on,
            "ends_on": last_day(agreement.ends_before),
        }
    )
    done = carry_out(
        form,
        lambda: use_cases.correct_agreement(
            http.context(), agreement_id=agreement.id, facts=form.facts(), reason=form.reason.data
        ),
    )
    if done is None:
        title = _("Correct an agreement")
        return show_form(form, _page(provider, title, _("Record the correction")))
    return _leave(provider, _("The correction is recorded."))


@blueprint.route("/agreements/<int:agreement_id>/withdraw", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_PROVIDERS)
def withdraw_agreement(agreement_id: int) -> Any:
    """Say that an agreement never was."""
    agreement, provider = _load_agreement(agreement_id)
    notice = _("Without an agreement what this provider delivered on these days is held.")
    return ask_why(
        _page(provider, _("Withdraw an agreement"), _("Withdraw"), "danger", notice),
        lambda reason: use_cases.withdraw_agreement(
            http.context(), agreement_id=agreement.id, reason=reason
        ),
        lambda done: _leave(
            provider, _("The agreement %(number)s is withdrawn.", number=done.number)
        ),
    )


def _load_agreement(agreement_id: int) -> tuple[Agreement, Provider]:
    agreement = load_to_change(
        Agreement,
        agreement_id,
        lambda newest: url_for("providers.show", provider_id=newest.provider_id),
    )
    session, actor = http.database(), http.current_actor()
    return agreement, get_provider(session, actor, agreement.provider_id)


def _describe_provider(row: Provider | ProviderVersion) -> Rows:
    return [
        (_("Code"), row.code),
        (_("Name"), row.name),
        (_("Kind"), said(PROVIDER_KIND_NAMES[row.kind])),
        (_("District"), district_names().get(row.district_id, "–")),
        (_("Address"), row.address or "–"),
        (_("Unified social credit code"), row.credit_code or "–"),
    ]


def _describe(row: Agreement) -> tuple[str, str]:
    return row.number, days_text(row)


def _page(
    provider: Provider, title: str, button: str, kind: str = "primary", notice: str = ""
) -> FormPage:
    here = url_for("providers.show", provider_id=provider.id)
    crumbs = [(_("Providers"), url_for("providers.index")), (provider.name, here)]
    return FormPage(title, button, here, crumbs, provider.name, kind, notice)


def _read_filter() -> ProviderFilter:
    given = read_text("agreed")
    return ProviderFilter(
        read_text("q"),
        read_choice("kind", ProviderKind),
        read_number("district"),
        {"yes": True, "no": False}.get(given),
        given == ENDS_SOON,
    )


def _leave(provider: Provider, title: str, **following: str) -> Any:
    leave_receipt(title, provider.code, **following)
    return redirect(url_for("providers.show", provider_id=provider.id))
