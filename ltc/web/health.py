"""For machines that watch: alive, ready, and numbers for Prometheus."""

import os
import secrets
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from ltc import clock, http
from ltc.rules.errors import Problem
from ltc.store.job_questions import find_newest_scheduler
from ltc.store.migrations import check_version
from ltc.store.reachable import DatabaseBusy
from ltc.web.metrics import write_metrics

blueprint = Blueprint("health", __name__)

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OK = "ok"


@blueprint.get("/healthz")
@http.public
def alive() -> Any:
    """Say that this process answers."""
    return {"status": OK}


@blueprint.get("/readyz")
@http.public
def ready() -> Any:
    """Say whether requests can be served: database, its schema, the folder of documents."""
    found = {"database": _check_database(), "documents": _check_documents()}
    is_ready = all(state == OK for state in found.values())
    status = OK if is_ready else "not ready"
    age = _scheduler_age() if found["database"] == OK else None
    return {"status": status, **found, "scheduler_age_seconds": age}, 200 if is_ready else 503


def _check_database() -> str:
    try:
        check_version(http.house().engine)
    except NoConnectionLeft:
        return DatabaseBusy().code
    except SQLAlchemyError:
        return "unreachable"
    except Problem as problem:
        return problem.code
    return OK


def _check_documents() -> str:
    """Whether the folder of documents, or the nearest one above it that exists, can be written."""
    folder: Path = http.house().settings.documents
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return OK if os.access(folder, os.W_OK | os.X_OK) else "not writable"


def _scheduler_age() -> int | None:
    """Seconds since a scheduler's last sign of life; None where there is none. Only told."""
    try:
        newest = find_newest_scheduler(http.database())
    except SQLAlchemyError:
        return None
    return int((clock.now() - newest.heartbeat_at).total_seconds()) if newest else None


@blueprint.get("/metrics")
@http.public
def metrics() -> Any:
    """Give the numbers to whoever brings the token; to others there is no such page."""
    expected = http.house().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not expected or not secrets.compare_digest(given.encode(), expected.encode()):
        raise http.PageNotFound()
    return Response(write_metrics(http.database(), clock.now()), content_type=TEXT)
