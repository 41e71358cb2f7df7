"""Versions of persons, providers and carers; medical assistance as a fact of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VERSIONS = {
    "insured_persons": "person_versions",
    "providers": "provider_versions",
    "carers": "carer_versions",
}


def upgrade() -> None:
    op.create_table(
        "assistances",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_assistances_area_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_assistances_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_assistances")),
    )
    op.create_index(
        op.f("ix_assistances_area_id_person_id"),
        "assistances",
        ["area_id", "person_id"],
        unique=False,
    )

    op.create_table(
        "person_versions",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_number", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sex", sa.String(length=40), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("community", sa.String(length=100), nullable=False),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("identity_digest", sa.String(length=64), nullable=False),
        sa.Column("identity_last4", sa.String(length=4), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_digest", sa.String(length=64), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("home_latitude_e6", sa.Integer(), nullable=True),
        sa.Column("home_longitude_e6", sa.Integer(), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id", "district_id"],
            ["districts.area_id", "districts.id"],
            name=op.f("fk_person_versions_area_id_district_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "record_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_person_versions_area_id_record_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_person_versions_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_person_versions")),
    )
    op.create_index(
        op.f("ix_person_versions_area_id_record_id"),
        "person_versions",
        ["area_id", "record_id"],
        unique=False,
    )

    op.create_table(
        "provider_versions",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id", "district_id"],
            ["districts.area_id", "districts.id"],
            name=op.f("fk_provider_versions_area_id_district_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "record_id"],
            ["providers.area_id", "providers.id"],
            name=op.f("fk_provider_versions_area_id_record_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_provider_versions_area_id")
        ),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_provider_versions")),
    )
    op.create_index(
        op.f("ix_provider_versions_area_id_record_id"),
        "provider_versions",
        ["area_id", "record_id"],
        unique=False,
    )

    op.create_table(
        "carer_versions",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_digest", sa.String(length=64), nullable=True),
        sa.Column("identity_last4", sa.String(length=4), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_digest", sa.String(length=64), nullable=True),
        sa.Column("certificate_number", sa.String(length=60), nullable=False),
        sa.Column("certificate_ends_before", sa.Date(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id", "provider_id"],
            ["providers.area_id", "providers.id"],
            name=op.f("fk_carer_versions_area_id_provider_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "record_id"],
            ["carers.area_id", "carers.id"],
            name=op.f("fk_carer_versions_area_id_record_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_carer_versions_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_carer_versions")),
    )
    op.create_index(
        op.f("ix_carer_versions_area_id_record_id"),
        "carer_versions",
        ["area_id", "record_id"],
        unique=False,
    )

    # Not in a batch: SQLite would copy the tables and forget their checks on the way.
    for table in VERSIONS:
        op.add_column(table, sa.Column("reason", sa.Text(), nullable=True))


def downgrade() -> None:
    for table, versions in VERSIONS.items():
        op.execute(_write_first_times(table, versions))
        op.drop_column(table, "reason")
    for table in ("carer_versions", "provider_versions", "person_versions", "assistances"):
        op.drop_table(table)


def _write_first_times(table: str, versions: str) -> sa.Update:
    """Say of a corrected record what is known since its first version, which alone is left of them.

    It would otherwise be unknown at every instant before its last correction.
    """
    row = sa.table(table, *map(sa.column, ("area_id", "id", "recorded_at", "recorded_by_id")))
    version = sa.table(
        versions, *map(sa.column, ("area_id", "record_id", "recorded_at", "recorded_by_id", "id"))
    )
    is_of_row = sa.and_(version.c.area_id == row.c.area_id, version.c.record_id == row.c.id)
    first = {
        name: sa.select(version.c[name])
        .where(is_of_row)
        .order_by(version.c.recorded_at, version.c.id)
        .limit(1)
        .scalar_subquery()
        for name in ("recorded_at", "recorded_by_id")
    }
    return sa.update(row).where(sa.exists().where(is_of_row)).values(first)
