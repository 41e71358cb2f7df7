"""What tests of pages say again and again: read a page, send a form, look again."""

import csv
import io

import sqlalchemy as sa

from ltc.store.base import known_at
from tests.support.sign_in import send

ENGLISH = {"Accept-Language": "en"}


def read(client, path, language="en"):
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, (path, answer.text)
    return answer.text


def sent(client, path, data):
    """Send a form that is accepted, and return the page that it leads to."""
    answer = send(client, path, data, headers=ENGLISH)
    assert answer.status_code == 302, answer.text
    return read(client, answer.location)


def refused(client, path, data):
    """Send a form that is refused, and return the page that says why."""
    answer = send(client, path, data, headers=ENGLISH)
    assert answer.status_code == 422, answer.text
    return answer.text


def rows_of(client, path):
    """Return the rows of a list as a CSV file."""
    answer = client.get(path)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def look_again(session):
    """End the reading of before, so that what a page wrote is seen."""
    session.rollback()
    session.expire_all()


def known(session, table):
    """Return the one row of a fact that is believed now."""
    look_again(session)
    return session.scalars(sa.select(table).where(known_at(table, None))).one()
