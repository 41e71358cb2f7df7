"""A provider's reference is believed once; what is withdrawn gives it free, also on the way back."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ltc import settings
from ltc.store import db, migrations
from ltc.store.visits import Visit
from tests.conftest import ENVIRONMENT
from tests.support import factories as make

BEFORE = "0002"


@pytest.fixture
def session(fresh_database_url, tmp_path):
    given = settings.load(
        {**ENVIRONMENT, "LTC_HOME": str(tmp_path), "LTC_DATABASE_URL": fresh_database_url}
    )
    engine = db.create_engine(fresh_database_url)
    with db.create_session_maker(engine, given.keys)() as session:
        yield session
    engine.dispose()


def test_a_reference_is_believed_once_and_free_when_withdrawn(session):
    area = make.make_area(session)
    person = make.make_person(session, area_id=area.id)
    carer = make.make_carer(session, make.make_provider(session, area_id=area.id))
    for withdrawn in (True, True, False):
        make.make_visit(session, person, carer, reference="V-7", withdrawn=withdrawn)
    with pytest.raises(IntegrityError):
        make.make_visit(session, person, carer, reference="V-7")
    session.rollback()
    migrations.downgrade(session.get_bind(), BEFORE)
    newest = sa.text("SELECT withdrawn FROM visits WHERE superseded_at IS NULL")
    assert [bool(row.withdrawn) for row in session.execute(newest)] == [False]
    session.rollback()
    migrations.upgrade(session.get_bind())
    assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 3
