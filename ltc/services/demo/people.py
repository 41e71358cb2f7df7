"""Plays a person's way from registration to the conclusion, through the use-cases of every day.

Nothing is written past them: officers register, file, accept and assign, an assessor records the
17 answers, two experts confirm; each at the time the story tells.
"""

from datetime import date

from ltc.services import applications, conclusions, evaluations
from ltc.services.demo.names import BANKS, build_account
from ltc.services.demo.stage import Stage
from ltc.services.demo.stories import ENROLLED_FROM, OWN_CARER, Story, Twist, at
from ltc.services.insured import Contact, register
from ltc.services.life_facts import AccountFacts, record_account
from ltc.store.assessments import Application
from ltc.store.insured import InsuredPerson

OFFICER = "officer"
ASSESSORS = ("assessor1", "assessor2", "assessor3")
EXPERTS = ("expert1", "expert2", "expert3", "expert4")
GUARDIANS = ("配偶", "女儿", "儿子", "儿媳", "侄女")
WITHOUT_ACCOUNT = frozenset({Twist.NO_ACCOUNT, Twist.ACCOUNT_LATE})


def play_person(stage: Stage, story: Story) -> InsuredPerson:
    """Register a person, and lead the application to its conclusion."""
    person = register_person(stage, story)
    is_paid_directly = story.mode == OWN_CARER or story.twist is Twist.MODE_CHANGED
    if is_paid_directly and story.twist not in WITHOUT_ACCOUNT:
        open_account(stage, story, person.id, story.filed_on)
    application = _apply(stage, story, person.id)
    _evaluate(stage, story, application)
    stage.forget()
    return person


def register_person(stage: Stage, story: Story) -> InsuredPerson:
    """Register a person on the morning of the application."""
    return register(
        stage.acting(OFFICER, at(story.filed_on, 9, 5)),
        identity=story.identity,
        contact=Contact(
            name=story.name, district_id=stage.districts[story.district],
            community=story.community, phone=story.phone, address=story.address,
        ),
        scheme=story.scheme,
        contribution_years=story.years,
        starts_on=ENROLLED_FROM,
    )  # fmt: skip


def open_account(stage: Stage, story: Story, person_id: int, day: date) -> None:
    """Record on a day the account of a person who is paid directly."""
    account = AccountFacts(
        story.name, BANKS[story.number % len(BANKS)], build_account(story.number), day
    )
    ctx = stage.acting(OFFICER, at(day, 9, 20))
    record_account(ctx, person_id=person_id, facts=account)


def _apply(stage: Stage, story: Story, person_id: int) -> Application:
    officer = stage.acting(OFFICER, at(story.filed_on, 9, 30))
    application = applications.file(officer, person_id=person_id)
    accepting = stage.acting(OFFICER, at(story.accepted_on, 10, 15))
    applications.accept(accepting, application_id=application.id)
    assessor, expert, _ = _staff(story)
    return applications.assign(
        stage.acting(OFFICER, at(story.accepted_on, 10, 20)),
        application_id=application.id,
        assessor_id=stage.users[assessor].user_id or 0,
        expert_id=stage.users[expert].user_id or 0,
        visit_planned_at=at(story.evaluated_on, 14),
    )


def _evaluate(stage: Stage, story: Story, application: Application) -> None:
    """Record the answers in the home, and have two experts confirm them."""
    assessor, expert, second = _staff(story)
    number = application.id
    evaluations.start_evaluation(
        stage.acting(assessor, at(story.evaluated_on, 14, 5)), application_id=number
    )
    draft = evaluations.save_section(
        stage.acting(assessor, at(story.evaluated_on, 14, 40)), application_id=number, revision=0,
        scores=story.scores,
    )  # fmt: skip
    done = evaluations.complete_evaluation(
        stage.acting(assessor, at(story.evaluated_on, 14, 50)), application_id=number, revision=draft.revision,
        guardian_present=GUARDIANS[story.number % len(GUARDIANS)],
    )  # fmt: skip
    for hour, name in ((10, expert), (15, second)):
        ctx = stage.acting(name, at(story.concluded_on, hour, story.number % 60))
        conclusions.confirm_conclusion(ctx, application_id=number, evaluation_id=done.id)


def _staff(story: Story) -> tuple[str, str, str]:
    """Return the assessor, the expert who comes along, and the one who confirms as the second."""
    turn = story.number
    first, second = EXPERTS[turn % len(EXPERTS)], EXPERTS[(turn + 1) % len(EXPERTS)]
    return ASSESSORS[turn % len(ASSESSORS)], first, second
