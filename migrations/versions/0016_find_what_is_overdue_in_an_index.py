"""Find what is overdue in an index."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_applications_area_id_status_visit_planned_at"),
            ["area_id", "status", "visit_planned_at"],
            unique=False,
        )

    with op.batch_alter_table("carers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_carers_area_id_certificate_ends_before"),
            ["area_id", "certificate_ends_before"],
            unique=False,
        )

    with op.batch_alter_table("confirmations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_confirmations_area_id_application_id_expert_id"),
            ["area_id", "application_id", "expert_id"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("confirmations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_confirmations_area_id_application_id_expert_id"))

    with op.batch_alter_table("carers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_carers_area_id_certificate_ends_before"))

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_applications_area_id_status_visit_planned_at"))
