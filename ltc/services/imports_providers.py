"""Files of providers with their agreement, and of carers; both are found again by their code."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from stdnum.cn import uscc

from ltc.rules.errors import Problem
from ltc.rules.imports import (
    DistrictCodeUnknown,
    ImportKind,
    Outcome,
    check_order,
    parse_choice,
    parse_day,
    parse_text,
    shorten,
)
from ltc.rules.insured import clean_name, clean_phone
from ltc.rules.months import ONE_DAY, DayRange
from ltc.rules.providers import (
    CarerKind,
    CreditCodeWrong,
    ProviderKind,
    check_agreement,
    check_certificate,
    clean_code,
)
from ltc.services.context import Context
from ltc.services.csv_files import Row
from ltc.services.identity_numbers import parse_identity
from ltc.services.import_facts import Write, is_same, write_facts
from ltc.services.import_records import (
    RecordWrite,
    build_columns,
    check_records,
    correct_record,
)
from ltc.services.import_rows import (
    Checked,
    Known,
    Spec,
    cell,
    need,
    optional,
    optional_text,
    refuse,
)
from ltc.services.providers import name_organisation
from ltc.store.areas import Organisation, OrganisationKind
from ltc.store.base import new_id
from ltc.store.import_lookups import find_districts, load_of_providers
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.sealed_cells import Purpose, digest_of

NAME_LENGTH_MAX = 200
ADDRESS_LENGTH_MAX = 300
NUMBER_LENGTH_MAX = 60


def check_providers(ctx: Context, rows: Sequence[Row]) -> list[Checked]:
    """Check a chunk of providers."""
    districts = find_districts(ctx.session, ctx.area_id)
    read = partial(_read_provider, ctx, districts)
    checked = check_records(ctx, rows, Provider, read, "credit_code")
    known = [one for one in checked if one.problem is None and one.write.old is not None]
    agreements = load_of_providers(
        ctx.session, ctx.area_id, Agreement, {one.write.old.id for one in known}
    )
    for one in known:
        try:
            _compare_agreement(one, agreements.get(one.write.old.id, []))
        except Problem as problem:
            refused = refuse(one.row, problem)
            one.outcome, one.problem = refused.outcome, refused.problem
    return checked


def _read_provider(ctx: Context, districts: dict[str, int], row: Row) -> RecordWrite:
    first = parse_day(cell(row, "agreement_from"), "agreement_from")
    last = optional(row, "agreement_to", parse_day)
    check_order(first, last, "agreement_to")
    agreement = {
        "number": need(row, "agreement_number", NUMBER_LENGTH_MAX),
        "starts_on": first,
        "ends_before": last and last + ONE_DAY,
    }
    district = need(row, "district")
    own = ctx.actor.district_id
    if district not in districts or own not in (None, districts[district]):
        choices = ", ".join(sorted(districts))
        raise DistrictCodeUnknown(field="district", text=shorten(district), choices=choices)
    values = {
        "code": clean_code(cell(row, "code")),
        "name": parse_text(cell(row, "name"), "name", NAME_LENGTH_MAX),
        "credit_code": optional(row, "credit_code", _parse_credit_code),
        "kind": parse_choice(cell(row, "kind"), "kind", ProviderKind),
        "district_id": districts[district],
        "address": optional_text(row, "address", ADDRESS_LENGTH_MAX) or None,
    }
    return RecordWrite(values, more=Write(agreement, None))


def _parse_credit_code(text: str, column: str) -> str:
    code = text.strip().upper()
    if not uscc.is_valid(code):
        raise CreditCodeWrong(field=column)
    return code


def _compare_agreement(one: Checked, recorded: Sequence[Any]) -> None:
    """Find the agreement again by its number; raises where it overlaps with another."""
    values = one.write.more.values
    old = next((row for row in recorded if row.number == values["number"]), None)
    others = [DayRange(row.starts_on, row.ends_before) for row in recorded if row is not old]
    check_agreement(DayRange(values["starts_on"], values["ends_before"]), others)
    one.write.more = Write(values, old)
    if old is None or not is_same(values, old):
        one.outcome = Outcome.CHANGED


def _carry_out_providers(ctx: Context, rows: Sequence[Checked], reason: str) -> None:
    agreements = []
    for one in rows:
        write: RecordWrite = one.write
        if write.old is None:
            provider_id = _register_provider(ctx, write)
        else:
            provider_id = write.old.id
            correct_record(ctx, Provider, write, reason, "provider.corrected")
            name_organisation(ctx, write.old)
        values, old = write.more
        if old is None or not is_same(values, old):
            agreements.append(Write({"provider_id": provider_id, **values}, old))
    ctx.session.flush()
    write_facts(ctx, Agreement, agreements, reason)


def _register_provider(ctx: Context, write: RecordWrite) -> int:
    """Add the provider with the organisation that its users belong to."""
    row_id, values = new_id(), write.values
    ctx.session.add(
        Organisation(
            area_id=ctx.area_id, id=row_id, kind=OrganisationKind.PROVIDER,
            name=values["name"], district_id=values["district_id"],
        )
    )  # fmt: skip
    ctx.session.flush()
    address = values["address"] or ""
    _add(ctx, Provider, row_id, {**values, "address": address})
    return row_id


def check_carers(ctx: Context, rows: Sequence[Row]) -> list[Checked]:
    """Check a chunk of carers."""
    known = Known.load(ctx, rows)
    return check_records(ctx, rows, Carer, partial(_read_carer, ctx, known), "identity_digest")


def _read_carer(ctx: Context, known: Known, row: Row) -> RecordWrite:
    first = parse_day(cell(row, "employed_from"), "employed_from")
    last = optional(row, "employed_to", parse_day)
    check_order(first, last, "employed_to")
    kind = parse_choice(cell(row, "kind"), "kind", CarerKind)
    certificate_to = optional(row, "certificate_to", parse_day)
    certificate = optional_text(row, "certificate_number", NUMBER_LENGTH_MAX)
    check_certificate(kind, certificate, certificate_to)
    identity = cell(row, "identity") and parse_identity(cell(row, "identity"), ctx.today).number
    phone = cell(row, "phone") and clean_phone(cell(row, "phone"))
    values = {
        "code": clean_code(cell(row, "code")),
        "provider_id": known.provider(ctx, row),
        "name": clean_name(row.values.get("name", "")),
        "kind": kind,
        "identity_digest": digest_of(ctx.session, identity, Purpose.IDENTITY) if identity else None,
        "identity_last4": identity[-4:] or None,
        "phone_digest": digest_of(ctx.session, phone, Purpose.PHONE) if phone else None,
        "certificate_number": certificate or None,
        "certificate_ends_before": certificate_to and certificate_to + ONE_DAY,
        "starts_on": first,
        "ends_before": last and last + ONE_DAY,
    }
    sealed = {"identity_sealed": identity or None, "phone_sealed": phone or None}
    return RecordWrite(values, sealed)


def _carry_out_carers(ctx: Context, rows: Sequence[Checked], reason: str) -> None:
    for one in rows:
        write: RecordWrite = one.write
        if write.old is not None:
            correct_record(ctx, Carer, write, reason, "carer.corrected", ("name",))
            continue
        row_id = new_id()
        columns = build_columns(ctx, Carer, row_id, write)
        _add(
            ctx,
            Carer,
            row_id,
            {**columns, "certificate_number": write.values["certificate_number"] or ""},
        )
    ctx.session.flush()


def _add(ctx: Context, table: type[Any], row_id: int, columns: dict[str, Any]) -> None:
    times = {"recorded_at": ctx.now, "recorded_by_id": ctx.actor.user_id}
    ctx.session.add(table(area_id=ctx.area_id, id=row_id, **columns, **times))


PROVIDERS = Spec(
    ImportKind.PROVIDERS,
    ("code", "name", "kind", "district", "agreement_number", "agreement_from"),
    ("agreement_to", "credit_code", "address"),
    check_providers,
    _carry_out_providers,
)
CARERS = Spec(
    ImportKind.CARERS,
    ("code", "name", "kind", "employed_from"),
    ("provider_code", "employed_to", "identity", "phone", "certificate_number", "certificate_to"),
    check_carers,
    _carry_out_carers,
)
