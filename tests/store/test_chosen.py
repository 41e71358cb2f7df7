"""Whom somebody means who writes a code, a name or a part of it."""

import pytest

from ltc.rules.access import Role
from ltc.store.chosen import OFFERED_ROWS, list_few, list_fitting
from ltc.store.providers import Carer, Provider
from tests.support import factories as make


@pytest.fixture
def actor(make_ctx):
    return make_ctx(role=Role.OFFICER).actor


@pytest.fixture
def homes(session, area):
    named = (("H1", "长寿护理院"), ("H12", "长寿"), ("K100%", "康宁家园"))
    return [make.make_provider(session, code=code, name=name) for code, name in named]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("h1", ["H1", "H12"]),  # whose code it is comes before those whose code only begins so
        ("长寿", ["H12", "H1"]),
        ("护理", ["H1"]),
        ("H1 长寿护理院", ["H1"]),
        ("100%", []),
        ("K100%", ["K100%"]),
        ("%", []),
        ("_", []),
        ("", []),
        (" ", []),
    ],
)
def test_the_closest_stands_first(session, actor, homes, text, codes):
    found = list_fitting(session, actor, Provider, text)
    assert [each.code for each in found] == codes


def test_nobody_sees_whom_they_may_not_see(session, make_ctx, homes):
    manager = make_ctx(role=Role.PROVIDER_MANAGER, organisation_id=homes[0].id).actor
    assert [each.id for each in list_fitting(session, manager, Provider, "长寿")] == [homes[0].id]
    assert [each.id for each in list_few(session, manager, Provider)] == [homes[0].id]
    assert list_fitting(session, make_ctx(role=Role.ADMINISTRATOR).actor, Provider, "H1") == []


def test_a_short_list_is_offered_and_a_long_one_is_not(session, actor, homes):
    carers = [make.make_carer(session, homes[0]) for _number in range(OFFERED_ROWS)]
    offered = [each.code for each in list_few(session, actor, Carer)]
    assert offered == sorted(carer.code for carer in carers)
    make.make_carer(session, homes[0])
    assert list_few(session, actor, Carer) == []
    assert len(list_fitting(session, actor, Carer, carers[0].code[:1])) == OFFERED_ROWS
