"""Each request as one line of the log and one count of the metrics: by route, never by address."""

import re
import secrets

from flask import Flask, Response, g, request

from ltc import clock
from ltc.logs import log
from ltc.web import metrics

REQUEST_ID = "X-Request-ID"
SHAPE = re.compile(r"[A-Za-z0-9-]{8,64}")
NO_ROUTE = "-"  # an address that leads nowhere is not repeated: anything may stand in it
NANOSECONDS_A_MILLISECOND = 1_000_000


def register(app: Flask) -> None:
    """Count and log every request of an application."""
    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    """Give the request a number, that of the proxy before us where there is one."""
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if SHAPE.fullmatch(given) else secrets.token_hex(8)
    g.began_ns = clock.ticks_ns()


def end(response: Response) -> Response:
    """Write the line, count the request, and tell the caller its number."""
    if "began_ns" not in g:
        return response
    response.headers[REQUEST_ID] = g.request_id
    if request.endpoint == "static":
        return response
    elapsed_ns = clock.ticks_ns() - g.began_ns
    route = str(request.url_rule) if request.url_rule else NO_ROUTE
    actor = g.get("actor")
    log(
        "request",
        request_id=g.request_id,
        method=request.method,
        route=route,
        status=response.status_code,
        ms=elapsed_ns // NANOSECONDS_A_MILLISECOND,
        user_id=actor.user_id if actor else None,
    )
    metrics.count_request(request.method, route, response.status_code, elapsed_ns)
    return response
