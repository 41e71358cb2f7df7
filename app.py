"""The entrance: ``flask --app app …`` and ``gunicorn app:app`` start here."""

import gc

# What is loaded stays: to look through it for garbage again and again takes a quarter of the start.
gc.disable()

from ltc import cli  # noqa: E402
from ltc.factory import create_app, create_shell  # noqa: E402

with cli.start_said_plainly():
    app = create_shell() if cli.is_making_keys() else create_app()

gc.freeze()
gc.enable()
