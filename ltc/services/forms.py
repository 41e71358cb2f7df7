"""One-time tokens of forms: where the first click led, and the sweeping of old ones."""

from datetime import timedelta

import sqlalchemy as sa

from ltc.services.context import Context
from ltc.store.imports import FormToken

KEPT_DAYS = 2
SWEPT_AT_ONCE = 500
PATH_LENGTH_MAX = 300


def keep_receipt(ctx: Context, path: str) -> None:
    """Remember where a form's first sending led, so that the second one ends there too."""
    if ctx.form_token is None or len(path) > PATH_LENGTH_MAX:
        return
    with ctx.bookkeeping() as session:
        session.execute(
            sa.update(FormToken).where(FormToken.token == ctx.form_token).values(receipt_path=path)
        )


def sweep(ctx: Context) -> int:
    """Delete some of the tokens that no browser will send again; return how many."""
    old = (
        sa.select(FormToken.token)
        .where(FormToken.used_at < ctx.now - timedelta(days=KEPT_DAYS))
        .limit(SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    with ctx.bookkeeping() as session:
        tokens = list(session.scalars(old))
        session.execute(sa.delete(FormToken).where(FormToken.token.in_(tokens)))
    return len(tokens)
