"""What a provider's month comes to up to today: settled as known now, and written nowhere."""

from dataclasses import dataclass, replace
from datetime import date

from ltc.rules.access import Permission
from ltc.rules.errors import Conflict
from ltc.rules.months import ONE_DAY, Month
from ltc.rules.payouts.cases import Absence
from ltc.rules.statement_reasons import build_month
from ltc.services.context import Context
from ltc.services.payout_chunks import settle_safely
from ltc.services.payouts import law_of
from ltc.store.payout_cases import Frame, LoadedCase, load_agreements, load_cases_of
from ltc.store.payout_conflicts import load_taken
from ltc.store.provider_day import list_carer_ids, list_people_of_month
from ltc.store.provider_questions import get_provider

MOST_PEOPLE = 2_000  # more of them take longer than somebody waits for a page


class TooManyForNow(Conflict):
    """{people} people are more than can be worked out while a page waits. See the month's run."""


@dataclass(frozen=True, slots=True)
class SoFar:
    """What the fund would pay a provider for the days up to the last one, and for how many people.

    Of ``people`` with a plan, ``paid`` have an amount and ``held`` something that is held.
    """

    month: Month
    last_on: date
    people: int
    paid: int
    held: int
    fund_fen: int


def preview_provider(ctx: Context, *, provider_id: int) -> SoFar:
    """Return what a provider's month comes to up to today; writes nothing.

    Raises ProviderNotFound, TooManyForNow.
    """
    ctx.require(Permission.SEE_PAYOUTS)
    provider = get_provider(ctx.session, ctx.actor, provider_id)
    month, law = Month.of(ctx.today), law_of(ctx)
    people = list_people_of_month(ctx.session, provider, month, MOST_PEOPLE + 1)
    if len(people) > MOST_PEOPLE:
        raise TooManyForNow(people=len(people))
    cases = load_cases_of(ctx.session, _build_frame(ctx, provider.id, month), people)
    months = [
        build_month(law, settle_safely(law, _end_today(loaded, ctx.today), "so far"), provider.id)
        for loaded in cases
    ]
    return SoFar(
        month, ctx.today, len(months), sum(found.fund_fen > 0 for found in months),
        sum(found.is_held for found in months), sum(found.fund_fen for found in months),
    )  # fmt: skip


def _build_frame(ctx: Context, provider_id: int, month: Month) -> Frame:
    """Return what the cases share: agreements, and minutes that the provider's carers gave others."""
    bare = Frame(ctx.area_id, month, ctx.now)
    carers = list_carer_ids(ctx.session, ctx.area_id, provider_id)
    taken = load_taken(ctx.session, bare, carers)
    return replace(bare, agreements=load_agreements(ctx.session, bare), taken=taken)


def _end_today(loaded: LoadedCase, today: date) -> LoadedCase:
    """Return a case in which no day after today counts."""
    rest = Absence(0, "suspension", today + ONE_DAY)
    return loaded._replace(case=replace(loaded.case, absences=(*loaded.case.absences, rest)))
