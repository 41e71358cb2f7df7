"""Pages of carers: all of them, one, register, correct. A change holds at once."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import ROLE_NAMES, Permission, Role
from ltc.rules.insured import mask_from_last4, mask_number
from ltc.rules.providers import CARER_KIND_NAMES, CarerKind
from ltc.services import providers as use_cases
from ltc.store.carer_questions import SORTS, CarerFilter, get_carer, list_carers, load_carers
from ltc.store.endings import DAYS_AHEAD
from ltc.store.provider_questions import find_providers, get_provider
from ltc.store.providers import Carer, CarerVersion
from ltc.store.sealed_cells import open_cell
from ltc.web.fact_views import ToldApart, days_text, load_record_history
from ltc.web.form_pages import FormPage, carry_out, show_form
from ltc.web.formats import day, said
from ltc.web.forms.fields import last_day
from ltc.web.forms.providers import CarerForm, CorrectCarerForm
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

blueprint = Blueprint("carers", __name__)

COLUMNS = (
    "code", "name", "identity", "kind", "provider", "certificate_number", "certificate_to",
    "employed_from", "employed_to",
)  # fmt: skip


@blueprint.get("/carers")
@http.requires(Permission.SEE_PROVIDERS)
def index() -> Any:
    """List carers, filtered and sorted, page by page."""
    session, actor, chosen = http.database(), http.current_actor(), _read_filter()
    sort = read_sort(SORTS, "code")
    found = list_carers(
        session, actor, chosen, sort.columns, read_cursor(), descending=sort.descending
    )
    return render_template(
        "providers/carers.html",
        page=found,
        sort=sort,
        chosen=chosen,
        kinds=choices_of(CARER_KIND_NAMES),
        own_provider_id=actor.organisation_id if actor.role is Role.PROVIDER_MANAGER else None,
        providers=find_providers(session, actor.area_id, {row.provider_id for row in found.rows}),
        **list_values(),
    )


@blueprint.get(f"/carers.{LIST_SUFFIX}")
@http.requires(Permission.SEE_PROVIDERS)
def export(suffix: str) -> Any:
    """Give the whole filtered list as a file, numbers masked."""
    found = load_carers(http.database(), http.current_actor(), _read_filter())
    return give_list(suffix, "carers", _("Carers"), COLUMNS, found, _cells)


def _cells(rows: Sequence[Carer]) -> Iterator[list[Any]]:
    ids = {row.provider_id for row in rows}
    providers = find_providers(http.database(), http.current_actor().area_id, ids)
    for row in rows:
        yield [
            row.code, row.name, row.identity_last4 and mask_from_last4(row.identity_last4),
            row.kind, providers[row.provider_id].code, row.certificate_number,
            last_day(row.certificate_ends_before), row.starts_on, last_day(row.ends_before),
        ]  # fmt: skip


@blueprint.get("/carers/<int:carer_id>")
@http.requires(Permission.SEE_PROVIDERS)
def show(carer_id: int) -> Any:
    """Show a carer."""
    session, actor = http.database(), http.current_actor()
    carer = get_carer(session, actor, carer_id)
    history = load_record_history(carer, _describe)
    return render_template(
        "providers/carer.html",
        carer=carer,
        phone=_masked_phone(carer),
        history=history,
        provider=find_providers(session, actor.area_id, [carer.provider_id])[carer.provider_id],
        mask=mask_from_last4,
        **list_values(),
    )


def _masked_phone(row: Carer | CarerVersion) -> str | None:
    phone = open_cell(http.database(), row, "phone_sealed")
    return phone and mask_number(phone)


def _masked_identity(row: Carer | CarerVersion) -> str | None:
    return row.identity_last4 and mask_from_last4(row.identity_last4)


def _describe(row: Carer | CarerVersion) -> ToldApart:
    provider = find_providers(http.database(), row.area_id, [row.provider_id])[row.provider_id]
    return [
        (_("Code"), row.code),
        (_("Name"), row.name),
        (_("Kind"), said(CARER_KIND_NAMES[row.kind])),
        (_("Provider"), provider.name),
        (_("Identity number"), _masked_identity(row) or "–", row.identity_digest or ""),
        (_("Phone"), _masked_phone(row) or "–", row.phone_digest or ""),
        (_("Certificate"), _describe_certificate(row)),
        (_("Employed"), days_text(row)),
    ]


def _describe_certificate(row: Carer | CarerVersion) -> str:
    if row.certificate_ends_before is None:
        return row.certificate_number or "–"
    last = day(last_day(row.certificate_ends_before))
    return str(_("%(number)s, to %(day)s", number=row.certificate_number, day=last))


@blueprint.route("/<int:provider_id>/carers/register", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_CARERS)
def register(provider_id: int) -> Any:
    """Register a carer of a provider."""
    provider = get_provider(http.database(), http.current_actor(), provider_id)
    form = CarerForm()
    done = carry_out(
        form,
        lambda: use_cases.register_carer(
            http.context(), provider_id=provider.id, facts=form.facts()
        ),
    )
    if done is None:
        here = url_for("providers.show", provider_id=provider.id)
        crumbs = [(_("Providers"), url_for("providers.index")), (provider.name, here)]
        title = _("Register a carer")
        return show_form(form, FormPage(title, _("Register"), here, crumbs, provider.name))
    return _leave(
        done, _say_registered(done),
        next_text=_("creates a user for whoever logs visits on a phone: that takes this code"),
        next_owner=_(ROLE_NAMES[Role.ADMINISTRATOR]),
    )  # fmt: skip


def _say_registered(carer: Carer) -> str:
    """Say from when somebody may log visits; of who may not (any more), the page says why."""
    today = http.context().today
    ends = (carer.ends_before, carer.certificate_ends_before)
    if any(end is not None and end <= today for end in ends):
        return str(_("%(name)s is registered.", name=carer.name))
    if carer.starts_on > today:
        first = day(carer.starts_on)
        return str(_("%(name)s is registered and may log visits from %(day)s.",
                     name=carer.name, day=first))  # fmt: skip
    return str(_("%(name)s is registered and may log visits at once.", name=carer.name))


@blueprint.route("/carers/<int:carer_id>/correct", methods=["GET", "POST"])
@http.requires(Permission.CHANGE_CARERS)
def correct(carer_id: int) -> Any:
    """Correct what is known of a carer; it holds at once."""
    carer = get_carer(http.database(), http.current_actor(), carer_id)
    form = CorrectCarerForm(data=_form_data(carer))
    done = carry_out(
        form,
        lambda: use_cases.correct_carer(
            http.context(), carer_id=carer.id, facts=form.facts(), reason=form.reason.data
        ),
    )
    if done is None:
        here = url_for("providers.carers.show", carer_id=carer.id)
        crumbs = [(_("Carers"), url_for("providers.carers.index")), (carer.name, here)]
        title = _("Correct a carer")
        page = FormPage(title, _("Record the correction"), here, crumbs, carer.code)
        return show_form(form, page)
    return _leave(done, _("The correction is recorded."))


def list_values() -> dict[str, Any]:
    """Return what every list of carers needs: names of kinds, and which certificates end."""
    today = http.context().today
    return {
        "carer_kind_names": CARER_KIND_NAMES,
        "today": today,
        "soon": today + DAYS_AHEAD,
        "last_day": last_day,
    }


def _form_data(carer: Carer) -> dict[str, Any]:
    """What is recorded, as a form shows it; identity number and phone are never shown again."""
    return {
        "code": carer.code,
        "name": carer.name,
        "kind": carer.kind,
        "certificate_number": carer.certificate_number,
        "certificate_ends_on": last_day(carer.certificate_ends_before),
        "starts_on": carer.starts_on,
        "ends_on": last_day(carer.ends_before),
    }


def _read_filter() -> CarerFilter:
    ending_on = http.context().today if read_text("certificate") == ENDS_SOON else None
    kind, provider_id = read_choice("kind", CarerKind), read_number("provider")
    return CarerFilter(read_text("q"), kind, provider_id, ending_on)


def _leave(carer: Carer, title: str, **following: str) -> Any:
    leave_receipt(title, carer.code, **following)
    return redirect(url_for("providers.carers.show", carer_id=carer.id))
