"""PostgreSQL without room for its log: it goes down in the middle, and the work goes on when it is back."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from ltc.services.executors import Inline
from ltc.services.payouts import preview_run
from ltc.store.payouts import PayoutResult
from ltc.store.reachable import DatabaseAway, DatabaseFull, find_trouble
from tests.support.full_disks import lend_whole_server
from tests.support.month import AFTER, MONTH, PEOPLE, calculate, later, make_month

RESULTS = sa.select(sa.func.count()).select_from(PayoutResult)


@pytest.fixture
def server(postgresql_databases):
    with lend_whole_server() as server:
        yield server


@pytest.fixture
def database_url(server):
    return server.url


def test_a_month_goes_on_to_the_same_digest(session, area, make_ctx, server):
    make_month(session)
    session.commit()
    engine, ctx, told = session.get_bind(), make_ctx(now=AFTER), []
    expected = preview_run(ctx, month=MONTH, executor=Inline(engine)).digest

    def tell(progress):
        told.append(progress)
        if len(told) == 2:  # it began, and the first chunk is closed
            server.fill(engine)

    with pytest.raises(OperationalError) as caught:
        calculate(ctx, chunk_people=4, on_progress=tell)
    # It is starting again, and will go down again, or stays down.
    assert isinstance(find_trouble(caught.value), DatabaseAway | DatabaseFull)
    session.rollback()
    server.make_room(engine)
    assert 0 < session.scalar(RESULTS) < PEOPLE
    run = calculate(make_ctx(now=later(AFTER, minutes=2)), chunk_people=4)
    assert (run.sequence, run.digest, run.people) == (1, expected, PEOPLE)
    assert session.scalar(RESULTS) == PEOPLE
