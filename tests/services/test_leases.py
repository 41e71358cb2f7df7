"""Why a job failed, in words that may be shown and mailed."""

import errno

import pytest
import sqlalchemy as sa

from ltc.services.leases import AlreadyRunning, say_why
from ltc.store.documents import DocumentsFull
from ltc.store.reachable import DatabaseBusy

NAME = "张三"


def of_database(kind, text):
    return kind("UPDATE people SET name = ?", {"name": NAME}, Exception(text))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DocumentsFull(reason="full"), "The folder of the documents cannot be written: full."),
        (AlreadyRunning(done=1, total=2, since="9:00"), "This is already being done: 1 of 2 since"),
        (of_database(sa.exc.OperationalError, "database is locked"), DatabaseBusy().message),
        (of_database(sa.exc.IntegrityError, f"UNIQUE: {NAME}"), "IntegrityError"),
        (OSError(errno.ENOSPC, "No space left on device", NAME), "No space left on device"),
        (ValueError(NAME), "ValueError"),
    ],
)
def test_the_text_of_a_strange_error_is_never_kept(error, said):
    assert say_why(error).startswith(said)
    assert NAME not in say_why(error)
