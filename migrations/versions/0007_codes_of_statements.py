"""A statement has a code to verify it by, the audit chain's head, and a count of substitutes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("statements", sa.Column("verify_code", sa.String(length=16), nullable=True))
    op.add_column("statements", sa.Column("chain_number", sa.BigInteger(), nullable=True))
    op.add_column(
        "statements", sa.Column("substitutes", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_index(op.f("ix_statements_verify_code"), "statements", ["verify_code"], unique=True)
    op.create_index(op.f("ix_statements_file_digest"), "statements", ["file_digest"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_statements_file_digest"), table_name="statements")
    op.drop_index(op.f("ix_statements_verify_code"), table_name="statements")
    for column in ("substitutes", "chain_number", "verify_code"):
        op.drop_column("statements", column)
