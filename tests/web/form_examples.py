"""One complete form for every route that is posted: the walks of double clicks and ended sessions.

``FORMS`` maps a route's endpoint (and, after a blank, which of its kinds) to a function that makes
what the form is about and returns the sending that is accepted. A new route that takes POST adds its
line: ``test_double_click_walk.py`` fails until it is there, and until the sending is accepted.
"""

from tests.support.desk import Example
from tests.web import examples_of_care as care
from tests.web import examples_of_money as money
from tests.web import examples_of_people as people
from tests.web.examples_of_people import WHY

FORMS: dict[str, Example] = {
    "assessments.file": people.file_application,
    "assessments.accept": people.filed("accept", {}),
    "assessments.refuse": people.filed("refuse", {"reason": "not_insured", "note": ""}),
    "assessments.withdraw": people.filed("withdraw", {"note": "as the person wrote"}),
    "assessments.assign": people.assign,
    "assessments.evaluations.start": people.start_evaluation,
    "assessments.evaluations.save": people.save_evaluation,
    "assessments.evaluations.complete": people.complete_evaluation,
    "assessments.conclusions.confirm first": people.judge("confirm", {"remark": ""}),
    "assessments.conclusions.confirm second": people.conclude,
    "assessments.conclusions.send_back": people.judge("send-back", WHY),
    "assessments.conclusions.correct": people.correct_conclusion,
    "assessments.conclusions.second": people.second_correction,
    "imports.upload": money.upload,
    "imports.carry_out": money.of_import("carry-out", money.tried),
    "imports.go_on": money.of_import("go-on", money.stopped),
    "imports.cancel": money.of_import("cancel", money.receive),
    "imports.discard": money.of_import("discard", money.tried),
    "insured.register": people.register_person,
    "insured.correct": people.correct_person,
    **{f"insured.facts.record {kind}": people.record_fact(kind) for kind in people.FACTS},
    **{
        f"insured.facts.{verb} {kind}": people.change_fact(kind, verb)
        for verb in ("correct", "withdraw")
        for kind in people.FACTS
    },
    "jobs.run": money.run_job,
    "jobs.cancel": money.cancel_job,
    "payouts.start": money.start_run,
    "payouts.cancel": money.cancel_run,
    "payouts.check": money.check,
    "payouts.approve": money.approve,
    "payouts.send_back": money.send_back,
    "plans.draw_up": care.care("/plans/draw-up", care.PLAN),
    "plans.confirm": care.change_plan(
        "confirm",
        {"confirmed_on": "2019-11-01", "confirmed_by": "王"},
        confirmed_on=None,
        confirmed_by=None,
    ),
    "plans.correct": care.change_plan("correct", {**care.PLAN, "authorised_minutes": "600", **WHY}),
    "plans.change_mode": care.change_plan("change-mode", {"mode": "residential", **WHY}),
    "plans.withdraw": care.change_plan("withdraw", WHY),
    "providers.register": care.register_provider,
    "providers.correct": care.correct_provider,
    "providers.record_agreement": care.record_agreement,
    "providers.correct_agreement": care.change_agreement("correct"),
    "providers.withdraw_agreement": care.change_agreement("withdraw"),
    "providers.carers.register": care.register_carer,
    "providers.carers.correct": care.correct_carer,
    "search.find": people.look_for_somebody,
    "session.sign_in": people.sign_in,
    "session.sign_out": people.sign_out,
    "session.change_password": people.change_password,
    "statements.issue": money.of_run("people/{person}"),
    "statements.issue_provider": money.of_run("providers/{provider}"),
    "statements.issue_all": money.of_run("issue"),
    "statements.issue_of_provider": money.of_run("providers/{provider}/issue"),
    "statements.cancel": money.cancel_statements,
    "stays.record beds": care.care("/stays/beds/record", care.STAY),
    "stays.record fees": care.care("/stays/fees/record", care.FEE),
    "stays.correct beds": care.change_stay("correct", {**care.STAY, "price": "71", **WHY}),
    "stays.correct fees": care.change_fee("correct", {**care.FEE, "amount": "61", **WHY}),
    "stays.withdraw beds": care.change_stay("withdraw", WHY),
    "stays.withdraw fees": care.change_fee("withdraw", WHY),
    "unmasking.show": people.unmask,
    "users.create": people.create_user,
    "users.reset": people.of_user("reset", {}),
    "users.activate": people.of_user("activate", {}, active=False),
    "users.deactivate": people.of_user("deactivate", WHY),
    "verify.check_file": money.check_statement,
    "visits.log": care.log_visit,
    "visits.correct": care.change_visit("correct", {**care.VISIT, "ends_time": "10:30"}),
    "visits.refuse": care.change_visit("refuse", WHY),
    "visits.take_back": care.change_visit("take-back", WHY, refused="too short"),
    "visits.withdraw": care.change_visit("withdraw", WHY),
}
