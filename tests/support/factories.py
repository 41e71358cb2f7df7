"""Builds rows for tests: sensible, valid, the same in every run.

Each builder writes one row directly, commits it and returns it; every column can be given by name.
Ids and numbers count up per session, so build all rows of a test through one session. What a
builder needs and is not given (a district, a provider) it takes from the area or builds itself.
"""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session
from stdnum import luhn
from stdnum.cn import ric

from ltc.rules.access import Role
from ltc.rules.insured import LifeEventKind, SchemeCode, Sex
from ltc.rules.providers import CarerKind, ProviderKind
from ltc.rules.visits import VisitSource
from ltc.store.areas import Area, District, Organisation, OrganisationKind
from ltc.store.assessments import Conclusion
from ltc.store.insured import (
    Assistance,
    BankAccount,
    Enrolment,
    InsuredPerson,
    LifeEvent,
)
from ltc.store.name_parts import write_name_parts
from ltc.store.plans import CarePlan, PlanItem
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.record_versions import VERSIONS
from ltc.store.sealed_cells import Purpose, digest_of, move_cell, seal_cell
from ltc.store.users import User
from ltc.store.visits import BedStay, Fee, Visit

T = TypeVar("T")

RECORDED_AT = datetime(2019, 1, 2, 1, 0, tzinfo=UTC)
STARTS_ON = date(2018, 1, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AREA_HOURS_AHEAD = timedelta(hours=8)  # the areas of the tests lie in one zone without summer time
NO_PASSWORD = "!"  # no hash begins like this, so nobody signs in with it


def make_identity(number: int = 1, born_on: date = date(1940, 5, 6), region: str = "500103") -> str:
    """A valid identity number; the same number always gives the same one."""
    body = f"{region}{born_on:%Y%m%d}{number % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")


def make_account_number(number: int = 1) -> str:
    """A bank account of 19 digits with its check digit."""
    body = f"622848{number:012d}"
    return body + luhn.calc_check_digit(body)


def make_area(session: Session, **given: Any) -> Area:
    number = _next(session)
    return _save(session, Area, given, id=100 + number, code=f"area{number}", name_zh="某市",
                 name_en="Some city", time_zone="Asia/Shanghai", policy_area="chongqing")  # fmt: skip


def make_district(session: Session, area_id: int = 1, **given: Any) -> District:
    number = _next(session)
    return _save(session, District, given, area_id=area_id, id=number, code=f"D{number}",
                 name_zh="大渡口区", name_en="Dadukou")  # fmt: skip


def make_organisation(session: Session, area_id: int = 1, **given: Any) -> Organisation:
    return _save(session, Organisation, given, area_id=area_id, id=_next(session),
                 kind=OrganisationKind.AGENCY, name="医疗保障事务中心")  # fmt: skip


def make_user(session: Session, role: Role = Role.OFFICER, area_id: int = 1, **given: Any) -> User:
    """A user who cannot sign in until a password hash is given."""
    number = _next(session)
    if "organisation_id" not in given:
        given["organisation_id"] = make_organisation(session, area_id).id
    return _save(session, User, given, area_id=area_id, id=number, sign_in_name=f"user{number}",
                 name=f"User {number}", role=role, password_hash=NO_PASSWORD,
                 created_at=RECORDED_AT)  # fmt: skip


def make_person(session: Session, area_id: int = 1, **given: Any) -> InsuredPerson:
    """A person; ``identity``, ``phone`` and ``address`` are given in plain and sealed."""
    number = _next(session)
    born_on = given.setdefault("born_on", date(1940, 5, 6) + timedelta(days=number // 1000))
    identity = given.pop("identity", make_identity(number, born_on))
    phone = given.pop("phone", f"138{number:08d}")
    address = given.pop("address", f"钢花路{number}号")
    row_id = given.setdefault("id", number)
    given.setdefault("district_id", _district_id(session, area_id))

    def sealed(column: str, plain: str | None) -> bytes | None:
        return plain and seal_cell(session, InsuredPerson, column, row_id, plain)  # type: ignore[return-value]

    person = _save(
        session, InsuredPerson, given, area_id=area_id, case_number=f"CHO2019{number:06d}",
        name="王淑珍", sex=Sex.FEMALE, community="钢花社区",
        identity_sealed=sealed("identity_sealed", identity),
        identity_digest=digest_of(session, identity, Purpose.IDENTITY),
        identity_last4=identity[-4:],
        phone_sealed=sealed("phone_sealed", phone),
        phone_digest=phone and digest_of(session, phone, Purpose.PHONE),
        address_sealed=sealed("address_sealed", address),
        recorded_at=RECORDED_AT,
    )  # fmt: skip
    write_name_parts(session, [person])
    session.commit()
    return person


def make_enrolment(session: Session, person: InsuredPerson, **given: Any) -> Enrolment:
    return _save_fact(session, Enrolment, person, given, scheme=SchemeCode.EMPLOYEE,
                      contribution_years=20, starts_on=STARTS_ON)  # fmt: skip


def make_assistance(session: Session, person: InsuredPerson, **given: Any) -> Assistance:
    return _save_fact(session, Assistance, person, given, category="poor", starts_on=STARTS_ON)


def make_life_event(session: Session, person: InsuredPerson, **given: Any) -> LifeEvent:
    return _save_fact(session, LifeEvent, person, given, kind=LifeEventKind.HOSPITAL_STAY,
                      starts_on=date(2019, 11, 10), ends_before=date(2019, 11, 15))  # fmt: skip


def make_account(session: Session, person: InsuredPerson, **given: Any) -> BankAccount:
    """A bank account; ``account`` is given in plain and sealed."""
    row_id = given.setdefault("id", _next(session))
    account = given.pop("account", make_account_number(row_id))
    return _save_fact(
        session, BankAccount, person, given, holder_name=person.name, bank_name="中国农业银行",
        account_sealed=seal_cell(session, BankAccount, "account_sealed", row_id, account),
        account_digest=digest_of(session, account, Purpose.ACCOUNT),
        account_last4=account[-4:], starts_on=STARTS_ON,
    )  # fmt: skip


def make_conclusion(session: Session, person: InsuredPerson, **given: Any) -> Conclusion:
    """A conclusion of the heaviest grade."""
    return _save_fact(session, Conclusion, person, given, standard="cn-2021", grade="5",
                      concluded_on=date(2019, 1, 15), valid_before=date(2021, 1, 15))  # fmt: skip


def make_provider(session: Session, area_id: int = 1, **given: Any) -> Provider:
    """A home-care provider with the organisation that its users belong to; no agreement."""
    number = _next(session)
    given.setdefault("district_id", _district_id(session, area_id))
    given.setdefault("id", number)
    given.setdefault("name", f"康宁护理站{number}")
    make_organisation(session, area_id, id=given["id"], kind=OrganisationKind.PROVIDER,
                      name=given["name"])  # fmt: skip
    return _save(session, Provider, given, area_id=area_id, code=f"P{number:04d}",
                 kind=ProviderKind.HOME, recorded_at=RECORDED_AT)  # fmt: skip


def make_agreement(session: Session, provider: Provider, **given: Any) -> Agreement:
    number = _next(session)
    return _save(session, Agreement, given, area_id=provider.area_id, id=number,
                 provider_id=provider.id, number=f"XY2019-{number}", starts_on=STARTS_ON,
                 ends_before=date(2021, 1, 1), recorded_at=RECORDED_AT)  # fmt: skip


def make_carer(session: Session, provider: Provider, **given: Any) -> Carer:
    number = _next(session)
    return _save(session, Carer, given, area_id=provider.area_id, id=number, code=f"C{number:05d}",
                 provider_id=provider.id, name="李秀英", kind=CarerKind.ASSISTANT,
                 starts_on=STARTS_ON, recorded_at=RECORDED_AT)  # fmt: skip


def make_plan(
    session: Session, person: InsuredPerson, provider: Provider | None = None, **given: Any
) -> CarePlan:
    """A confirmed plan of home visits; ``items`` maps catalogue codes to times a week."""
    items = given.pop("items", {})
    number = _next(session)
    plan = _save_fact(
        session, CarePlan, person, given, id=number, number=f"JH2019-{number}",
        provider_id=provider and provider.id, mode="home_visits", starts_on=date(2019, 2, 1),
        confirmed_on=date(2019, 1, 20), confirmed_by=person.name,
    )  # fmt: skip
    for code, times in items.items():
        _save(session, PlanItem, {}, area_id=plan.area_id, id=_next(session), plan_id=plan.id,
              item_code=code, times_per_week=times)  # fmt: skip
    return plan


def make_visit(session: Session, person: InsuredPerson, carer: Carer, **given: Any) -> Visit:
    """A visit of one hour; give ``begins_at``/``ends_at`` and the rest follows."""
    number = _next(session)
    begins_at = given.setdefault("begins_at", datetime(2019, 11, 5, 1, 0, tzinfo=UTC))
    ends_at = given.setdefault("ends_at", begins_at + timedelta(hours=1))
    return _save_fact(
        session, Visit, person, given, id=number, provider_id=carer.provider_id,
        carer_id=carer.id, reference=f"V{number:06d}", items="", source=VisitSource.PHONE,
        service_on=(begins_at + AREA_HOURS_AHEAD).date(),
        begins_min=_wall_minutes(begins_at), ends_min=_wall_minutes(ends_at),
    )  # fmt: skip


def make_bed_stay(
    session: Session, person: InsuredPerson, provider: Provider, **given: Any
) -> BedStay:
    number = _next(session)
    return _save_fact(session, BedStay, person, given, id=number, provider_id=provider.id,
                      reference=f"B{number:06d}", starts_on=date(2019, 11, 1), ends_before=None,
                      price_fen=7_000)  # fmt: skip


def make_fee(session: Session, person: InsuredPerson, provider: Provider, **given: Any) -> Fee:
    number = _next(session)
    return _save_fact(session, Fee, person, given, id=number, provider_id=provider.id,
                      reference=f"F{number:06d}", charged_on=date(2019, 11, 5), amount_fen=6_000,
                      kind="daily_care")  # fmt: skip


def make_version(session: Session, record: InsuredPerson | Provider | Carer, **given: Any) -> Any:
    """What was believed of a record for the day after it was recorded."""
    table, number = VERSIONS[type(record)], _next(session)
    names = {column.key for column in sa.inspect(table).column_attrs}
    kept = {
        name: move_cell(session, record, name, table, number)
        if name.endswith("_sealed")
        else getattr(record, name)
        for name in names - {"id", "record_id", "superseded_at"}
    }
    return _save(session, table, given, **{**kept, "id": number, "record_id": record.id,
                 "superseded_at": record.recorded_at + timedelta(days=1)})  # fmt: skip


def _next(session: Session) -> int:
    counter = session.info.setdefault("factories", itertools.count(1))
    return int(next(counter))


def _district_id(session: Session, area_id: int) -> int:
    """The first district of the area, built where there is none."""
    found = session.scalar(sa.select(sa.func.min(District.id)).where(District.area_id == area_id))
    return found or make_district(session, area_id).id


def _save(session: Session, table: type[T], given: dict[str, Any], **defaults: Any) -> T:
    row = table(**{**defaults, **given})
    session.add(row)
    session.commit()
    return row


def _save_fact(
    session: Session, table: type[T], person: InsuredPerson, given: dict[str, Any], **defaults: Any
) -> T:
    """Save a row about a person that has the two times of a fact."""
    given.setdefault("id", defaults.get("id") or _next(session))
    return _save(session, table, given, **{**defaults, "area_id": person.area_id,
                 "person_id": person.id, "recorded_at": RECORDED_AT})  # fmt: skip


def _wall_minutes(instant: datetime) -> int:
    return int((instant + AREA_HOURS_AHEAD - EPOCH) // timedelta(minutes=1))
