"""Keep what experts propose to correct."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposed_corrections",
        sa.Column("conclusion_id", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.String(length=10), nullable=False),
        sa.Column("concluded_on", sa.Date(), nullable=False),
        sa.Column("valid_before", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "conclusion_id"],
            ["conclusions.area_id", "conclusions.id"],
            name=op.f("fk_proposed_corrections_area_id_conclusion_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "proposed_by_id"],
            ["users.area_id", "users.id"],
            name=op.f("fk_proposed_corrections_area_id_proposed_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_proposed_corrections_area_id")
        ),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_proposed_corrections")),
    )
    with op.batch_alter_table("proposed_corrections", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_proposed_corrections_area_id_conclusion_id"),
            ["area_id", "conclusion_id"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("proposed_corrections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposed_corrections_area_id_conclusion_id"))

    op.drop_table("proposed_corrections")
