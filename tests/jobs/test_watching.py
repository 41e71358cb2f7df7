"""What ends soon or is due: where a list is cut, what presses most is kept."""

from datetime import date

import pytest

from ltc.jobs import watching
from ltc.jobs.work import Work
from ltc.rules.applications import ApplicationStatus
from ltc.store.assessments import Application
from ltc.store.base import new_id
from tests.conftest import NOW
from tests.support import factories as make


@pytest.fixture
def work(house, ctx, monkeypatch):
    monkeypatch.setattr(watching, "MOST_ROWS", 1)
    return Work(house, ctx, date(2019, 12, 20), False, lambda *_: None, lambda _: None, {})


def add_application(session, number, filed_on, **decided):
    person = make.make_person(session)
    session.add(
        Application(
            id=new_id(), area_id=1, number=number, person_id=person.id, filed_on=filed_on,
            recorded_at=NOW, **decided,
        )
    )  # fmt: skip


def test_the_most_overdue_application_is_kept_and_not_the_first_that_was_filed(session, area, work):
    accepted = {"status": ApplicationStatus.ACCEPTED, "decided_on": date(2019, 11, 1)}
    add_application(session, "SQ1", date(2019, 10, 30), **accepted)
    add_application(session, "SQ2", date(2019, 11, 20), status=ApplicationStatus.FILED)
    session.commit()
    assert watching.list_deadlines(work) == {
        "found": 2, "overdue": 2, "rows": [{"number": "SQ2", "due_on": "2019-11-27"}]
    }  # fmt: skip


def test_what_ends_first_is_kept_whatever_kind_it_is(session, area, work):
    person = make.make_person(session)
    make.make_conclusion(session, person, valid_before=date(2020, 2, 1))
    provider = make.make_provider(session, 1)
    make.make_agreement(session, provider, ends_before=date(2020, 1, 1), number="A1")
    session.commit()
    found = watching.list_ending_soon(work)
    assert (found["found"], found["rows"]) == (
        2, [{"what": "Agreement", "number": "A1", "ends_on": "2019-12-31"}]
    )  # fmt: skip
