"""Files of providers with their agreement, and of carers; both are found again by their code."""

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

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
    correct_records,
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
from ltc.store.areas import Organisation, OrganisationKind
from ltc.store.base import new_id
from ltc.store.bulk import insert_records
from ltc.store.import_lookups import find_districts, load_by_column, load_of_providers
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.sealed_cells import Purpose, digest_of

R = TypeVar("R", Provider, Carer)

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
    writes: list[RecordWrite] = [one.write for one in rows]
    _register_providers(ctx, [write for write in writes if write.old is None])
    _correct_providers(ctx, [write for write in writes if write.old is not None], reason)
    agreements = [
        Write({"provider_id": write.old.id, **write.more.values}, write.more.old)
        for write in writes
        if write.more.old is None or not is_same(write.more.values, write.more.old)
    ]
    write_facts(ctx, Agreement, agreements, reason)


def _register_providers(ctx: Context, writes: Sequence[RecordWrite]) -> None:
    """Add providers, each with the organisation that its users belong to."""
    for write in writes:
        address = write.values["address"] or ""
        write.old = _build(ctx, Provider, new_id(), {**write.values, "address": address})
    organisations = [
        Organisation(
            area_id=ctx.area_id, id=provider.id, kind=OrganisationKind.PROVIDER,
            name=provider.name, district_id=provider.district_id,
        )
        for provider in (write.old for write in writes)
    ]  # fmt: skip
    insert_records(ctx.session, organisations)
    insert_records(ctx.session, [write.old for write in writes])


def _correct_providers(ctx: Context, writes: Sequence[RecordWrite], reason: str) -> None:
    """Correct providers, and name their organisations as they are named now."""
    ids = [write.old.id for write in writes]
    organisations = load_by_column(ctx.session, ctx.area_id, Organisation, "id", ids)
    correct_records(ctx, Provider, writes, reason, "provider.corrected")
    for write in writes:
        organisation = organisations[write.old.id]
        organisation.name, organisation.district_id = write.old.name, write.old.district_id
    ctx.session.flush()


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
    writes: list[RecordWrite] = [one.write for one in rows]
    registered = [_build_carer(ctx, write) for write in writes if write.old is None]
    insert_records(ctx.session, registered)
    known = [write for write in writes if write.old is not None]
    correct_records(ctx, Carer, known, reason, "carer.corrected", ("name",))


def _build_carer(ctx: Context, write: RecordWrite) -> Carer:
    row_id = new_id()
    columns = build_columns(ctx, Carer, row_id, write)
    columns["certificate_number"] = write.values["certificate_number"] or ""
    return _build(ctx, Carer, row_id, columns)


def _build(ctx: Context, table: type[R], row_id: int, columns: dict[str, Any]) -> R:
    """Return a new record, learned now, that no session watches."""
    times = {"recorded_at": ctx.now, "recorded_by_id": ctx.actor.user_id}
    return table(area_id=ctx.area_id, id=row_id, **columns, **times)


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
