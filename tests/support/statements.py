"""Statements for tests, made without a database: cases settled by the rules, then told.

``python -m tests.support.statements`` draws the stored picture anew, after a look at what changed.
"""

import dataclasses
import io
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pypdfium2
from PIL import Image

from ltc.rules.months import Month
from ltc.rules.payouts.cases import (
    Absence,
    AgreementPeriod,
    Case,
    Conclusion,
    Enrolment,
    PlanPeriod,
)
from ltc.rules.payouts.results import Settlement
from ltc.rules.payouts.runs import RunKind
from ltc.rules.payouts.settle import settle
from ltc.rules.person_statements import PersonStatement, Subject, build_person_statement
from ltc.rules.policies import Law, LawBook, Standing, Text, Value
from ltc.rules.provider_statements import (
    Client,
    ProviderStatement,
    ProviderSubject,
    build_provider_statement,
)
from ltc.rules.statement_words import Speaker
from ltc.rules.statements import ChainHead, Frame, list_policies
from ltc.services.capital_figures import write_capitals
from ltc.services.statement_sheets import fill_statement
from ltc.store.pdf import Printed, print_page
from ltc.store.policies import load_law

NOVEMBER, DECEMBER = Month(2019, 11), Month(2019, 12)
PROVIDER = 7
CODE, PUBLIC_URL = "7K3M9QPXR2TVW8YZ", "https://ltc.example.org"
PICTURE = Path(__file__).parents[1] / "snapshots/statement_person.png"
PICTURE_SCALE = 0.8  # of 72 dots an inch
# The picture must not change whenever somebody finds better words for the catalogue.
CHINESE = MappingProxyType({
    "%(days)s of %(of_days)s days at %(rate_fen)s: %(fund_fen)s.":
        "本月%(of_days)s天中计发%(days)s天，每天%(rate_fen)s，共%(fund_fen)s。",
    "From %(first_on)s to %(last_on)s in hospital.": "%(first_on)s至%(last_on)s住院。",
    "Paid": "计发",
    "In hospital": "住院",
    "More or fewer days": "计发天数增减",
})  # fmt: skip


def make_case(month: Month = NOVEMBER, **given: Any) -> Case:
    """A person in the heaviest grade with home visits over the whole month; change what matters."""
    facts: dict[str, Any] = {
        "person": "CHO2019000001",
        "enrolments": (Enrolment(1, "employee", 20, date(2018, 1, 1)),),
        "conclusions": (Conclusion(2, "cn-2021", "5", date(2019, 1, 15), date(2021, 1, 15)),),
        "plans": (PlanPeriod(3, "home_visits", PROVIDER, date(2019, 2, 1)),),
        "agreements": (AgreementPeriod(4, PROVIDER, date(2018, 1, 1)),),
    }
    return Case(month=month, **{**facts, **given})


def in_hospital(first: date, before: date) -> tuple[Absence, ...]:
    return (Absence(5, "hospital_stay", first, before),)


def make_frame(
    book: LawBook, month: Month = DECEMBER, *, chinese: Any = CHINESE, law: Law | None = None
) -> Frame:
    """A run of Chongqing, approved on the third and issued on the fifth of the month after."""
    given = law or book.of("chongqing")
    after = month.plus(1)
    return Frame(
        speaker=Speaker(
            chinese, list_policies(given, month), book.standards, {PROVIDER: "康宁护理站"}
        ),
        law=given,
        issuer=Text("重庆长期护理保险经办机构", "long-term care insurance agency of Chongqing"),
        month=month,
        issued_on=date(after.year, after.number, 5),
        run_kind=RunKind.REGULAR,
        run_sequence=1,
        run_digest="0123456789abcdef" * 4,
        approved_on=date(after.year, after.number, 3),
        write_capitals=write_capitals,
        chain=ChainHead("chongqing", 12, "fedcba9876543210" * 4),
    )


def with_objection(law: Law, days: int, standing: Standing) -> Law:
    """The law with a number of days to object in."""
    value = Value(law.area, "settings.objection_days", days, standing)
    policies = tuple(
        dataclasses.replace(policy, settings={**policy.settings, "objection_days": value})
        for policy in law.policies
    )
    return dataclasses.replace(law, policies=policies)


def settle_in(book: LawBook, case: Case) -> Settlement:
    return settle(book.of("chongqing"), case)


def make_subject(name: str = "王淑珍") -> Subject:
    return Subject("CHO2019000001", name, "*" * 14 + "0434", Text("大渡口区", "Dadukou"))


def make_person_statement(
    book: LawBook, *, name: str = "王淑珍", days_in_hospital: int = 5, chinese: Any = CHINESE
) -> PersonStatement:
    """December with some days in hospital from the 10th, after a whole November."""
    stay = in_hospital(date(2019, 12, 10), date(2019, 12, 10 + days_in_hospital))
    return build_person_statement(
        make_frame(book, chinese=chinese), make_subject(name),
        settle_in(book, make_case(DECEMBER, absences=stay)), settle_in(book, make_case(NOVEMBER)),
    )  # fmt: skip


def make_provider_statement(book: LawBook, people: int = 3) -> ProviderStatement:
    """A provider with so many people in December, one of them new."""
    subject = ProviderSubject(
        PROVIDER, "P0007", "康宁护理站", "91500104MA5U00000X", Text("大渡口区", "Dadukou")
    )
    clients = []
    for number in range(people):
        person = f"CHO2019{number:06d}"
        before = settle_in(book, make_case(NOVEMBER, person=person)) if number else None
        now = settle_in(book, make_case(DECEMBER, person=person))
        clients.append(Client(person, f"王{number}", now, before, is_only_here=True))
    return build_provider_statement(make_frame(book), subject, clients, has_before=True)


def print_statement(
    statement: PersonStatement | ProviderStatement, public_url: str = PUBLIC_URL
) -> Printed:
    return print_page(fill_statement(statement, CODE, public_url))


def draw(pdf: bytes, page: int = 0) -> Image.Image:
    """A page as a small grey picture."""
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        return document[page].render(scale=PICTURE_SCALE, grayscale=True).to_pil().convert("L")
    finally:
        document.close()


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    draw(print_statement(make_person_statement(load_law())).pdf).save(PICTURE, optimize=True)
