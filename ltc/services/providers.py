"""Providers, their agreements and their carers: register, record, correct."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from stdnum.cn import uscc

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict
from ltc.rules.imports import IdentityElsewhere
from ltc.rules.insured import clean_name, clean_phone, clean_reason
from ltc.rules.months import DayRange
from ltc.rules.providers import (
    CarerKind,
    CodeTaken,
    CreditCodeWrong,
    ProviderKind,
    check_agreement,
    check_certificate,
    check_order,
    clean_code,
)
from ltc.services.context import Context
from ltc.services.facts import (
    NothingChanged,
    correct_fact,
    flush_or_raise,
    record_change,
    record_fact,
    withdraw_recorded,
)
from ltc.services.identity_numbers import parse_identity
from ltc.services.insured import check_district
from ltc.services.record_versions import build_version, keep_version, lock_record
from ltc.store.areas import Organisation, OrganisationKind
from ltc.store.base import new_id
from ltc.store.carer_questions import get_carer
from ltc.store.fact_versions import get_fact
from ltc.store.provider_questions import get_provider, list_agreements
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.scope import visible
from ltc.store.sealed_cells import Purpose, digest_of, seal_cell

ADDRESS_LENGTH_MAX = 300
NUMBER_LENGTH_MAX = 60


class CarerKnown(Conflict):
    """Somebody with this identity number is registered already, as carer {code}."""


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What is known of a provider."""

    code: str
    name: str
    kind: ProviderKind
    district_id: int
    credit_code: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    """Number and days of an agreement; ``ends_before`` is the day after the last."""

    number: str
    starts_on: date
    ends_before: date | None = None


@dataclass(frozen=True, slots=True)
class CarerFacts:
    """What is known of a carer; ``identity`` and ``phone`` None in a correction: left as they are."""

    code: str
    name: str
    kind: CarerKind
    starts_on: date
    ends_before: date | None = None
    certificate_number: str = ""
    certificate_ends_before: date | None = None
    identity: str | None = None
    phone: str | None = None


# --- providers ------------------------------------------------------------------------------------


def register(ctx: Context, *, facts: ProviderFacts) -> Provider:
    """Register a provider, with the organisation that its users belong to.

    Raises CodeTaken, CodeWrong, CreditCodeWrong, DistrictUnknown and what the name is refused for.
    """
    ctx.require(Permission.CHANGE_PROVIDERS)
    values = _provider_values(facts)
    with ctx.transaction() as session:
        check_district(ctx, facts.district_id)
        keys = {"area_id": ctx.area_id, "id": new_id()}
        where = {"name": values["name"], "district_id": values["district_id"]}
        session.add(Organisation(**keys, **where, kind=OrganisationKind.PROVIDER))
        session.flush()
        times = {"recorded_at": ctx.now, "recorded_by_id": ctx.actor.user_id}
        provider = Provider(**keys, **values, **times)
        session.add(provider)
        flush_or_raise(ctx, CodeTaken(field="code", code=values["code"]))
        changes = {name: [None, value] for name, value in values.items()}
        ctx.record("provider.registered", "provider", provider.id, changes)
    return provider


def correct(ctx: Context, *, provider_id: int, facts: ProviderFacts, reason: str) -> Provider:
    """Correct what is known of a provider; raises NothingChanged and what registering raises."""
    ctx.require(Permission.CHANGE_PROVIDERS)
    values, reason = _provider_values(facts), clean_reason(reason)
    with ctx.transaction() as session:
        provider = lock_record(ctx, get_provider(session, ctx.actor, provider_id))
        check_district(ctx, facts.district_id)
        version = build_version(ctx, provider)
        changes = _apply(provider, values)
        keep_version(ctx, provider, version, reason)
        flush_or_raise(ctx, CodeTaken(field="code", code=values["code"]))
        name_organisation(ctx, provider)
        ctx.record("provider.corrected", "provider", provider_id, {**changes, "reason": reason})
    return provider


def name_organisation(ctx: Context, provider: Provider) -> None:
    """Give the organisation that a provider's users belong to the provider's name and district."""
    organisation = ctx.session.get_one(Organisation, (ctx.area_id, provider.id))
    organisation.name, organisation.district_id = provider.name, provider.district_id


# --- agreements -----------------------------------------------------------------------------------


def record_agreement(ctx: Context, *, provider_id: int, facts: AgreementFacts) -> Agreement:
    """Record an agreement; raises AgreementOverlaps, LastDayBeforeFirst."""
    ctx.require(Permission.CHANGE_PROVIDERS)
    with ctx.transaction() as session:
        provider = lock_record(ctx, get_provider(session, ctx.actor, provider_id))
        _check_agreement_of(ctx, provider.id, facts)
        row = record_fact(ctx, Agreement, provider_id=provider.id, **_agreement_values(facts))
        record_change(ctx, "agreement.recorded", row)
    return row


def correct_agreement(
    ctx: Context, *, agreement_id: int, facts: AgreementFacts, reason: str
) -> Agreement:
    """Replace an agreement by a corrected one."""
    ctx.require(Permission.CHANGE_PROVIDERS)
    with ctx.transaction() as session:
        old = get_fact(session, ctx.actor, Agreement, agreement_id)
        lock_record(ctx, get_provider(session, ctx.actor, old.provider_id))
        _check_agreement_of(ctx, old.provider_id, facts, besides=old.id)
        row = correct_fact(ctx, old, reason, **_agreement_values(facts))
        record_change(ctx, "agreement.corrected", row, old)
    return row


def withdraw_agreement(ctx: Context, *, agreement_id: int, reason: str) -> Agreement:
    """Say that an agreement never was."""
    return withdraw_recorded(
        ctx, Permission.CHANGE_PROVIDERS, Agreement, agreement_id, reason, "agreement.withdrawn"
    )


# --- carers ---------------------------------------------------------------------------------------


def register_carer(ctx: Context, *, provider_id: int, facts: CarerFacts) -> Carer:
    """Register a carer at once, where everything is complete.

    Raises CarerKnown, CodeTaken, CertificateMissing and what the identity number is refused for.
    """
    ctx.require(Permission.CHANGE_CARERS)
    values = _carer_values(facts)
    with ctx.transaction() as session:
        provider = get_provider(session, ctx.actor, provider_id)
        carer = Carer(
            area_id=ctx.area_id, id=new_id(), provider_id=provider.id, recorded_at=ctx.now,
            recorded_by_id=ctx.actor.user_id, **values,
        )  # fmt: skip
        _seal_identity(ctx, carer, facts)
        session.add(carer)
        flush_or_raise(ctx, CodeTaken(field="code", code=values["code"]))
        hidden = {"name": digest_of(session, carer.name, Purpose.NAME)}
        changes = {name: [None, value] for name, value in {**values, **hidden}.items()}
        ctx.record("carer.registered", "carer", carer.id, {**changes, "provider_id": provider.id})
    return carer


def correct_carer(ctx: Context, *, carer_id: int, facts: CarerFacts, reason: str) -> Carer:
    """Correct what is known of a carer, at once; raises NothingChanged."""
    ctx.require(Permission.CHANGE_CARERS)
    values, reason = _carer_values(facts), clean_reason(reason)
    with ctx.transaction() as session:
        carer = lock_record(ctx, get_carer(session, ctx.actor, carer_id))
        version = build_version(ctx, carer)
        sealed = (carer.identity_digest, carer.phone_digest)
        _seal_identity(ctx, carer, facts)
        is_sealed_anew = sealed != (carer.identity_digest, carer.phone_digest)
        changes = _apply(carer, values, may_be_empty=is_sealed_anew)
        keep_version(ctx, carer, version, reason)
        if "name" in changes:
            changes["name"] = [digest_of(session, name, Purpose.NAME) for name in changes["name"]]
        flush_or_raise(ctx, CodeTaken(field="code", code=values["code"]))
        personal = {"identity": carer.identity_digest} if is_sealed_anew else {}
        ctx.record("carer.corrected", "carer", carer_id, {**changes, **personal, "reason": reason})
    return carer


def _apply(row: Any, values: dict[str, Any], *, may_be_empty: bool = False) -> dict[str, list[Any]]:
    """Set values on a row and return what changed; raises NothingChanged."""
    changes = {
        name: [getattr(row, name), value]
        for name, value in values.items()
        if getattr(row, name) != value
    }
    if not changes and not may_be_empty:
        raise NothingChanged
    for name, (_before, after) in changes.items():
        setattr(row, name, after)
    return changes


def _provider_values(facts: ProviderFacts) -> dict[str, Any]:
    return {
        "code": clean_code(facts.code),
        "name": clean_name(facts.name),
        "kind": facts.kind,
        "district_id": facts.district_id,
        "credit_code": _clean_credit_code(facts.credit_code),
        "address": " ".join(facts.address.split())[:ADDRESS_LENGTH_MAX],
    }


def _clean_credit_code(text: str) -> str | None:
    """Return a unified social credit code (GB 32100), None for an empty one."""
    code = uscc.compact(text)
    if not code:
        return None
    if not uscc.is_valid(code):
        raise CreditCodeWrong(field="credit_code")
    return str(code)


def _agreement_values(facts: AgreementFacts) -> dict[str, Any]:
    number = clean_name(facts.number, "number")[:NUMBER_LENGTH_MAX]
    return {"number": number, "starts_on": facts.starts_on, "ends_before": facts.ends_before}


def _check_agreement_of(
    ctx: Context, provider_id: int, facts: AgreementFacts, besides: int | None = None
) -> None:
    known = list_agreements(ctx.session, ctx.area_id, provider_id)
    others = [DayRange(row.starts_on, row.ends_before) for row in known if row.id != besides]
    check_agreement(DayRange(facts.starts_on, facts.ends_before), others)


def _carer_values(facts: CarerFacts) -> dict[str, Any]:
    check_order(DayRange(facts.starts_on, facts.ends_before))
    check_certificate(facts.kind, facts.certificate_number, facts.certificate_ends_before)
    return {
        "code": clean_code(facts.code),
        "name": clean_name(facts.name),
        "kind": facts.kind,
        "certificate_number": facts.certificate_number.strip()[:NUMBER_LENGTH_MAX],
        "certificate_ends_before": facts.certificate_ends_before,
        "starts_on": facts.starts_on,
        "ends_before": facts.ends_before,
    }


def _seal_identity(ctx: Context, carer: Carer, facts: CarerFacts) -> None:
    """Seal the identity number and the phone; raises CarerKnown or IdentityElsewhere."""
    session = ctx.session
    if facts.identity:
        number = parse_identity(facts.identity, ctx.today).number
        digest = digest_of(session, number, Purpose.IDENTITY)
        _refuse_known(ctx, carer.id, digest)
        carer.identity_sealed = seal_cell(session, Carer, "identity_sealed", carer.id, number)
        carer.identity_digest, carer.identity_last4 = digest, number[-4:]
    if facts.phone:
        phone = clean_phone(facts.phone)
        carer.phone_sealed = seal_cell(session, Carer, "phone_sealed", carer.id, phone)
        carer.phone_digest = digest_of(session, phone, Purpose.PHONE)


def _refuse_known(ctx: Context, carer_id: int, digest: str) -> None:
    """Raise CarerKnown, or IdentityElsewhere, where the area knows another carer of this identity."""
    query = sa.select(Carer.id, Carer.code).where(
        Carer.area_id == ctx.area_id, Carer.identity_digest == digest, Carer.id != carer_id
    )
    with ctx.session.no_autoflush:
        known = ctx.session.execute(query).first()
        if known is None:
            return
        mine = visible(sa.select(Carer.id).where(Carer.id == known.id), ctx.actor)
        is_mine = ctx.session.scalar(mine) is not None
    if not is_mine:
        raise IdentityElsewhere(field="identity")
    raise CarerKnown(field="identity", code=known.code)
