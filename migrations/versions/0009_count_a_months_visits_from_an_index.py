"""Count the visits of a month from an index."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visits_area_id_service_on_id"))
        batch_op.create_index(
            batch_op.f("ix_visits_area_id_service_on_id_recorded_at_superseded_at"),
            ["area_id", "service_on", "id", "recorded_at", "superseded_at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visits_area_id_service_on_id_recorded_at_superseded_at"))
        batch_op.create_index(
            batch_op.f("ix_visits_area_id_service_on_id"),
            ["area_id", "service_on", "id"],
            unique=False,
        )
