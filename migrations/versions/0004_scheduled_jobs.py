"""Scheduled jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedulers",
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_schedulers")),
    )
    op.create_table(
        "job_schedules",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "mailed_key", sa.String(length=120), server_default=sa.text("''"), nullable=False
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_job_schedules_area_id")),
        sa.PrimaryKeyConstraint("area_id", "kind", name=op.f("pk_job_schedules")),
    )
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("schedule_key", sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column("dry_run", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("log", sa.Text(), server_default=sa.text("''"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("uq_job_runs_schedule_key", ["area_id", "schedule_key"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.drop_index("uq_job_runs_schedule_key")
        batch_op.drop_column("mailed_at")
        batch_op.drop_column("cancel_asked_at")
        batch_op.drop_column("attempts")
        batch_op.drop_column("log")
        batch_op.drop_column("dry_run")
        batch_op.drop_column("due_on")
        batch_op.drop_column("schedule_key")

    op.drop_table("job_schedules")
    op.drop_table("schedulers")
