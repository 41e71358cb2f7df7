"""Complete forms of people, their facts, their assessments, and of users (``form_examples.py``)."""

from collections.abc import Callable, Mapping
from typing import Any

from ltc.rules.access import Role
from ltc.services.conclusions import ConclusionFacts, propose_correction
from ltc.services.passwords import Passwords
from ltc.store.users import User
from tests.support import factories as make
from tests.support.assessment_cases import GUARDIAN, LOWEST, make_insured
from tests.support.desk import Desk, Example, Sending

PASSWORD = "four words make it"
WHY = {"reason": "as the paper says"}
DAYS = {"starts_on": "2019-03-01", "ends_on": ""}
SCORES = {f"score-{code}": str(score) for code, score in LOWEST.items()}


def contact(desk: Desk) -> dict[str, str]:
    return {"name": "王淑真", "district_id": str(desk.district.id), "community": "钢花社区"}


def register_person(desk: Desk) -> Sending:
    identity = make.make_identity(desk.number())
    enrolled = {"scheme": "employee", "contribution_years": "20", "starts_on": "2018-01-01"}
    data = {**contact(desk), "identity": identity, **enrolled}
    return Sending("/insured/register", desk.users[Role.OFFICER], data)


def correct_person(desk: Desk) -> Sending:
    path = f"/insured/{make.make_person(desk.session).id}/correct"
    return Sending(path, desk.users[Role.OFFICER], {**contact(desk), **WHY})


def unmask(desk: Desk) -> Sending:
    path = f"/unmask/insured_person/phone/{make.make_person(desk.session).id}"
    return Sending(path, desk.users[Role.OFFICER], {"reason": "to call the family"})


def account(desk: Desk) -> dict[str, str]:
    number = make.make_account_number(desk.number())
    return {"holder_name": "王淑珍", "bank_name": "中国银行", "account": number, **DAYS}


FACTS: dict[str, tuple[Callable[..., Any], Callable[[Desk], Mapping[str, str]]]] = {
    "enrolments": (
        make.make_enrolment,
        lambda _: {"scheme": "resident", "contribution_years": "3", **DAYS},
    ),
    "assistances": (make.make_assistance, lambda _: {"category": "poorest", **DAYS}),
    "life-events": (
        make.make_life_event,
        lambda _: {"kind": "hospital_stay", "starts_on": "2019-10-04", "ends_on": "2019-10-08"},
    ),
    "accounts": (make.make_account, account),
}


def record_fact(kind: str) -> Example:
    def example(desk: Desk) -> Sending:
        path = f"/insured/{make.make_person(desk.session).id}/{kind}/record"
        return Sending(path, desk.users[Role.OFFICER], FACTS[kind][1](desk))

    return example


def change_fact(kind: str, verb: str) -> Example:
    def example(desk: Desk) -> Sending:
        build, entries = FACTS[kind]
        fact = build(desk.session, make.make_person(desk.session))
        data = {**(entries(desk) if verb == "correct" else {}), **WHY}
        return Sending(f"/insured/{kind}/{fact.id}/{verb}", desk.users[Role.OFFICER], data)

    return example


# --- assessments ----------------------------------------------------------------------------------


def file_application(desk: Desk) -> Sending:
    data = {"case_number": make_insured(desk.session).case_number, "filed_on": "2019-11-14"}
    return Sending("/assessments/file", desk.way.staff.officer, data)


def filed(verb: str, data: Mapping[str, str]) -> Example:
    return lambda desk: Sending(
        f"/assessments/{desk.way.file().id}/{verb}", desk.way.staff.officer, data
    )


def assign(desk: Desk) -> Sending:
    staff = desk.way.staff
    data = {"assessor_id": str(staff.assessor.id), "expert_id": str(staff.expert.id),
            "interest_asked": "y"}  # fmt: skip
    return Sending(f"/assessments/{desk.way.accept().id}/assign", staff.officer, data)


def start_evaluation(desk: Desk) -> Sending:
    return Sending(f"/assessments/{desk.way.assign().id}/start", desk.way.staff.assessor)


def save_evaluation(desk: Desk) -> Sending:
    data = {"revision": "0", "score-eat": "5", "notes": "as seen"}
    return Sending(f"/assessments/{desk.way.start().id}/evaluate", desk.way.staff.assessor, data)


def complete_evaluation(desk: Desk) -> Sending:
    data = {"revision": "0", **SCORES, "guardian_present": GUARDIAN}
    return Sending(f"/assessments/{desk.way.start().id}/complete", desk.way.staff.assessor, data)


def judge(verb: str, data: Mapping[str, str]) -> Example:
    def example(desk: Desk) -> Sending:
        application, evaluation = desk.way.score()
        sent = {"evaluation_id": str(evaluation.id), **data}
        return Sending(f"/assessments/{application.id}/{verb}", desk.way.staff.expert, sent)

    return example


def conclude(desk: Desk) -> Sending:
    """The second expert's confirmation, which makes the conclusion."""
    application, evaluation = desk.way.score()
    desk.way.confirm(application, evaluation, desk.way.staff.expert)
    data = {"evaluation_id": str(evaluation.id), "remark": "seen"}
    return Sending(f"/assessments/{application.id}/confirm", desk.way.staff.second_expert, data)


def correct_conclusion(desk: Desk) -> Sending:
    application, _conclusion = desk.way.conclude()
    data = {"grade": "4", "concluded_on": "2019-11-14", "last_valid_on": "2021-11-13", **WHY}
    path = f"/assessments/{application.id}/correct-conclusion"
    return Sending(path, desk.way.staff.expert, data)


def second_correction(desk: Desk) -> Sending:
    application, conclusion = desk.way.conclude()
    facts = ConclusionFacts("4", conclusion.concluded_on, conclusion.valid_before)
    proposal = propose_correction(
        desk.way.ctx(desk.way.staff.expert), conclusion_id=conclusion.id, facts=facts, **WHY
    )
    path = f"/assessments/{application.id}/confirm-correction"
    return Sending(path, desk.way.staff.second_expert, {"proposal_id": str(proposal.id)})


# --- users and their sessions ---------------------------------------------------------------------


def passworded(desk: Desk) -> User:
    given = {"password_hash": Passwords(1, 32).hash(PASSWORD)}
    return make.make_user(desk.session, Role.OFFICER, **given)


def look_for_somebody(desk: Desk) -> Sending:
    return Sending(
        "/find", desk.users[Role.OFFICER], {"q": "13912345678", "to": "/plans/?mode=home"}
    )


def sign_in(desk: Desk) -> Sending:
    data = {"sign_in_name": passworded(desk).sign_in_name, "password": PASSWORD}
    return Sending("/sign-in", None, data)


def change_password(desk: Desk) -> Sending:
    data = {"old_password": PASSWORD, "new_password": "another four words make it"}
    return Sending("/password", passworded(desk), data)


def sign_out(desk: Desk) -> Sending:
    return Sending("/sign-out", make.make_user(desk.session, Role.OFFICER))


def create_user(desk: Desk) -> Sending:
    admin = desk.users[Role.ADMINISTRATOR]
    data = {"sign_in_name": f"wang{desk.number()}", "name": "王小明", "role": "officer",
            "organisation": str(admin.organisation_id), "district_id": ""}  # fmt: skip
    return Sending("/users/create", admin, data)


def of_user(verb: str, data: Mapping[str, str], **given: Any) -> Example:
    def example(desk: Desk) -> Sending:
        user = make.make_user(desk.session, Role.OFFICER, **given)
        return Sending(f"/users/{user.id}/{verb}", desk.users[Role.ADMINISTRATOR], data)

    return example
