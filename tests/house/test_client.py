"""The test client fails where a page leaves changes behind that no use-case committed."""

import pytest
import sqlalchemy as sa

from ltc.store.areas import Area
from tests.support.sessions import UncommittedChanges


def make_area(number: int) -> Area:
    return Area(id=number, code=f"a{number}", name_zh="甲", name_en="A",
                time_zone="Asia/Shanghai", policy_area="chongqing")  # fmt: skip


def add(session):
    session.add(make_area(2))


def add_and_flush(session):
    session.add(make_area(2))
    session.flush()


def change(session):
    session.get(Area, 1).name_en = "Changed"


def update(session):
    session.execute(sa.update(Area).values(name_en="Changed"))


def let_a_page_do(app, what):
    from ltc import http

    @app.get("/made-for-this-test")
    @http.public
    def view() -> str:
        what(http.database())
        return "done"

    return app.test_client()


@pytest.mark.parametrize("what", [add, add_and_flush, change, update])
def test_a_change_left_behind_fails(app, area, what):
    client = let_a_page_do(app, what)
    with pytest.raises(UncommittedChanges, match="/made-for-this-test left uncommitted: "):
        client.get("/made-for-this-test")


def test_what_is_committed_or_rolled_back_is_fine(app, area):
    def change_well(session):
        add_and_flush(session)
        session.rollback()
        change(session)
        session.commit()
        session.scalars(sa.select(Area)).all()

    client = let_a_page_do(app, change_well)
    assert client.get("/made-for-this-test").text == "done"
