"""The key of a statement's code has the area in it, like every key of a large table."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FORMER, NEW = "ix_statements_verify_code", "ix_statements_verify_code_area_id"


def upgrade() -> None:
    op.drop_index(FORMER, table_name="statements")
    op.create_index(NEW, "statements", ["verify_code", "area_id"], unique=True)


def downgrade() -> None:
    op.drop_index(NEW, table_name="statements")
    op.create_index(FORMER, "statements", ["verify_code"], unique=True)
