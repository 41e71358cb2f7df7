"""A visit has a price; what is withdrawn gives its reference free."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("visits", "bed_stays", "fees")
COLUMNS = ["area_id", "provider_id", "reference"]
NEWEST = sa.text("superseded_at IS NULL")
BELIEVED = sa.text("superseded_at IS NULL AND NOT withdrawn")


def upgrade() -> None:
    # Not in a batch: SQLite would copy the largest table and forget its checks on the way.
    is_price = sa.CheckConstraint("price_fen >= 0", name=op.f("ck_visits_price"))
    op.add_column("visits", sa.Column("price_fen", sa.BigInteger(), is_price, nullable=True))
    for table in TABLES:
        op.drop_index(f"uq_{table}_current_reference", table_name=table)
        _make_unique(f"uq_{table}_believed_reference", table, BELIEVED)


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"uq_{table}_believed_reference", table_name=table)
        op.execute(_give_way(table))
        _make_unique(f"uq_{table}_current_reference", table, NEWEST)
    op.drop_column("visits", "price_fen")


def _make_unique(name: str, table: str, where: sa.TextClause) -> None:
    op.create_index(name, table, COLUMNS, unique=True, sqlite_where=where, postgresql_where=where)


def _give_way(name: str) -> sa.Update:
    """End withdrawn rows whose reference was used again: they are believed at no instant anyway."""
    columns = ("id", "area_id", "provider_id", "reference", "recorded_at", "superseded_at",
               "withdrawn")  # fmt: skip
    table = sa.table(name, *[sa.column(column) for column in columns])
    other = table.alias()
    is_used_again = sa.exists().where(
        *[other.c[column] == table.c[column] for column in COLUMNS],
        other.c.superseded_at.is_(None),
        other.c.id != table.c.id,
    )
    is_newest = table.c.withdrawn & table.c.superseded_at.is_(None)
    return table.update().where(is_newest, is_used_again).values(superseded_at=table.c.recorded_at)
