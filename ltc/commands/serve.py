"""``flask serve``: the pages, by gunicorn."""

import sys
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger as GunicornLog

from ltc import http
from ltc.commands.audit_sealing import start_sealing
from ltc.commands.machine import plainly
from ltc.commands.warming import warm
from ltc.logs import log_error
from ltc.store.migrations import check_version
from ltc.store.reachable import check_writable
from ltc.web import metrics

WORKERS = 2
# Those that wait for their password's hash (services.passwords.PLACES) leave some over for pages, and
# for these there are connections (store.db.CONNECTIONS). Threads are made as they are needed.
THREADS = 32
SEAL_SECONDS = 60
# An upload of some hundred megabytes on a slow line, or a list of a large city.
TIMEOUT_SECONDS = 120


class ServerLog(GunicornLog):  # type: ignore[misc]
    """Gunicorn's log, but for one thing: what broke is told by its kind and place.

    It would repeat the address that was asked for and the text of the error; both may hold a name.
    An answer that breaks while it is streamed, a file or a long list, is met here and not in Flask.
    """

    def exception(self, _message: str, *_given: Any, **_named: Any) -> None:
        """Write the error that a worker ended a request with."""
        error = sys.exc_info()[1]
        if error is not None:
            log_error("the server met an error", error)


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn around the application that is loaded already."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        """Keep what gunicorn asks for while its own initialisation runs."""
        self.app = app
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its settings."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return self.app


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=WORKERS, show_default=True, type=click.IntRange(1, 64))
@click.option("--seal-every", default=SEAL_SECONDS, show_default=True, type=click.IntRange(0),
              help="Seal the audit log each so many seconds; 0: something else does.")  # fmt: skip
@with_appcontext
def serve_command(host: str, port: int, workers: int, seal_every: int) -> None:
    """Serve the pages, after checking that the database fits and can be written."""
    engine, settings = http.house().engine, http.house().settings
    with plainly():
        check_writable(engine)
        check_version(engine)
    # Connections must not be shared with the workers that are forked off.
    engine.dispose()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    warm(app)
    click.echo(f"Serving at http://{host}:{port}/ (Ctrl+C ends it)")
    options = build_options(host, port, workers)
    # Before the workers are forked off: they count into one folder.
    metrics.share(settings.home / "metrics" / str(port))
    options["child_exit"] = lambda _server, worker: metrics.forget(worker.pid)
    if seal_every:
        stop = start_sealing(settings, seal_every)
        # Gunicorn calls this in the process that started it, not in its workers.
        options["on_exit"] = lambda _server: stop()
    Server(app, options).run()


def build_options(host: str, port: int, workers: int) -> dict[str, Any]:
    """Return gunicorn's settings."""
    return {
        "bind": f"{host}:{port}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": THREADS,
        "timeout": TIMEOUT_SECONDS,
        "accesslog": None,
        # Warnings repeat what a stranger sent, with the address that it came from.
        "loglevel": "error",
        "logger_class": ServerLog,
        "proc_name": "ltc",
    }
