<%!
def plain(code):
    """The commands alone, without the remarks that Alembic writes around them."""
    lines = [line for line in (code or "").splitlines() if "# ###" not in line]
    return "\n".join(lines).strip() or "pass"
%>"""${message.capitalize()}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${plain(upgrades)}


def downgrade() -> None:
    ${plain(downgrades)}
