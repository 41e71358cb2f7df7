"""A provider's visits are listed as the area's are, though another index leads to them."""

from datetime import UTC, datetime, timedelta

import pytest

from ltc.rules.access import Actor, Role
from ltc.store.visit_questions import SORTS, VisitFilter, list_visits
from tests.support import factories as make

FIRST = datetime(2019, 11, 1, 14, 30, tzinfo=UTC)  # 22:30 in the area: two of three are of one day
OFFICER = Actor(1, "U", Role.OFFICER, 1, 1, None, None)


@pytest.fixture
def provider(session, area):
    provider, other = make.make_provider(session), make.make_provider(session)
    for one in (provider, other):
        carer, person = make.make_carer(session, one), make.make_person(session)
        for number in range(53):
            begins_at = FIRST + timedelta(hours=8 * (number * 7 % 53))
            make.make_visit(session, person, carer, begins_at=begins_at)
    session.commit()
    return provider


def read_all(session, actor, chosen, *, descending):
    """All pages forward, and the first one again by going back."""
    order, rows = SORTS["begins_at"], []
    page = first = list_visits(session, actor, chosen, order, descending=descending)
    while True:
        rows += [visit for visit, _person, _carer in page.rows]
        if page.next_cursor is None:
            break
        page = list_visits(session, actor, chosen, order, page.next_cursor, descending=descending)
    back = list_visits(session, actor, chosen, order, page.previous_cursor, descending=descending)
    assert [row[0].id for row in back.rows] == [row[0].id for row in first.rows]
    return rows


@pytest.mark.parametrize("descending", [True, False])
def test_a_providers_visits_are_in_order_of_their_begin(session, provider, descending):
    manager = Actor(1, "U", Role.PROVIDER_MANAGER, 1, provider.id, None, None)
    for actor, chosen in (
        (manager, VisitFilter()), (OFFICER, VisitFilter(provider_id=provider.id)),
    ):  # fmt: skip
        visits = read_all(session, actor, chosen, descending=descending)
        assert {visit.provider_id for visit in visits} == {provider.id}
        ordered = sorted(visits, key=lambda v: (v.begins_at, v.id), reverse=descending)
        assert [visit.id for visit in visits] == [visit.id for visit in ordered]
        assert len(visits) == 53
