"""Keep what a finished run adds up to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payout_bridges",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("before_id", sa.BigInteger(), nullable=False),
        sa.Column("before_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "spans", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "largest", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "before_id"],
            ["payout_runs.area_id", "payout_runs.id"],
            name=op.f("fk_payout_bridges_area_id_before_id"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id", "run_id"],
            ["payout_runs.area_id", "payout_runs.id"],
            name=op.f("fk_payout_bridges_area_id_run_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_payout_bridges_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_payout_bridges")),
        sa.UniqueConstraint(
            "area_id",
            "run_id",
            "before_id",
            name=op.f("uq_payout_bridges_area_id_run_id_before_id"),
        ),
    )
    op.create_table(
        "payout_sums",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("breakdown", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("eligible_fen", sa.BigInteger(), nullable=False),
        sa.Column("fund_fen", sa.BigInteger(), nullable=False),
        sa.Column("assistance_fen", sa.BigInteger(), nullable=False),
        sa.Column("person_fen", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id", "run_id"],
            ["payout_runs.area_id", "payout_runs.id"],
            name=op.f("fk_payout_sums_area_id_run_id"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_payout_sums_area_id")),
        sa.PrimaryKeyConstraint("area_id", "id", name=op.f("pk_payout_sums")),
        sa.UniqueConstraint(
            "area_id",
            "run_id",
            "breakdown",
            "key",
            name=op.f("uq_payout_sums_area_id_run_id_breakdown_key"),
        ),
    )


def downgrade() -> None:
    op.drop_table("payout_sums")
    op.drop_table("payout_bridges")
