"""Alembic's environment: the url or connection is handed in by ``ltc.store.migrations``."""

from alembic import context

from ltc.store import base, db

target_metadata = db.metadata


def render_item(kind: str, item: object, autogen_context: object) -> str | bool:
    """Write our own column types into migrations as the plain types that they are stored as."""
    if kind == "type" and isinstance(item, base.UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item is base.JsonText:
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")  # type: ignore[attr-defined]
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    if kind == "type" and type(item).__name__ == "Enum":
        return "sa.String(40)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=target_metadata,
    render_item=render_item,
    render_as_batch=True,
    compare_type=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
