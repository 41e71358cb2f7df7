"""The shell: every command of ``flask --app app``."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from flask import Flask

from ltc.settings import SettingMissing
from ltc.store.policy_seals import SealMismatch
from ltc.store.yaml_reader import LawFileError

# Name in the module → module of ltc.commands.
COMMANDS = {
    "grade_command": "grade",
    "settle_command": "settle",
    "law_group": "law",
    "db_group": "db",
    "users_group": "users",
    "areas_group": "areas",
    "keys_group": "keys",
    "audit_group": "audit",
    "imports_group": "imports",
    "payouts_group": "payouts",
    "statements_group": "statements",
    "demo_command": "demo",
    "books_group": "books",
    "backup_command": "backup",
    "restore_command": "restore",
    "drill_command": "restore",
    "serve_command": "serve",
    "scheduler_command": "scheduler",
    "jobs_group": "scheduler",
}


def is_mending_the_law() -> bool:
    """Whether the shell was called for ``flask law …``, which must run while the law is broken."""
    return _is_in_the_shell() and "law" in sys.argv[1:]


def is_making_keys() -> bool:
    """Whether the shell was called for ``flask keys make``, before there are any."""
    return _is_in_the_shell() and sys.argv[-2:] == ["keys", "make"]


@contextmanager
def start_said_plainly() -> Iterator[None]:
    """Say in the shell why the start is refused, without a traceback; exit code 1.

    A server that loads the application by itself gets the exception: it knows then that starting
    its workers again would not help.
    """
    try:
        yield
    except (SettingMissing, LawFileError, SealMismatch) as refusal:
        if not _is_in_the_shell():
            raise
        raise SystemExit(f"Error: {refusal}") from None


def _is_in_the_shell() -> bool:
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true"


def register(app: Flask) -> None:
    """Put every command under ``flask``."""
    for name, module in COMMANDS.items():
        app.cli.add_command(getattr(import_module(f"ltc.commands.{module}"), name))
