"""The entrance: ``flask --app app …`` and ``gunicorn app:app`` start here."""

from ltc import cli
from ltc.factory import create_app

with cli.start_said_plainly():
    app = create_app()
