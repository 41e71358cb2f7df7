"""Many share the turn to record facts; as of when a run knows them is settled by one alone."""

import pytest
import sqlalchemy as sa

from ltc.store.turns import share_turn, take_turn


@pytest.fixture
def sessions(house):
    if house.engine.dialect.name == "sqlite":
        pytest.skip("the write lock of SQLite is the turn")
    opened = [house.session_maker() for _ in range(3)]
    for session in opened:
        session.execute(sa.text("SET LOCAL lock_timeout = 50"))
    yield opened
    for session in opened:
        session.close()


def test_a_turn_is_shared_or_taken(sessions):
    one, other, alone = sessions
    share_turn(one, 1)
    share_turn(other, 1)
    take_turn(alone, 2)  # of another area
    with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
        take_turn(alone, 1)
    for session in sessions:
        session.commit()
    take_turn(alone, 1)
    one.execute(sa.text("SET LOCAL lock_timeout = 50"))
    with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
        share_turn(one, 1)
