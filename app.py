"""The entrance: ``flask --app app …`` and ``gunicorn app:app`` start here."""

from ltc.factory import create_app

app = create_app()
