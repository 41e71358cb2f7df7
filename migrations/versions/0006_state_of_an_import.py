"""An import knows where it stands and where it goes on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON_TEXT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    status = sa.Column("status", sa.String(length=40), server_default="tried", nullable=False)
    op.add_column("import_files", status)
    op.add_column("import_files", sa.Column("columns", JSON_TEXT, nullable=True))
    op.add_column("import_files", sa.Column("checkpoint", JSON_TEXT, nullable=True))
    op.execute("UPDATE import_files SET status = 'done' WHERE done_at IS NOT NULL")


def downgrade() -> None:
    for column in ("checkpoint", "columns", "status"):
        op.drop_column("import_files", column)
