"""Care that is changed after its month was approved: the form says so before, the receipt after."""

from datetime import UTC, date, datetime

import pytest

from ltc.rules.insured import LifeEventKind
from ltc.rules.payouts.results import Outcome
from ltc.rules.payouts.runs import RunKind, RunStatus
from ltc.store.payouts import PayoutResult, PayoutRun
from ltc.store.visits import Visit
from tests.support import factories as make
from tests.support.pages import known, read, sent
from tests.support.world import DIGEST
from tests.web.test_visits import visit_data

pytestmark = pytest.mark.usefixtures("november")

STANDS = "October 2019 is settled and approved already."
CORRECTION = "October 2019 was approved without it: a correction settles it"
COUNTS = "it counts in the settlement of October 2019"


@pytest.fixture
def october(session, area):
    """The run of October, approved."""
    run = make_run(session, "2019-10", RunStatus.APPROVED)
    session.commit()
    return run


def make_run(session, month, status):
    at = datetime(2019, 11, 4, 2, 0, tzinfo=UTC)
    run = PayoutRun(
        area_id=1, id=int(month[-2:]), month=month, kind=RunKind.REGULAR, sequence=1, known_at=at,
        status=status, policy_digest=DIGEST, digest=DIGEST, started_at=at,
    )  # fmt: skip
    session.add(run)
    return run


@pytest.fixture
def visit(session, person, provider, carer):
    make.make_plan(session, person, provider)
    return make.make_visit(session, person, carer, begins_at=datetime(2019, 10, 9, 1, tzinfo=UTC))


def longer(person, carer):
    return visit_data(person, carer, on="2019-10-09", ends_time="10:30", reason="read wrongly")


@pytest.mark.usefixtures("october")
def test_a_visit_of_an_approved_month_is_settled_by_a_correction(officer, person, carer, visit):
    for verb in ("correct", "withdraw", "refuse"):
        assert STANDS in read(officer, f"/visits/{visit.id}/{verb}")
    page = sent(officer, f"/visits/{visit.id}/correct", longer(person, carer))
    assert CORRECTION in page
    assert "Finance, preparing" in page
    assert COUNTS not in page


def test_a_visit_of_an_open_month_counts_in_it(officer, person, carer, visit):
    assert STANDS not in read(officer, f"/visits/{visit.id}/correct")
    assert COUNTS in sent(officer, f"/visits/{visit.id}/correct", longer(person, carer))


@pytest.mark.usefixtures("october")
def test_a_stay_of_an_approved_month_says_so_before(officer, session, person, provider):
    stay = make.make_bed_stay(session, person, provider, starts_on=date(2019, 10, 1))
    assert STANDS in read(officer, f"/stays/beds/{stay.id}/correct")


def test_a_refused_visit_that_is_corrected_stays_refused(officer, session, person, carer, visit):
    sent(officer, f"/visits/{visit.id}/refuse", {"reason": "signature differs"})
    page = sent(officer, f"/visits/{known(session, Visit).id}/correct", longer(person, carer))
    assert "it stays refused until the agency accepts it after all" in page
    assert COUNTS not in page


def test_a_late_fact_asks_nobody_to_calculate_an_approved_month(officer, session, person, october):
    november = make_run(session, "2019-11", RunStatus.CALCULATED)
    session.flush()
    for run in (october, november):
        result = PayoutResult(
            area_id=1, run_id=run.id, person_id=person.id, case_number=person.case_number,
            district_id=person.district_id, outcome=Outcome.PAID, fund_fen=1, assistance_fen=0, person_fen=0, eligible_fen=1, days=1,
            trace=b"", trace_digest=DIGEST,
        )  # fmt: skip
        session.add(result)
    session.commit()
    data = {"kind": LifeEventKind.HOSPITAL_STAY.value, "starts_on": "2019-10-30",
            "ends_on": "2019-11-02"}  # fmt: skip
    page = sent(officer, f"/insured/{person.id}/life-events/record", data)
    assert "calculate anew what was settled without it: November 2019" in page
    assert "approved without it, a correction settles it: October 2019" in page
