"""Fills in the parts of names that are missing, so that everybody is found by the name.

A program from before the parts were kept may have registered or renamed people after the database
was brought up, as long as nobody had started it anew.
"""

from ltc.services.context import Context
from ltc.store.name_parts import add_name_parts, find_unlisted

PEOPLE_AT_ONCE = 500


def fill_in(ctx: Context) -> int:
    """Write the missing parts, in pieces; return of how many people's names."""
    filled = after_id = 0
    while ids := find_unlisted(ctx.session, ctx.area_id, after_id, PEOPLE_AT_ONCE):
        with ctx.bookkeeping() as session:
            add_name_parts(session, ctx.area_id, ids)
        filled, after_id = filled + len(ids), ids[-1]
    return filled
