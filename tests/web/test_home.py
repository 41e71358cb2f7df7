"""The start pages: what each role sees first, and nothing that is not theirs."""

import re
import shutil
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest

from ltc.rules.access import Role
from ltc.rules.backups import build_name
from ltc.rules.payouts.runs import RunKind, RunStatus
from ltc.services import audit
from ltc.store.audit_log import AuditEvent
from ltc.store.base import new_id
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.payouts import PayoutRun
from tests.support import factories as make
from tests.support.month import AFTER, approve, calculate, make_month
from tests.support.sign_in import sign_in_as
from tests.web.test_query_counts import counted

pytestmark = pytest.mark.usefixtures("november")

TODAY = date(2019, 11, 14)
MORNING = datetime(2019, 11, 14, 0, 30, tzinfo=UTC)
DIGEST = "0" * 64


def read_home(client, user, language="en"):
    """The text of the start page, as somebody reads it: one space between words, no tags."""
    answer = sign_in_as(client, user).get("/", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL).group(0)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def add_job(session, kind, status, **given):
    session.add(
        JobRun(
            area_id=1, id=new_id(), kind=kind, job_key=kind, status=status, inputs={},
            started_at=MORNING, heartbeat_at=MORNING, ended_at=MORNING, **given,
        )
    )  # fmt: skip
    session.commit()


def add_event(session, action, at=MORNING):
    session.add(
        AuditEvent(
            area_id=1, id=new_id(), at=at, actor_id=None, actor_role="machine", door="test",
            action=action, record_type="test", record_id=1, changes={}, digest=DIGEST,
        )
    )  # fmt: skip
    session.commit()


# --- the provider's manager ----------------------------------------------------------------------


@pytest.fixture
def manager(session, provider):
    return make.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)


def add_client(session, provider, name, times, **plan):
    person = make.make_person(session, name=name)
    make.make_plan(session, person, provider, items={"D01": 1, "D07": times}, **plan)
    return person


def test_a_manager_sees_today_as_a_board(client, session, provider, carer, manager):
    other = make.make_provider(session)
    often = add_client(session, provider, "often", 7)
    made = add_client(session, provider, "enough", 1)
    add_client(session, provider, "unsigned", 7, confirmed_on=None)
    add_client(session, provider, "inside", 7, mode="residential")
    foreign = add_client(session, other, "foreign", 7)
    make.make_visit(session, often, carer, begins_at=MORNING)
    make.make_visit(session, often, carer, begins_at=MORNING - timedelta(days=7))
    make.make_visit(session, made, carer, begins_at=MORNING - timedelta(days=1))
    make.make_visit(session, often, carer, begins_at=MORNING, refused="too short")
    make.make_visit(session, foreign, make.make_carer(session, other), begins_at=MORNING)
    text = read_home(client, manager)
    assert "To visit this week: 1 person often 1 of 7 visits made" in text
    assert "Done today: 1 visit often 2019-11-14 (Thu) 08:30" in text
    assert "To mend: 1 visit refused often" in text
    assert "too short" in text
    assert "1 visit refused at the check" in text
    assert "1 care plan not signed yet" in text
    assert "calculated on 2019-12-01 (Sun) 02:00" in text
    assert "foreign" not in text


def test_what_can_be_mended_begins_after_the_last_month_that_stands(
    client, session, area, person, carer, manager
):
    october = datetime(2019, 10, 20, 1, 0, tzinfo=UTC)
    make.make_visit(session, person, carer, begins_at=october, refused="no signature")
    assert "no signature" in read_home(client, manager)
    session.add(
        PayoutRun(
            area_id=1, id=new_id(), month="2019-10", kind=RunKind.REGULAR, sequence=1,
            status=RunStatus.APPROVED, known_at=MORNING, policy_digest=DIGEST, digest=DIGEST,
            started_at=MORNING,
        )
    )  # fmt: skip
    session.commit()
    text = read_home(client, manager)
    assert "no signature" not in text
    assert "Nothing since 2019-11-01 (Fri) has to be mended." in text


def test_a_missing_price_is_to_be_mended_only_where_the_law_asks_for_one(
    client, session, area, person, carer, manager
):
    make.make_visit(session, person, carer, begins_at=MORNING)
    assert "without a price" not in read_home(client, manager)
    area.policy_area = "qingdao"  # shares in the costs of visits
    session.commit()
    assert "1 visit without a price" in read_home(client, manager)


def test_certificates_and_agreements_that_end_stand_with_their_last_day(
    client, session, provider, manager
):
    ends = {"ended": date(2019, 11, 10), "ending": date(2019, 12, 1), "long": date(2020, 6, 1)}
    for name, day in ends.items():
        make.make_carer(session, provider, name=name, certificate_ends_before=day)
    make.make_carer(session, provider, name="left", certificate_ends_before=TODAY,
                    ends_before=date(2019, 11, 1))  # fmt: skip
    make.make_agreement(session, provider, number="XY-77", ends_before=date(2019, 12, 31))
    text = read_home(client, manager)
    assert re.search(r"Certificate of ended .*? 2019-11-09 \(Sat\) ended", text)
    assert re.search(r"Certificate of ending .*? 2019-11-30 \(Sat\)", text)
    assert "Agreement XY-77 2019-12-30 (Mon)" in text
    assert "Certificate of long" not in text
    assert "Certificate of left" not in text


def test_a_manager_sees_what_the_month_comes_to_up_to_today(
    client, session, area, provider, carer, manager, make_ctx
):
    """Fourteen days at 50; the rest of the month has not been, and of a stay only what was."""
    other = make.make_provider(session)
    for name, home in (("whole", provider), ("hospital", provider), ("foreign", other)):
        person = add_client(session, home, name, 7)
        make.make_enrolment(session, person)
        make.make_conclusion(session, person)
        if name == "hospital":  # from the 10th to the 14th
            make.make_life_event(session, person)
    make.make_agreement(session, other)
    add_client(session, provider, "no conclusion", 7)
    assert "Work out what the month comes to" in read_home(client, manager)
    page = client.get("/so-far", headers={"Accept-Language": "en"}).text
    assert "November 2019 up to 2019-11-14 (Thu): ¥1,150.00 for 2 people." in page
    assert "of 3 people with a plan; nothing is held." in page
    part = client.get("/so-far", headers={"HX-Request": "true", "Accept-Language": "en"}).text
    assert "<html" not in part
    assert "¥1,150.00" in part
    whole = calculate(make_ctx(role=Role.FINANCE_PREPARER, now=AFTER))
    assert whole.fund_fen == 3 * 150_000 - 5 * 5_000  # and the month is another sum


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR])
def test_only_a_provider_has_a_month_so_far(client, session, area, provider, role):
    user = make.make_user(session, role)
    assert sign_in_as(client, user).get("/so-far").status_code == 404


# --- finance -------------------------------------------------------------------------------------


def test_finance_sees_the_months_as_pipelines_and_what_is_held(client, session, area, make_ctx):
    make_month(session)
    calculate(make_ctx(role=Role.FINANCE_PREPARER, now=AFTER))
    text = read_home(client, make.make_user(session, Role.FINANCE_CHECKER))
    assert "Run 1 of November 2019 · 21 people · fund pays ¥30,350.00" in text
    assert "Finance, checking checks the run" in text
    assert re.search(r"Facts as known done .* Calculated done .* Checked under way", text)
    assert "Held in November 2019" in text
    assert "No bank account Agency officer 1 1" in text


def test_finance_sees_who_issues_the_statements_of_an_approved_month_and_by_when(
    client, session, area, make_ctx
):
    make_month(session)
    contexts = [
        make_ctx(role=role, user_id=make.make_user(session, role).id, now=AFTER)
        for role in (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    ]
    approve(*contexts)
    text = read_home(client, make.make_user(session, Role.FINANCE_PREPARER))
    assert re.search(r"Finance, approving issues the statements by 2019-12-31 \(Tue\)", text)
    assert re.search(r"Statements under way Issued: 0\. Waiting: [1-9]", text)


# --- the auditor ---------------------------------------------------------------------------------


def test_the_auditor_sees_the_chain_its_proofs_leads_and_the_law(client, session, area, make_ctx):
    auditor = make.make_user(session, Role.AUDITOR)
    assert "Nothing is sealed yet." in read_home(client, auditor)
    for action in ("identity.unmasked", "identity.unmasked", "visit.refused"):
        add_event(session, action)
    add_event(session, "phone.unmasked", MORNING - timedelta(days=8))
    add_job(session, "audit_check", JobStatus.DONE, result={"blocks": 3, "events": 12})
    add_job(session, "prove_last_month", JobStatus.FAILED, message="not proven")
    text = read_home(client, auditor)
    assert "4 events wait for their seal since 2019-11-06" in text
    assert re.search(r"Check the chain of the audit log 2019-11-14 \(Thu\) 08:30 done", text)
    assert re.search(r"Calculate the last closed month again .*? failed not proven", text)
    assert re.search(r"Masked numbers shown in full Identity number shown in full: 2\s", text)
    assert "All 3 events of these days" in text
    assert re.search(r"Benefits in force from 2022 from 2022-01-01 \(Sat\) · \d+ values", text)
    audit.seal_blocks(make_ctx())
    assert "Every event is sealed; the newest block is 1" in read_home(client, auditor)


def test_an_auditor_of_one_district_is_not_told_what_the_whole_area_comes_to(client, session, area):
    auditor = make.make_user(session, Role.AUDITOR, district_id=make.make_district(session).id)
    add_job(session, "prove_last_month", JobStatus.DONE, result={"paid_fen": 123_456})
    text = read_home(client, auditor)
    assert "The chain of the audit log" not in text
    assert "Calculate the last closed month again" not in text
    assert "1,234.56" not in text


# --- the administrator ---------------------------------------------------------------------------


def test_the_administrator_sees_jobs_storage_areas_and_what_needs_a_hand(
    client, session, area, house, monkeypatch
):
    admin = make.make_user(session, Role.ADMINISTRATOR)
    add_job(session, "books_check", JobStatus.FAILED)
    text = read_home(client, admin)
    for warning in (
        "No scheduler is running.",
        "Nobody is mailed when a job fails",
        "There is no backup yet.",
        "Check the books failed on 2019-11-14 (Thu) 08:30.",
    ):
        assert warning in text
    assert "Calculate last month never 2019-12-01 (Sun) 02:00" in text
    assert "Chongqing chongqing Asia/Shanghai" in text
    assert re.search(r"Database \d+ MB", text)
    folder = house.settings.backups
    folder.mkdir(parents=True)
    usage = shutil.disk_usage(folder)._replace(total=100_000_000, free=9_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)
    (folder / build_name(MORNING - timedelta(days=2))).touch()
    text = read_home(client, admin)
    assert "The newest backup is of 2019-11-12 (Tue) 08:30." in text
    assert re.search(r"Backups ?: only 9 % of the disk is free \(9 MB\)", text)
    (folder / build_name(MORNING)).touch()
    assert "The newest backup is of" not in read_home(client, admin)


@pytest.mark.parametrize(
    "role", [Role.PROVIDER_MANAGER, Role.FINANCE_APPROVER, Role.AUDITOR, Role.ADMINISTRATOR]
)
def test_every_start_page_opens_on_an_empty_installation_in_both_languages(
    client, session, area, role
):
    user = make.make_user(session, role)
    for language in ("en", "zh-CN"):
        assert read_home(client, user, language)


# --- how much is asked ---------------------------------------------------------------------------

MOST_QUERIES = {
    Role.OFFICER: 12,
    Role.PROVIDER_MANAGER: 14,
    Role.FINANCE_CHECKER: 14,
    Role.AUDITOR: 16,
    Role.ADMINISTRATOR: 20,  # two for each of nine tasks
}


@pytest.mark.parametrize("role", MOST_QUERIES)
def test_a_start_page_asks_little_and_no_more_with_more_rows(
    client, session, area, provider, carer, role
):
    user = make.make_user(session, role, **of_provider(role, provider))
    counts = []
    for rows in (2, 12):
        for number in range(rows):
            person = add_client(session, provider, f"p{rows}-{number}", 7)
            make.make_visit(session, person, carer, begins_at=MORNING)
            make.make_visit(session, person, carer, begins_at=MORNING, refused="short")
            make.make_carer(session, provider, certificate_ends_before=TODAY)
            add_event(session, "visit.refused")
        read_home(client, user)
        with counted(client.application.extensions["ltc"].engine) as sent:
            client.get("/")
        counts.append(len(sent))
    assert counts[1] <= counts[0] <= MOST_QUERIES[role]


def of_provider(role, provider):
    return {"organisation_id": provider.id} if role is Role.PROVIDER_MANAGER else {}
