"""The migrations build exactly the tables of the code, up and down, on both databases."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from ltc.store import db, migrations
from ltc.store.base import UtcDateTime, known_at
from ltc.store.insured import Assistance
from ltc.store.name_parts import NamePart, split_name
from tests.house.sources import write


def find_differences(engine: sa.Engine, metadata: sa.MetaData) -> list[object]:
    """List what Alembic would change to turn the database's tables into those of the code."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))


def find_wrong_head(folder: Path, newest: str) -> list[str]:
    """Say where migrations/HEAD does not name the newest revision."""
    named = (folder / "HEAD").read_text().strip()
    return [] if named == newest else [f"HEAD names {named}, the newest revision is {newest}"]


@pytest.fixture
def empty_engine(empty_database_url):
    engine = db.create_engine(empty_database_url)
    yield engine
    engine.dispose()


def test_migrations_build_the_tables_of_the_code(empty_engine):
    migrations.upgrade(empty_engine)
    assert find_differences(empty_engine, db.metadata) == []
    migrations.check_version(empty_engine)


def test_migrations_build_what_create_all_builds(databases, empty_engine):
    """Alembic compares no checks and no keys, so the two are also compared as reflected."""
    migrations.upgrade(empty_engine)
    with databases.lend(is_migrated=False) as url:
        direct = db.create_engine(url)
        db.metadata.create_all(direct)
        assert describe(empty_engine) == describe(direct)
        direct.dispose()


def describe(engine: sa.Engine) -> dict[str, object]:
    """Describe every table but Alembic's own: columns, keys, indexes, checks."""
    look = sa.inspect(engine)
    return {
        table: {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"]) for c in look.get_columns(table)
            },
            "key": sorted(look.get_pk_constraint(table)["constrained_columns"]),
            "foreign keys": _in_order(look.get_foreign_keys(table)),
            "unique": _in_order(look.get_unique_constraints(table)),
            "indexes": _in_order(look.get_indexes(table)),
            "checks": _in_order(look.get_check_constraints(table)),
            "options": look.get_table_options(table),
        }
        for table in look.get_table_names()
        if table != "alembic_version"
    }


def _in_order(things: Iterable[Any]) -> list[str]:
    return sorted(json.dumps(thing, default=str, sort_keys=True) for thing in things)


def test_migrations_go_all_the_way_down(empty_engine):
    migrations.upgrade(empty_engine)
    migrations.downgrade(empty_engine, "base")
    assert sa.inspect(empty_engine).get_table_names() == ["alembic_version"]
    migrations.upgrade(empty_engine)
    assert find_differences(empty_engine, db.metadata) == []


def insert(connection: sa.Connection, table: str, **values: Any) -> None:
    """Insert a row into a table as it stands at this revision."""
    reflected = sa.Table(table, sa.MetaData(), autoload_with=connection)
    area = {} if table == "areas" else {"area_id": 1}
    connection.execute(sa.insert(reflected), {**values, **area})


def test_a_category_of_assistance_moves_out_of_the_persons_row_and_back(empty_engine):
    registered_at = datetime(2019, 1, 2, 3, tzinfo=UTC)
    migrations.upgrade(empty_engine, "0007")
    with empty_engine.begin() as connection:
        insert(connection, "areas", id=1, code="a", name_zh="", name_en="", time_zone="UTC",
               policy_area="a")  # fmt: skip
        insert(connection, "districts", id=1, code="d", name_zh="", name_en="")
        for number, category in ((1, "poor"), (2, None), (3, "poorest")):
            insert(connection, "insured_persons", id=number, case_number=f"A{number}", name="王",
                   sex="female", born_on=date(1940, 1, 1), district_id=1, community="",
                   identity_sealed=b"", identity_digest=str(number), identity_last4="1234",
                   assistance=category, recorded_at=registered_at)  # fmt: skip
        enrolment = {"person_id": 1, "scheme": "employee", "contribution_years": 1,
                     "recorded_at": registered_at}  # fmt: skip
        for number, (day, withdrawn) in enumerate([(5, False), (3, True), (9, False)]):
            insert(connection, "enrolments", id=number, starts_on=date(2018, 1, day),
                   withdrawn=withdrawn, **enrolment)  # fmt: skip
    migrations.upgrade(empty_engine)
    with Session(empty_engine) as session:
        found = session.scalars(sa.select(Assistance).order_by(Assistance.id)).all()
        assert [(a.id, a.person_id, a.category, a.starts_on) for a in found] == [
            (1, 1, "poor", date(2018, 1, 5)),
            (3, 3, "poorest", date(1940, 1, 1)),
        ]
        assert {(a.recorded_at, a.withdrawn) for a in found} == {(registered_at, False)}
        assert session.scalars(sa.select(Assistance).where(known_at(Assistance, None))).all()
    migrations.downgrade(empty_engine, "0007")
    with empty_engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT id, assistance FROM insured_persons ORDER BY id"))
        assert list(map(tuple, rows)) == [(1, "poor"), (2, None), (3, "poorest")]


def insert_corrected_records(connection: sa.Connection, times: list[datetime]) -> None:
    """Insert a person, a provider and a carer, each corrected twice by somebody else."""
    insert(connection, "areas", id=1, code="a", name_zh="", name_en="", time_zone="UTC",
           policy_area="a")  # fmt: skip
    insert(connection, "districts", id=1, code="d", name_zh="", name_en="")
    person = {"case_number": "A1", "name": "王", "sex": "female", "born_on": date(1940, 1, 1),
              "district_id": 1, "community": "", "identity_sealed": b"", "identity_digest": "1",
              "identity_last4": "1234"}  # fmt: skip
    for number in (1, 2):
        insert(connection, "organisations", id=number, kind="provider", name="p")
    provider = {"code": "P1", "name": "p", "kind": "home", "district_id": 1, "address": ""}
    carer = {"code": "C1", "provider_id": 1, "name": "c", "kind": "staff",
             "certificate_number": "", "starts_on": date(2019, 1, 1)}  # fmt: skip
    for table, versions, values in (
        ("insured_persons", "person_versions", person),
        ("providers", "provider_versions", provider),
        ("carers", "carer_versions", carer),
    ):
        insert(connection, table, id=1, recorded_at=times[2], recorded_by_id=3, **values)
        for number in (2, 1):
            insert(connection, versions, id=10 - number, record_id=1, recorded_by_id=number,
                   recorded_at=times[number - 1], superseded_at=times[number], **values)  # fmt: skip


def test_without_versions_a_record_is_known_since_its_first(empty_engine):
    times = [datetime(2019, month, 2, 3, tzinfo=UTC) for month in (1, 2, 3)]
    migrations.upgrade(empty_engine, "0005")
    with empty_engine.begin() as connection:
        insert_corrected_records(connection, times)
        insert(connection, "providers", id=2, code="P2", name="never corrected", kind="home",
               district_id=1, address="", recorded_at=times[1])  # fmt: skip
    migrations.downgrade(empty_engine, "0004")
    columns = sa.column("recorded_at", UtcDateTime), sa.column("recorded_by_id")
    with empty_engine.connect() as connection:
        for table, known in (
            ("insured_persons", [(times[0], 1)]),
            ("providers", [(times[0], 1), (times[1], None)]),
            ("carers", [(times[0], 1)]),
        ):
            query = sa.select(*columns).select_from(sa.table(table)).order_by(sa.column("id"))
            assert list(map(tuple, connection.execute(query))) == known


def test_head_names_the_newest_revision():
    assert find_wrong_head(migrations.FOLDER, migrations.newest_version()) == []


def test_there_is_one_newest_revision():
    assert len(ScriptDirectory.from_config(migrations.config_for()).get_heads()) == 1


def test_a_table_or_column_without_migration_is_seen(empty_engine):
    migrations.upgrade(empty_engine)
    changed = sa.MetaData()
    for table in db.metadata.tables.values():
        table.to_metadata(changed)
    sa.Table("forgotten", changed, sa.Column("id", sa.Integer, primary_key=True))
    changed.tables["areas"].append_column(sa.Column("forgotten", sa.Text))
    found = find_differences(empty_engine, changed)
    assert {difference[0] for difference in found} == {"add_table", "add_column"}


def test_a_wrong_head_is_seen(tmp_path):
    write(tmp_path, "HEAD", "0001\n")
    assert find_wrong_head(tmp_path, "0001") == []
    assert find_wrong_head(tmp_path, "0002") == ["HEAD names 0001, the newest revision is 0002"]


def test_the_parts_of_all_names_are_kept_from_now_on(empty_engine):
    migrations.upgrade(empty_engine, "0013")
    names = {1: "王小明", 2: "阿依古丽·买买提", 3: "Anna MÜLLER", 4: "李李", 5: "王" * 30}
    with empty_engine.begin() as connection:
        insert(connection, "areas", id=1, code="a", name_zh="", name_en="", time_zone="UTC",
               policy_area="a")  # fmt: skip
        insert(connection, "districts", id=1, code="d", name_zh="", name_en="")
        for number, name in names.items():
            insert(connection, "insured_persons", id=number, case_number=f"A{number}", name=name,
                   sex="female", born_on=date(1940, 1, 1), district_id=1, community="",
                   identity_sealed=b"", identity_digest=str(number), identity_last4="1234",
                   recorded_at=datetime(2019, 1, 2, tzinfo=UTC))  # fmt: skip
    migrations.upgrade(empty_engine)
    with Session(empty_engine) as session:
        found = session.execute(sa.select(NamePart.person_id, NamePart.part)).all()
    expected = {(number, part) for number, name in names.items() for part in split_name(name)}
    assert {tuple(row) for row in found} == expected
    assert len(found) == len(expected)
