"""What was withdrawn is found by its reference, without a walk through all rows."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("visits", "bed_stays", "fees")
COLUMNS = ["area_id", "provider_id", "reference"]
WITHDRAWN = sa.text("superseded_at IS NULL AND withdrawn")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(
            f"ix_{table}_withdrawn_reference", table, COLUMNS,
            sqlite_where=WITHDRAWN, postgresql_where=WITHDRAWN,
        )  # fmt: skip


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_withdrawn_reference", table_name=table)
