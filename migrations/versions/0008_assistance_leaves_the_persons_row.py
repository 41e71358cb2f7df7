"""A person's category of medical assistance moves from the person's row to facts with two times."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEYS = ("area_id", "id", "recorded_at", "recorded_by_id")
OF_PERSON = ("area_id", "person_id", "starts_on", "superseded_at")
PEOPLE = sa.table("insured_persons", *map(sa.column, (*KEYS, "assistance", "born_on")))
ENROLMENTS = sa.table("enrolments", *map(sa.column, OF_PERSON), sa.column("withdrawn", sa.Boolean))
FACTS = sa.table(
    "assistances", *map(sa.column, (*OF_PERSON, *KEYS[1:], "category")),
    sa.column("withdrawn", sa.Boolean),
)  # fmt: skip


def upgrade() -> None:
    op.execute(_record_as_facts())
    # Not in a batch: SQLite would copy the table and forget its checks on the way.
    op.drop_column("insured_persons", "assistance")


def downgrade() -> None:
    op.add_column("insured_persons", sa.Column("assistance", sa.String(length=40), nullable=True))
    op.execute(_write_into_people())
    op.execute(sa.delete(FACTS))


def _record_as_facts() -> sa.Insert:
    """Record what a row says as known since the registration, from the first enrolled day on.

    The fact has the person's id: a database makes none, and a person had one category at most.
    """
    p, e = PEOPLE.c, ENROLMENTS.c
    first_day = (
        sa.select(sa.func.min(e.starts_on))
        .where(
            e.area_id == p.area_id, e.person_id == p.id, e.superseded_at.is_(None),
            e.withdrawn.is_(False),
        )
        .scalar_subquery()
    )  # fmt: skip
    rows = sa.select(
        p.area_id, p.id, p.id, p.assistance, sa.func.coalesce(first_day, p.born_on),
        p.recorded_at, p.recorded_by_id, sa.false(),
    ).where(p.assistance.is_not(None))  # fmt: skip
    names = ["area_id", "id", "person_id", "category", "starts_on", "recorded_at",
             "recorded_by_id", "withdrawn"]  # fmt: skip
    return sa.insert(FACTS).from_select(names, rows)


def _write_into_people() -> sa.Update:
    """Write the newest category that is believed back into the row, which has room for one."""
    p, a = PEOPLE.c, FACTS.c
    newest = (
        sa.select(a.category)
        .where(
            a.area_id == p.area_id, a.person_id == p.id, a.superseded_at.is_(None),
            a.withdrawn.is_(False),
        )
        .order_by(a.starts_on.desc(), a.id.desc())
        .limit(1)
        .scalar_subquery()
    )  # fmt: skip
    return sa.update(PEOPLE).values(assistance=newest)
