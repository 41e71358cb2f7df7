"""Keep the parts of names."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# The rest of each name from each of its signs on; only the letters of ASCII are made small ones.
FILL = """
    INSERT INTO name_parts (area_id, part, person_id)
    WITH RECURSIVE rests (area_id, person_id, rest) AS (
        SELECT area_id, id, {folded} FROM insured_persons
        UNION ALL
        SELECT area_id, person_id, substr(rest, 2) FROM rests WHERE length(rest) > 1
    )
    SELECT DISTINCT area_id, substr(rest, 1, 20), person_id FROM rests WHERE rest <> ''
"""
FOLDED = {
    "sqlite": "lower(name)",
    "postgresql": "translate(name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')",
}


def upgrade() -> None:
    op.create_table(
        "name_parts",
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "part",
            sa.String(length=20).with_variant(sa.String(length=20, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "person_id"],
            ["insured_persons.area_id", "insured_persons.id"],
            name=op.f("fk_name_parts_area_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("area_id", "part", "person_id", name=op.f("pk_name_parts")),
        sqlite_with_rowid=False,
    )
    op.execute(FILL.format(folded=FOLDED[op.get_bind().dialect.name]))


def downgrade() -> None:
    op.drop_table("name_parts")
