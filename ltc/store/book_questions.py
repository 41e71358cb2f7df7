"""What the check of the books asks: runs, and their results, lines and holds people by people."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ltc.rules.payouts.runs import RunStatus
from ltc.store.payouts import PayoutRun


def find_last_approved(session: Session, area_id: int) -> PayoutRun | None:
    """Return the approved run of the latest month of an area; None where none is approved."""
    query = (
        sa.select(PayoutRun)
        .where(PayoutRun.area_id == area_id, PayoutRun.status == RunStatus.APPROVED)
        .order_by(PayoutRun.month.desc(), PayoutRun.sequence.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    found: PayoutRun | None = session.scalar(query)
    return found
