"""Every route has a door: a view says who may come in, or says on purpose that everybody may."""

import pytest
from flask import Flask

from ltc.rules.access import Permission

SAID = {"public", "signed_in"}


def find_routes_without_door(app: Flask) -> list[str]:
    """Name every route whose view carries neither a permission nor ``public`` or ``signed_in``.

    Flask's own view of static files is public: it hands out what is in the folder ``static``.
    """
    return sorted(
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not has_door(app.view_functions[rule.endpoint])
    )


def has_door(view: object) -> bool:
    """Whether a view was marked by ``requires``, ``signed_in`` or ``public`` of ltc.http."""
    access = getattr(view, "__access__", None)
    return isinstance(access, Permission) or access in SAID


def test_every_route_has_a_door(app):
    assert find_routes_without_door(app) == []


def test_a_route_without_door_is_seen():
    from ltc import http

    app = Flask("small")
    app.add_url_rule("/open", "open", http.public(lambda: ""))
    app.add_url_rule("/mine", "mine", http.signed_in(lambda: ""))
    app.add_url_rule("/visits", "visits", http.requires(Permission.SEE_VISITS)(lambda: ""))
    assert find_routes_without_door(app) == []
    app.add_url_rule("/forgotten", "forgotten", lambda: "")
    assert find_routes_without_door(app) == ["/forgotten (forgotten)"]


@pytest.mark.parametrize("access", [None, "everybody", True])
def test_a_door_of_ones_own_making_is_none(access):
    def view() -> str:
        return ""

    view.__access__ = access  # type: ignore[attr-defined]
    assert not has_door(view)
