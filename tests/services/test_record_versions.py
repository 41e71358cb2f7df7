"""Corrections of persons, providers and carers keep the row as it was, whoever corrects and how."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.providers import CarerKind, CodeTaken, ProviderKind
from ltc.services import insured, providers
from ltc.services.facts import NothingChanged
from ltc.services.insured import Contact
from ltc.services.providers import CarerFacts, ProviderFacts
from ltc.store.insured import InsuredPerson, PersonVersion
from ltc.store.providers import Carer, CarerVersion, Provider, ProviderVersion
from ltc.store.record_versions import list_record_versions
from ltc.store.sealed_cells import open_cell
from ltc.store.sealing import SealBroken
from tests.support.factories import (
    RECORDED_AT,
    make_carer,
    make_district,
    make_identity,
    make_person,
    make_provider,
    make_user,
)

VERSIONS = (PersonVersion, ProviderVersion, CarerVersion)


@pytest.fixture
def officer(session, area, make_ctx):
    """A context of an officer who is known by name."""
    return make_ctx(user_id=make_user(session, Role.OFFICER).id)


def rename_person(ctx, name):
    person = ctx.session.scalar(sa.select(InsuredPerson)) or make_person(ctx.session)
    contact = Contact(name, person.district_id, person.community)
    return insured.correct_person(ctx, person_id=person.id, contact=contact, reason="misspelt")


def rename_provider(ctx, name):
    row = ctx.session.scalar(sa.select(Provider)) or make_provider(ctx.session)
    facts = ProviderFacts(row.code, name, row.kind, row.district_id, row.credit_code or "")
    return providers.correct(ctx, provider_id=row.id, facts=facts, reason="misspelt")


def rename_carer(ctx, name):
    row = ctx.session.scalar(sa.select(Carer)) or make_carer(
        ctx.session, make_provider(ctx.session)
    )
    facts = CarerFacts(
        row.code, name, CarerKind.FAMILY, row.starts_on,
        certificate_number=row.certificate_number,
        certificate_ends_before=row.certificate_ends_before,
    )  # fmt: skip
    return providers.correct_carer(ctx, carer_id=row.id, facts=facts, reason="misspelt")


RENAME = pytest.mark.parametrize("rename", [rename_person, rename_provider, rename_carer])


def versions_of(ctx, record):
    return list_record_versions(ctx.session, ctx.actor, record)


def count_versions(session):
    return sum(session.scalar(sa.select(sa.func.count()).select_from(table)) for table in VERSIONS)


@RENAME
def test_a_correction_keeps_the_row_as_it_was(officer, session, rename):
    record = rename(officer, "王淑真")
    (version,) = versions_of(officer, record)
    assert (record.name, record.recorded_at, record.recorded_by_id, record.reason) == (
        "王淑真", officer.now, officer.actor.user_id, "misspelt",
    )  # fmt: skip
    assert version.name != record.name
    assert (version.recorded_at, version.recorded_by_id, version.reason) == (
        RECORDED_AT, None, None,
    )  # fmt: skip
    assert version.superseded_at == officer.now


@RENAME
def test_versions_follow_each_other_without_a_gap(officer, rename):
    for hours, name in enumerate(("甲", "乙", "丙")):
        officer.now += timedelta(hours=hours)
        record = rename(officer, name)
    rows = [record, *versions_of(officer, record)]
    assert [row.name for row in rows[:3]] == ["丙", "乙", "甲"]
    ends = [version.superseded_at for version in rows[1:]]
    assert ends == [row.recorded_at for row in rows[:-1]]


@RENAME
def test_a_correction_that_changes_nothing_keeps_no_version(officer, session, rename):
    record = rename(officer, "王淑真")
    before = record.recorded_at
    officer.now += timedelta(hours=1)
    with pytest.raises(NothingChanged):
        rename(officer, "王淑真")
    session.refresh(record)
    assert (count_versions(session), record.recorded_at) == (1, before)


def test_a_refused_correction_keeps_no_version(officer, session):
    taken = make_provider(session)
    row = make_provider(session)
    facts = ProviderFacts(taken.code, row.name, ProviderKind.HOME, row.district_id)
    with pytest.raises(CodeTaken):
        providers.correct(officer, provider_id=row.id, facts=facts, reason="wrong")
    assert count_versions(session) == 0


def test_what_is_sealed_opens_in_the_version_and_only_there(officer, session):
    person = make_person(session, phone="13800138000", address="钢花路3号")
    contact = Contact(person.name, person.district_id, phone="13900139000")
    insured.correct_person(officer, person_id=person.id, contact=contact, reason="new phone")
    (version,) = versions_of(officer, person)
    assert open_cell(session, version, "phone_sealed") == "13800138000"
    assert open_cell(session, version, "address_sealed") == "钢花路3号"
    assert open_cell(session, version, "identity_sealed") == open_cell(
        session, person, "identity_sealed"
    )
    assert open_cell(session, person, "phone_sealed") == "13900139000"
    person.phone_sealed = version.phone_sealed
    with pytest.raises(SealBroken):
        open_cell(session, person, "phone_sealed")
    session.rollback()


def test_a_carers_corrected_identity_leaves_the_one_believed_before(officer, session):
    carer = make_carer(session, make_provider(session), kind=CarerKind.FAMILY)
    for number in (701, 702):
        facts = CarerFacts(carer.code, carer.name, carer.kind, carer.starts_on,
                           identity=make_identity(number))  # fmt: skip
        providers.correct_carer(officer, carer_id=carer.id, facts=facts, reason="mistyped")
    newest, first = versions_of(officer, carer)
    assert open_cell(session, newest, "identity_sealed") == make_identity(701)
    assert newest.identity_last4 == make_identity(701)[-4:]
    assert open_cell(session, first, "identity_sealed") != make_identity(701)


def test_versions_are_seen_by_whom_the_record_is_seen(officer, session, make_ctx):
    person = rename_person(officer, "王淑真")
    elsewhere = replace(officer.actor, district_id=make_district(session).id)
    own = replace(officer.actor, district_id=person.district_id)
    assert len(list_record_versions(session, own, person)) == 1
    assert list_record_versions(session, elsewhere, person) == []
    assert person.born_on < date(2019, 1, 1)
