"""Addresses that have a page: one that only takes a form has none, but the one above it has.

A page has one address. The frame leads there where its closing slash is missing; where one too many
was written, ``find_without_slash`` says where it is.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

START_PAGE = "/"


def find_page() -> str:
    """Return where this page can be asked for once more, in another language for instance."""
    rule = request.url_rule
    if rule is not None and "GET" in (rule.methods or ()):
        return request.full_path.rstrip("?")
    return _find_page_above()[0]


def find_room() -> str:
    """Return the room that was asked for; at an address without a page, the room above it."""
    endpoint = request.endpoint or _find_page_above()[1]
    return endpoint.split(".")[0]


def find_without_slash() -> str:
    """Return this address without its closing slash where that is a page's, else nothing."""
    path = request.path.removesuffix("/")
    is_looked_for = request.method in ("GET", "HEAD") and request.routing_exception is not None
    if not is_looked_for or path == request.path:
        return ""
    if not _find_endpoint(current_app.create_url_adapter(request), path):
        return ""
    query = request.query_string.decode("latin-1")
    return f"{request.script_root}{path}{'?' if query else ''}{query}"


def _find_page_above() -> tuple[str, str]:
    """Return the nearest path that has a page, and its endpoint: the start page at last."""
    adapter: Any = current_app.create_url_adapter(request)
    find = partial(_find_endpoint, adapter)
    found = ((path, endpoint) for path in _list_paths(request.path) if (endpoint := find(path)))
    return next(found, (START_PAGE, ""))


def _list_paths(path: str) -> Iterator[str]:
    """Yield a path and those above it, each as it may be written."""
    parts = path.strip("/").split("/")
    for count in range(len(parts), 0, -1):
        above = "/" + "/".join(parts[:count])
        yield from (above, above + "/")


def _find_endpoint(adapter: Any, path: str) -> str:
    """Return the endpoint of the page at a path, empty where there is none."""
    try:
        return str(adapter.match(path, method="GET")[0])
    except (HTTPException, RequestRedirect):
        return ""
