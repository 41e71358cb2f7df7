import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.providers import CarerKind
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.sealed_cells import Purpose, digest_of
from tests.support import factories as make
from tests.support.pages import known, look_again, read, refused, rows_of, sent
from tests.support.sign_in import sign_in_as

pytestmark = pytest.mark.usefixtures("november")


def test_a_provider_is_registered_and_given_an_agreement_and_a_carer(officer, session, area):
    district = make.make_district(session)
    data = {"code": "p-1", "name": "康宁护理站", "kind": "home", "district_id": str(district.id)}
    page = sent(officer, "/providers/register", data)
    assert "No agreement today" in page
    provider = session.scalars(sa.select(Provider)).one()
    terms = {"number": "XY-1", "starts_on": "2019-01-01", "ends_on": "2020-12-31"}
    page = sent(officer, f"/providers/{provider.id}/agreements/record", terms)
    assert "Under agreement XY-1" in page
    data = {"code": "C1", "name": "李秀英", "kind": "nurse", "identity": make.make_identity(4),
            "certificate_number": "Z1", "certificate_ends_on": "2019-12-01",
            "starts_on": "2019-01-01"}  # fmt: skip
    page = sent(officer, f"/providers/{provider.id}/carers/register", data)
    assert "is registered and may log visits at once." in page
    assert "creates a user for whoever logs visits on a phone" in page
    assert "May make visits for 康宁护理站" in page
    assert make.make_identity(4) not in page
    assert "ends 2019-12-01" in page
    assert "李秀英" in read(officer, "/providers/carers?certificate=ends")


def test_what_is_wrong_with_a_provider_is_said_at_the_field(officer, session, provider):
    data = {"code": provider.code, "name": "另一家", "kind": "home",
            "district_id": str(provider.district_id)}  # fmt: skip
    assert "belongs to somebody else" in refused(officer, "/providers/register", data)
    wrong = {**data, "code": "P9", "credit_code": "91110000600037341M"}
    assert "check character" in refused(officer, "/providers/register", wrong)
    assert session.scalar(sa.select(sa.func.count()).select_from(Provider)) == 1


def test_an_agreement_is_corrected_and_withdrawn(officer, session, provider):
    agreement = known(session, Agreement)
    path = f"/providers/agreements/{agreement.id}/correct"
    assert f'value="{agreement.number}"' in read(officer, path)
    data = {"number": "XY-2", "starts_on": "2019-01-01", "ends_on": "", "reason": "typo"}
    page = sent(officer, path, data)
    assert "1 earlier version" in page
    assert "typo" in page
    new = known(session, Agreement)
    page = sent(officer, f"/providers/agreements/{new.id}/withdraw", {"reason": "never signed"})
    assert "withdrawn" in page
    assert "No agreement today" in page


def test_lists_are_filtered_and_exported_safely(officer, session, provider):
    make.make_provider(session, name="=cmd|'/C calc'!A0", kind="residential")
    page = read(officer, "/providers/?kind=residential&agreed=no")
    assert provider.name not in page
    (row,) = rows_of(officer, "/providers/providers.csv?kind=residential")
    assert row["name"].startswith("'=cmd")
    assert "Clear filter" in read(officer, "/providers/?q=nobody")


@pytest.mark.parametrize(
    ("days", "said", "may"),
    [
        ({"certificate_ends_on": "2019-11-13"}, "is registered.", "The certificate has expired"),
        ({"starts_on": "2019-12-01"}, "is registered and may log visits from 2019-12-01 (Sun).",
         "May make visits for {provider} from 2019-12-01 (Sun)."),
        ({"ends_on": "2019-11-13"}, "is registered.", "No longer employed"),
    ],
)  # fmt: skip
def test_who_may_not_visit_today_is_not_said_to(officer, session, provider, days, said, may):
    data = {"code": "C1", "name": "李秀英", "kind": "nurse", "identity": make.make_identity(4),
            "certificate_number": "Z1", "certificate_ends_on": "2021-01-01",
            "starts_on": "2019-01-01", **days}  # fmt: skip
    page = sent(officer, f"/providers/{provider.id}/carers/register", data)
    assert f"李秀英 {said}" in page
    assert "at once" not in page
    assert may.format(provider=provider.name) in page


def test_a_manager_registers_and_imports_from_the_list_of_carers(client, session, area, provider):
    manager = make.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)
    page = read(sign_in_as(client, manager), "/providers/carers")
    assert f'href="/providers/{provider.id}/carers/register"' in page
    assert 'href="/imports/?kind=carers"' in page


def test_a_carer_of_another_provider_is_not_named(client, session, area, provider):
    others = make.make_provider(session)
    for code, number, employer in (("ZZ1", 4, others), ("MINE1", 5, provider)):
        register_carer(session, employer, code, make.make_identity(number))
    manager = make.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)
    page, path = sign_in_as(client, manager), f"/providers/{provider.id}/carers/register"
    data = {"code": "C1", "name": "李秀英", "kind": "nurse", "certificate_number": "Z1",
            "certificate_ends_on": "2021-01-01", "starts_on": "2019-01-01"}  # fmt: skip
    answer = refused(page, path, {**data, "identity": make.make_identity(4)})
    assert "Somebody with this identity number is registered under another code." in answer
    assert "ZZ1" not in answer
    answer = refused(page, path, {**data, "identity": make.make_identity(5)})
    assert "registered already, as carer MINE1" in answer


def register_carer(session, provider, code, identity):
    carer = make.make_carer(session, provider, code=code)
    carer.identity_digest = digest_of(session, identity, Purpose.IDENTITY)
    session.commit()


def test_a_carer_is_corrected_at_once_and_keeps_the_sealed_numbers(officer, session, carer):
    data = {"code": carer.code, "name": "李秀兰", "kind": "nurse", "certificate_number": "Z9",
            "certificate_ends_on": "2021-01-01", "starts_on": "2018-01-01",
            "reason": "passed"}  # fmt: skip
    assert "李秀兰" in sent(officer, f"/providers/carers/{carer.id}/correct", data)
    look_again(session)
    assert session.get(Carer, (1, carer.id)).kind is CarerKind.NURSE
    versions = read(officer, f"/providers/carers/{carer.id}").split('id="versions"')[1]
    for text in (carer.name, "李秀兰", "passed", "Original", "Now"):
        assert text in versions, text


def test_what_was_believed_of_a_provider_stands_beside(officer, session, provider):
    data = {"code": provider.code, "name": "新名护理站", "kind": "home",
            "district_id": str(provider.district_id), "reason": "renamed"}  # fmt: skip
    before = provider.name
    sent(officer, f"/providers/{provider.id}/correct", data)
    versions = read(officer, f"/providers/{provider.id}").split('id="versions"')[1]
    for text in (before, "新名护理站", "renamed"):
        assert text in versions, text
