"""Find people by a whole phone number, and life events by when they were recorded."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("insured_persons", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_insured_persons_area_id_phone_digest"),
            ["area_id", "phone_digest"],
            unique=False,
        )

    with op.batch_alter_table("life_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_life_events_area_id_recorded_at_id"),
            ["area_id", "recorded_at", "id"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("life_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_life_events_area_id_recorded_at_id"))

    with op.batch_alter_table("insured_persons", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_insured_persons_area_id_phone_digest"))
