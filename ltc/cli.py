"""The shell: every command of ``flask --app app``."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec

from flask import Flask

# Name in the module → module of ltc.commands.
COMMANDS = {
    "grade_command": "grade",
    "settle_command": "settle",
    "law_group": "law",
    "db_group": "db",
    "users_group": "users",
    "keys_group": "keys",
    "audit_group": "audit",
    "payouts_group": "payouts",
    "statements_group": "statements",
    "demo_command": "demo",
    "serve_command": "serve",
}


def is_mending_the_law() -> bool:
    """Whether the shell was called for ``flask law …``, which must run while the law is broken."""
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true" and "law" in sys.argv[1:]


def register(app: Flask) -> None:
    """Put every command under ``flask``."""
    for name, module in COMMANDS.items():
        path = f"ltc.commands.{module}"
        if find_spec(path):
            app.cli.add_command(getattr(import_module(path), name))
