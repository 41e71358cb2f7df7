"""Find the page of each list in an index."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_applications_area_id_filed_on_id"),
            ["area_id", "filed_on", "id"],
            unique=False,
        )

    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_events_area_id_action_at_id"),
            ["area_id", "action", "at", "id"],
            unique=False,
        )

    with op.batch_alter_table("care_plans", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_plans_area_id_starts_on_id"),
            ["area_id", "starts_on", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_care_plans_unconfirmed",
            ["area_id", "provider_id"],
            unique=False,
            sqlite_where=sa.text("superseded_at IS NULL AND confirmed_on IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL AND confirmed_on IS NULL"),
        )

    with op.batch_alter_table("conclusions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conclusions_area_id_application_id"),
            ["area_id", "application_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_conclusions_area_id_valid_before"),
            ["area_id", "valid_before"],
            unique=False,
        )

    with op.batch_alter_table("statements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_statements_area_id_provider_id_number"),
            ["area_id", "provider_id", "number"],
            unique=False,
        )

    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_visits_area_id_begins_at_id"),
            ["area_id", "begins_at", "id"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visits_area_id_begins_at_id"))

    with op.batch_alter_table("statements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_statements_area_id_provider_id_number"))

    with op.batch_alter_table("conclusions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conclusions_area_id_valid_before"))
        batch_op.drop_index(batch_op.f("ix_conclusions_area_id_application_id"))

    with op.batch_alter_table("care_plans", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_care_plans_unconfirmed",
            sqlite_where=sa.text("superseded_at IS NULL AND confirmed_on IS NULL"),
            postgresql_where=sa.text("superseded_at IS NULL AND confirmed_on IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_care_plans_area_id_starts_on_id"))

    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_events_area_id_action_at_id"))

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_applications_area_id_filed_on_id"))
