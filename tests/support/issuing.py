"""Issues the statements of a small approved month, in this process."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.access import Role
from ltc.services.context import Context
from ltc.services.statement_press import Press
from ltc.services.statement_printers import Inline
from ltc.services.statements import Progress, issue_run
from ltc.store.payouts import PayoutRun
from ltc.store.statements import Statement
from tests.support import factories
from tests.support.month import AFTER

PEOPLE = 10  # of them one is held for an account, one for a plan, one has no benefit


def make_finance(session: Session, make_ctx: Any) -> list[Context]:
    """Contexts of a preparer, a checker and an approver."""
    roles = (Role.FINANCE_PREPARER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)
    users = [factories.make_user(session, role) for role in roles]
    return [make_ctx(role=user.role, user_id=user.id, now=AFTER) for user in users]


def issue_all(ctx: Context, run: PayoutRun, documents: Any, **given: Any) -> Progress:
    engine = ctx.session.get_bind()
    options = {"printers": Inline(engine), "clock": lambda: ctx.now, **given}
    return issue_run(ctx, run_id=run.id, press=Press(documents), **options)


def list_rows(session: Session) -> list[Statement]:
    return list(session.scalars(sa.select(Statement).order_by(Statement.number)))
