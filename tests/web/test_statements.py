import io
import re
import zipfile

import pytest
import sqlalchemy as sa

from ltc.jobs.statements import issue_asked
from ltc.rules.access import Role
from ltc.rules.statements import StatementKind
from ltc.services import statement_sheets
from ltc.store.audit_log import AuditEvent
from ltc.store.base import new_id
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.paging import PAGE_ROWS
from ltc.store.pdf import Printed
from ltc.store.statements import Statement
from ltc.web import statements as pages
from tests.support import factories
from tests.support.month import AFTER, approve, calculate, make_month
from tests.support.sign_in import send, sign_in_as
from tests.web.test_query_counts import counted

PEOPLE = 8
STATEMENTS = PEOPLE + 2
ROLES = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)


@pytest.fixture(autouse=True)
def quick_print(monkeypatch):
    monkeypatch.setattr(
        statement_sheets, "print_page", lambda html: Printed(b"%PDF-" + html.encode(), 1)
    )


@pytest.fixture
def started(monkeypatch):
    """What would have been started in a process of its own."""
    calls = []
    monkeypatch.setattr(pages, "start_process", lambda _settings, *words: calls.append(words))
    return calls


@pytest.fixture
def month(session, area):
    return make_month(session, people=PEOPLE)


@pytest.fixture
def users(session, area):
    return {role: factories.make_user(session, role) for role in ROLES}


@pytest.fixture
def contexts(make_ctx, users):
    return [make_ctx(role=role, user_id=user.id, now=AFTER) for role, user in users.items()]


@pytest.fixture
def run(contexts, month):
    return approve(*contexts)


@pytest.fixture
def approver(client, users):
    return sign_in_as(client, users[Role.FINANCE_APPROVER])


@pytest.fixture
def issued(approver, run, started, house, session):
    """All statements of the run, issued the way a page does it."""
    answer = send(approver, f"/statements/runs/{run.id}/issue")
    assert answer.status_code == 303
    issue_asked(house, int(started[0][-1]))
    session.expire_all()
    return list(session.scalars(sa.select(Statement)))


def read(client, path):
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", answer.text)


def manager_of(client, session, provider):
    user = factories.make_user(session, Role.PROVIDER_MANAGER, organisation_id=provider.id)
    return sign_in_as(client, user)


def test_an_empty_list_says_where_statements_come_from(approver):
    assert "issued from an approved run" in read(approver, "/statements/")


def test_one_is_issued_and_leaves_a_receipt(approver, run, month):
    person = month.people[0]
    answer = send(approver, f"/statements/runs/{run.id}/people/{person.id}", follow_redirects=True,
                  headers={"Accept-Language": "en"})  # fmt: skip
    assert "The statement is issued." in answer.text
    assert f"201911R1-{person.case_number}" in answer.text


def test_a_providers_is_issued_by_itself(approver, run, month, session):
    send(approver, f"/statements/runs/{run.id}/providers/{month.providers[0].id}")
    assert session.scalar(sa.select(Statement.kind)) is StatementKind.PROVIDER


def test_all_are_issued_by_a_process_of_its_own(approver, run, issued, started):
    assert len(issued) == STATEMENTS
    assert started[0][:3] == ("statements", "issue", "--job")
    page = read(approver, f"/statements/runs/{run.id}")
    assert f"{STATEMENTS} statements are issued." in page
    job_page = read(approver, f"/statements/jobs/{started[0][-1]}")
    assert f"All {STATEMENTS} statements are issued." in job_page


def test_the_live_bar_leads_on_when_the_work_has_ended(approver, run, issued, started):
    answer = approver.get(f"/statements/jobs/{started[0][-1]}/progress")
    assert answer.headers["HX-Redirect"] == f"/statements/jobs/{started[0][-1]}"


def test_a_waiting_job_is_shown_and_cancelled(approver, run, started, session):
    send(approver, f"/statements/runs/{run.id}/issue")
    job_id = int(started[0][-1])
    assert "See how far it is" in read(approver, f"/statements/runs/{run.id}")
    assert "You can leave this page" in read(approver, f"/statements/jobs/{job_id}")
    assert "HX-Redirect" not in approver.get(f"/statements/jobs/{job_id}/progress").headers
    send(approver, f"/statements/jobs/{job_id}/cancel")
    assert session.get(JobRun, (1, job_id)).status is JobStatus.CANCELLED
    assert "Issuing stopped before the first statement" in read(
        approver, f"/statements/jobs/{job_id}"
    )
    again = send(approver, f"/statements/jobs/{job_id}/cancel", follow_redirects=True)
    assert "This job has ended already." in again.text
    assert "Issuing stopped before the first statement" in again.text
    assert "Go on where it stopped" in again.text
    assert f'action="/statements/runs/{run.id}/issue"' in again.text


def test_the_list_is_filtered(approver, issued, month):
    person = month.people[0]
    assert person.case_number in read(approver, f"/statements/?q={person.case_number}")
    assert person.case_number not in read(approver, "/statements/?kind=provider")
    assert "No statement fits" in read(approver, "/statements/?month=2019-10")


def test_a_file_is_handed_out_and_recorded(approver, issued, session):
    answer = approver.get(f"/statements/{issued[0].id}.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert issued[0].number in answer.headers["Content-Disposition"]
    session.rollback()  # a new look at what the page wrote
    event = session.scalar(sa.select(AuditEvent).where(AuditEvent.action == "statement.handed_out"))
    assert event.record_id == issued[0].id


def test_a_provider_gets_its_own_and_nothing_else(client, session, issued, run, month):
    mine, other = month.providers
    manager_of(client, session, mine)
    page = read(client, "/statements/")
    for statement in issued:
        is_mine = statement.provider_id == mine.id
        assert (statement.number in page) == is_mine
        answer = client.get(f"/statements/{statement.id}.pdf")
        assert answer.status_code == (200 if is_mine else 404)
    answer = client.get(f"/statements/runs/{run.id}/providers/{mine.id}.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert len(archive.namelist()) == 1 + sum(s.provider_id == mine.id for s in issued)
    assert client.get(f"/statements/runs/{run.id}/providers/{other.id}.zip").status_code == 404
    assert "Issue all" not in read(client, f"/statements/runs/{run.id}")


def test_a_run_that_is_not_approved_has_no_statements(approver, contexts, month, started):
    run = calculate(contexts[0])
    assert approver.get(f"/statements/runs/{run.id}").status_code == 404
    assert send(approver, f"/statements/runs/{run.id}/issue").status_code == 409
    path = f"/statements/runs/{run.id}/people/{month.people[0].id}"
    assert send(approver, path).status_code == 409
    assert started == []


def test_issuing_everything_twice_says_so(approver, run, issued):
    answer = send(approver, f"/statements/runs/{run.id}/issue", headers={"Accept-Language": "en"})
    assert answer.status_code == 409
    assert "have been issued already" in answer.text


def test_the_page_of_an_amount_offers_its_statement(approver, run, month):
    person = month.people[0]
    page = read(approver, f"/payouts/{run.id}/people/{person.id}")
    assert f"/statements/runs/{run.id}/people/{person.id}" in page
    assert "Issue the statement" in page
    send(approver, f"/statements/runs/{run.id}/people/{person.id}")
    page = read(approver, f"/payouts/{run.id}/people/{person.id}")
    assert "Issue the statement" not in page
    assert f"Statement 201911R1-{person.case_number} (PDF)" in page
    assert f'href="/statements/runs/{run.id}"' in read(approver, f"/payouts/{run.id}")


def give_statement(session, run, provider, number):
    """A statement of the provider itself, as if it had been printed."""
    session.add(Statement(
        area_id=1, id=new_id(), number=f"ST-{number}", run_id=run.id, kind=StatementKind.PROVIDER,
        subject_id=provider.id, provider_id=provider.id, district_id=provider.district_id,
        content_digest="0" * 64, issued_at=AFTER,
    ))  # fmt: skip


@pytest.fixture
def many(session, run, month):
    """More providers with a statement than a page has rows, by name."""
    made = []
    for number in range(PAGE_ROWS + 5):
        district_id = month.providers[number % 2].district_id
        made.append(
            factories.make_provider(session, district_id=district_id, name=f"Nest-{number:03}")
        )
        give_statement(session, run, made[-1], number)
    session.commit()
    return made


def archives(page, run, providers):
    """The providers whose files a page offers."""
    return [p for p in providers if f'"/statements/runs/{run.id}/providers/{p.id}.zip"' in page]


def test_the_providers_of_a_run_come_page_by_page(approver, run, many):
    first = read(approver, f"/statements/runs/{run.id}?q=Nest")
    assert archives(first, run, many) == many[:PAGE_ROWS]
    (cursor,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = read(approver, f"/statements/runs/{run.id}{cursor.replace('&amp;', '&')}")
    assert archives(second, run, many) == many[PAGE_ROWS:]
    assert 'rel="prev"' in second


def test_the_providers_of_a_run_are_filtered(approver, run, many):
    path = f"/statements/runs/{run.id}"
    assert archives(read(approver, f"{path}?q={many[7].code}"), run, many) == [many[7]]
    district = f"{path}?q=Nest-00&district={many[1].district_id}"
    assert archives(read(approver, district), run, many) == many[1:10:2]
    assert "No provider fits the filter" in read(approver, f"{path}?q=nobody")


def test_a_provider_is_not_shown_the_others_of_a_run(client, session, run, many):
    manager_of(client, session, many[3])
    assert archives(read(client, f"/statements/runs/{run.id}"), run, many) == [many[3]]
    page = read(client, f"/statements/runs/{run.id}?q={many[4].code}")
    assert many[4].name not in page


def test_who_works_in_a_district_is_shown_its_providers(client, session, run, many):
    district_id = many[0].district_id
    user = factories.make_user(session, Role.FINANCE_APPROVER, district_id=district_id)
    page = read(sign_in_as(client, user), f"/statements/runs/{run.id}?q=Nest")
    assert archives(page, run, many) == many[::2]


def test_what_waits_is_counted_again_after_each_statement(approver, run, month):
    path, person = f"/statements/runs/{run.id}", month.people[0]
    assert f"Issued: 0. Waiting: {STATEMENTS}." in read(approver, path)
    send(approver, f"{path}/people/{person.id}")
    assert f"Issued: 1. Waiting: {STATEMENTS - 1}." in read(approver, path)
    send(approver, f"{path}/providers/{month.providers[0].id}")
    page = read(approver, path)
    assert f"Issued: 2. Waiting: {STATEMENTS - 2}." in page
    for provider in month.providers:
        assert f"/runs/{run.id}/providers/{provider.id}/issue" in page


def test_what_is_issued_to_the_last_is_not_counted_again(approver, run, issued, house):
    path = f"/statements/runs/{run.id}"
    assert f"{STATEMENTS} statements are issued." in read(approver, path)
    with counted(house.engine) as sent:
        assert f"{STATEMENTS} statements are issued." in read(approver, path)
    over_the_run = [
        one for one in sent if "count(*)" in one and "statements.provider_id IN" not in one
    ]
    assert over_the_run == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_pages_open_in_both_languages(approver, run, issued, language):
    for path in ("/statements/", f"/statements/runs/{run.id}"):
        assert approver.get(path, headers={"Accept-Language": language}).status_code == 200
