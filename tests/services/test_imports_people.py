from datetime import date

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.store.areas import Organisation
from ltc.store.audit_log import AuditEvent
from ltc.store.base import known_at
from ltc.store.insured import Assistance, Enrolment, InsuredPerson, PersonVersion
from ltc.store.plans import CarePlan, PlanItem
from ltc.store.providers import Agreement, Carer, CarerVersion, Provider, ProviderVersion
from ltc.store.sealed_cells import open_cell
from tests.services.import_files import ROWS, counts, import_file, make_world, try_file, write_csv
from tests.support.factories import make_district, make_identity, make_person, make_user

PERSON_BIRTH = date(1950, 1, 2)
PERSON, PLAN = ROWS[ImportKind.PEOPLE], ROWS[ImportKind.PLANS]
PROVIDER, CARER = ROWS[ImportKind.PROVIDERS], ROWS[ImportKind.CARERS]


@pytest.fixture
def world(session, area):
    return make_world(session)


@pytest.fixture
def officer(make_ctx, world):
    return make_ctx(Role.OFFICER)


def write(tmp_path, *rows):
    return write_csv(tmp_path / "file.csv", rows)


def test_a_person_arrives_sealed_with_the_enrolment(officer, session, tmp_path):
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, PERSON))
    person = session.scalar(sa.select(InsuredPerson).where(InsuredPerson.name == "张三"))
    assert person.case_number == "CHO2019000001"
    assert open_cell(session, person, "identity_sealed") == PERSON["identity"]
    assert open_cell(session, person, "phone_sealed") == PERSON["phone"]
    assert open_cell(session, person, "address_sealed") == PERSON["address"]
    enrolment = session.scalar(sa.select(Enrolment).where(Enrolment.person_id == person.id))
    assert (enrolment.scheme, enrolment.contribution_years) == ("employee", 20)


@pytest.mark.parametrize("name", ["王", "𬭼" * 60, "迪丽热巴·迪力木拉提"])
def test_names_of_one_to_sixty_characters_are_kept(officer, session, tmp_path, name):
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, {**PERSON, "name": name}))
    assert name in set(session.scalars(sa.select(InsuredPerson.name)))


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"name": "𬭼" * 61}, "name"),
        ({"name": "张\u200b三"}, "name"),
        ({"identity": PERSON["identity"][:-1] + "?"}, "identity"),
        ({"identity": make_identity(500)[:-1] + ("1" if make_identity(500)[-1] == "0" else "0")},
         "identity"),
        ({"district": "Nowhere"}, "district"),
        ({"scheme": "both"}, "scheme"),
        ({"contribution_years": "-1"}, "contribution_years"),
        ({"contribution_years": "1.5"}, "contribution_years"),
        ({"insured_from": "2019-02-29"}, "insured_from"),
        ({"insured_from": "1930-01-01"}, "insured_from"),
        ({"insured_to": "2014-12-31"}, "insured_to"),
        ({"phone": "call me"}, "phone"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_person_is_said_with_its_column(officer, tmp_path, change, column):
    row = {**PERSON, "insured_to": "", **change}
    file = try_file(officer, ImportKind.PEOPLE, write(tmp_path, row))
    assert counts(file) == {"bad": 1}
    assert file.problems[0]["column"] == column


def test_an_overlapping_enrolment_is_a_conflict(officer, session, tmp_path):
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, PERSON))
    moved = write(tmp_path, {**PERSON, "insured_from": "2018-01-01"})
    file = try_file(officer, ImportKind.PEOPLE, moved)
    assert counts(file) == {"conflict": 1}
    assert file.problems[0]["column"] == "insured_from"


def test_case_numbers_must_fit_the_identity_number(officer, session, tmp_path):
    rows = [
        {**PERSON, "case_number": "A1"},
        {**PERSON, "identity": make_identity(1, PERSON_BIRTH), "case_number": "N1"},
        {**PERSON, "identity": make_identity(2, PERSON_BIRTH), "case_number": "N1"},
    ]
    file = import_file(officer, ImportKind.PEOPLE, write(tmp_path, *rows))
    assert counts(file) == {"new": 1, "conflict": 2}
    again = {**rows[1], "case_number": "N2"}
    assert counts(import_file(officer, ImportKind.PEOPLE, write(tmp_path, again))) == {
        "conflict": 1
    }


def test_numbers_that_came_with_a_file_are_not_given_out_again(officer, session, tmp_path):
    rows = [
        {**PERSON, "case_number": "CHO2019000001"},
        {**PERSON, "identity": make_identity(501), "case_number": ""},
    ]
    for row in rows:
        import_file(officer, ImportKind.PEOPLE, write(tmp_path, row))
    numbers = set(session.scalars(sa.select(InsuredPerson.case_number)))
    assert {"CHO2019000001", "CHO2019000002"} <= numbers


def test_empty_cells_leave_what_is_recorded(officer, session, tmp_path):
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, PERSON))
    bare = {**PERSON, "phone": "", "address": "", "community": ""}
    assert counts(import_file(officer, ImportKind.PEOPLE, write(tmp_path, bare))) == {"same": 1}


def test_a_corrected_person_leaves_an_event_without_personal_data(officer, session, tmp_path):
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, PERSON))
    changed = {**PERSON, "name": "张叁", "phone": "13700137000", "address": "新路2号"}
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, changed))
    query = sa.select(AuditEvent.changes).where(AuditEvent.action == "person.corrected")
    (changes,) = session.scalars(query)
    assert set(changes) == {"name", "phone", "address", "reason"}
    assert not [secret for secret in ("张", "137", "新路") if secret in str(changes["name"])]
    assert len(list(session.scalars(sa.select(Enrolment).where(known_at(Enrolment, None))))) == 2


def test_a_corrected_person_keeps_what_was_believed_before(officer, session, tmp_path):
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, PERSON))
    changed = {**PERSON, "name": "张叁", "phone": "13700137000"}
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, changed))
    (version,) = session.scalars(sa.select(PersonVersion))
    assert version.name == "张三"
    assert open_cell(session, version, "phone_sealed") == PERSON["phone"]
    person = session.get(InsuredPerson, (1, version.record_id))
    assert person.reason.startswith("import ")
    assert person.recorded_at == version.superseded_at == officer.now


def test_a_file_that_changes_no_contact_keeps_no_version(officer, session, tmp_path):
    for years in ("20", "21"):
        row = {**PERSON, "contribution_years": years, "assistance": "poor" + years}
        import_file(officer, ImportKind.PEOPLE, write(tmp_path, row))
    assert session.scalar(sa.select(sa.func.count()).select_from(PersonVersion)) == 0


def periods(session):
    """Category, first and last-but-one day of what is believed of the person of the file."""
    query = sa.select(Assistance).where(known_at(Assistance, None)).order_by(Assistance.starts_on)
    return [(a.category, str(a.starts_on), a.ends_before) for a in session.scalars(query)]


def test_a_category_of_assistance_holds_from_the_first_day_of_the_enrolment(
    officer, session, tmp_path
):
    row = {**PERSON, "assistance": "poor"}
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, row))
    assert periods(session) == [("poor", "2015-01-01", None)]
    assert counts(import_file(officer, ImportKind.PEOPLE, write(tmp_path, row))) == {"same": 1}
    assert counts(import_file(officer, ImportKind.PEOPLE, write(tmp_path, PERSON))) == {"same": 1}


def test_another_category_in_the_file_corrects_the_one_before(officer, session, tmp_path):
    for category in ("poor", "poorest"):
        row = {**PERSON, "assistance": category}
        import_file(officer, ImportKind.PEOPLE, write(tmp_path, row))
    assert periods(session) == [("poorest", "2015-01-01", None)]
    newest, old = session.scalars(sa.select(Assistance).order_by(Assistance.category.desc()))
    assert (newest.replaces_id, old.superseded_at) == (old.id, officer.now)


def test_a_category_with_a_later_enrolment_ends_the_one_before(officer, session, tmp_path):
    first = {**PERSON, "insured_to": "2018-12-31", "assistance": "poor"}
    second = {**PERSON, "insured_from": "2019-01-01", "assistance": "poorest"}
    for row in (first, {**second, "assistance": "poor"}):  # the same category goes on
        import_file(officer, ImportKind.PEOPLE, write(tmp_path, row))
        assert periods(session) == [("poor", "2015-01-01", None)]
    import_file(officer, ImportKind.PEOPLE, write(tmp_path, second))
    assert periods(session) == [
        ("poor", "2015-01-01", date(2019, 1, 1)), ("poorest", "2019-01-01", None),
    ]  # fmt: skip
    for row in (first, second):
        assert counts(import_file(officer, ImportKind.PEOPLE, write(tmp_path, row))) == {"same": 1}


def test_a_category_that_no_column_can_hold_is_refused(officer, tmp_path):
    file = try_file(officer, ImportKind.PEOPLE, write(tmp_path, {**PERSON, "assistance": "x" * 41}))
    assert (counts(file), file.problems[0]["column"]) == ({"bad": 1}, "assistance")


@pytest.mark.parametrize(
    ("kind", "row", "table"),
    [
        (ImportKind.PROVIDERS, PROVIDER, ProviderVersion),
        (ImportKind.CARERS, CARER, CarerVersion),
    ],
)
def test_a_corrected_record_keeps_what_was_believed_before(
    officer, session, tmp_path, kind, row, table
):
    for name in (row["name"], "新名", "新名"):
        import_file(officer, kind, write(tmp_path, {**row, "name": name}))
    (version,) = session.scalars(sa.select(table))
    assert (version.name, version.superseded_at) == (row["name"], officer.now)
    if kind is ImportKind.CARERS:
        assert open_cell(session, version, "phone_sealed") == row["phone"]
    else:
        assert session.get(Organisation, (1, version.record_id)).name == "新名"


def test_somebody_of_another_district_is_a_conflict_without_details(
    make_ctx, session, world, tmp_path
):
    elsewhere = make_district(session, code="YB", name_zh="渝北区", name_en="Yubei")
    make_person(
        session, identity=PERSON["identity"], district_id=elsewhere.id, case_number="SECRET"
    )
    own = session.scalar(sa.select(InsuredPerson.district_id).where(
        InsuredPerson.case_number == "A1"))  # fmt: skip
    user = make_user(session, Role.OFFICER, district_id=own)
    bound = make_ctx(Role.OFFICER, user_id=user.id, district_id=own)
    file = try_file(bound, ImportKind.PEOPLE, write(tmp_path, PERSON))
    assert counts(file) == {"conflict": 1}
    assert "SECRET" not in str(file.problems)


def test_a_plan_arrives_with_its_items(officer, session, tmp_path):
    import_file(officer, ImportKind.PLANS, write(tmp_path, PLAN))
    plan = session.scalar(sa.select(CarePlan).where(CarePlan.number == "JH-1"))
    query = sa.select(PlanItem.item_code, PlanItem.times_per_week).where(
        PlanItem.plan_id == plan.id
    )
    assert dict(list(map(tuple, session.execute(query)))) == {"D01": 3, "D07": 7}


@pytest.mark.parametrize(
    ("change", "column", "outcome"),
    [
        ({"mode": "teleport"}, "mode", "bad"),
        ({"provider_code": ""}, "provider_code", "bad"),
        ({"provider_code": "P99"}, "provider_code", "bad"),
        ({"items": "D01"}, "items", "bad"),
        ({"items": "D01:0"}, "items", "bad"),
        ({"items": "D01:1 D01:2"}, "items", "bad"),
        ({"confirmed_on": "2019-11-15"}, "confirmed_on", "bad"),
        ({"case_number": "A1"}, "first_day", "conflict"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_with_its_column(
    officer, tmp_path, change, column, outcome
):
    file = try_file(officer, ImportKind.PLANS, write(tmp_path, {**PLAN, **change}))
    assert counts(file) == {outcome: 1}
    assert file.problems[0]["column"] == column


def test_a_provider_arrives_with_organisation_and_agreement(officer, session, tmp_path):
    import_file(officer, ImportKind.PROVIDERS, write(tmp_path, PROVIDER))
    provider = session.scalar(sa.select(Provider).where(Provider.code == "P900"))
    agreement = session.scalar(sa.select(Agreement).where(Agreement.provider_id == provider.id))
    assert agreement.number == "XY-1"
    next_one = {**PROVIDER, "agreement_number": "XY-2", "agreement_from": "2020-06-01",
                "agreement_to": ""}  # fmt: skip
    file = try_file(officer, ImportKind.PROVIDERS, write(tmp_path, next_one))
    assert counts(file) == {"conflict": 1}
    follows = {**next_one, "agreement_from": "2021-01-01"}
    file = import_file(officer, ImportKind.PROVIDERS, write(tmp_path, follows))
    assert counts(file) == {"changed": 1}


@pytest.mark.parametrize(
    ("change", "column", "outcome"),
    [
        ({"identity": make_identity(600)[:-1] + "?"}, "identity", "bad"),
        ({"kind": "nurse"}, "certificate_number", "bad"),
        ({"kind": "robot"}, "kind", "bad"),
        ({"employed_from": "2019-13-01"}, "employed_from", "bad"),
        ({"code": "C 9"}, "code", "bad"),
    ],
)
def test_what_is_wrong_with_a_carer_is_said_with_its_column(
    officer, tmp_path, change, column, outcome
):
    file = try_file(officer, ImportKind.CARERS, write(tmp_path, {**CARER, **change}))
    assert counts(file) == {outcome: 1}
    assert file.problems[0]["column"] == column


def test_a_carer_under_two_codes_is_a_conflict(officer, session, tmp_path):
    rows = [CARER, {**CARER, "code": "C901"}]
    file = import_file(officer, ImportKind.CARERS, write(tmp_path, *rows))
    assert counts(file) == {"new": 1, "conflict": 1}
    carer = session.scalar(sa.select(Carer).where(Carer.code == "C900"))
    assert open_cell(session, carer, "identity_sealed") == CARER["identity"]
