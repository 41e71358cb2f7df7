"""Pages below a run: its lines, its holds, one person's “why this amount?”, and the exports."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _

from ltc import http
from ltc.rules.access import ROLE_NAMES, Permission, Role
from ltc.rules.payouts.explain import build_hold_sentences
from ltc.rules.payouts.holds import OWNERS, HoldKind
from ltc.rules.payouts.results import Hold
from ltc.rules.payouts.runs import RunStatus
from ltc.rules.person_statements import PAYEES
from ltc.rules.policies import Payee
from ltc.rules.statements import StatementKind
from ltc.services.table_files import Coded
from ltc.store.insured import InsuredPerson
from ltc.store.paging import Page
from ltc.store.payout_evidence import list_evidence
from ltc.store.payout_questions import (
    LineFilter,
    get_result,
    list_holds,
    list_lines,
    list_results_of_person,
    load_holds,
    load_lines,
    read_settlement,
)
from ltc.store.payout_runs import get_run
from ltc.store.payouts import PayoutHold, PayoutLine, PayoutRun
from ltc.store.statement_questions import find_visible_statement
from ltc.store.statements import Statement
from ltc.web.chosen import narrowed_id, read_narrowed
from ltc.web.formats import in_language
from ltc.web.list_files import LIST_SUFFIX, give_list
from ltc.web.lists import read_cursor, read_number, read_text
from ltc.web.payout_facts import show_fact
from ltc.web.payout_run import HOLD_NAMES, hold_name
from ltc.web.payout_words import Names, fill, show_days, show_steps, tell, tell_answer

blueprint = Blueprint("lines", __name__, url_prefix="/<int:run_id>")

LINE_COLUMNS = (
    "case_number", "name", "district", "scheme", "component", "mode", "grade", "payee_kind",
    "provider", "starts_on", "ends_before", "days", "minutes", "eligible_fen", "fund_fen",
    "assistance_fen", "person_fen", "excess_fen",
)  # fmt: skip
NOTHING: Page[Any] = Page([], None, None)
HOLD_COLUMNS = ("case_number", "name", "kind", "owner", "reason", "clears")


@blueprint.get("/lines")
@http.requires(Permission.SEE_PAYOUTS)
def index(run_id: int) -> Any:
    """List the lines of a run, page by page; none as long as it is not clear of which provider."""
    run, provider = _get_run(run_id), read_narrowed("provider")
    chosen, names = _read_filter(provider.id), Names(run)
    session, actor = http.database(), http.current_actor()
    found = NOTHING if provider.refused else list_lines(session, actor, run, chosen, read_cursor())
    names.learn_providers(line.provider_id for line, _person in found.rows)
    text = render_template(
        "payouts/lines.html", run=run, chosen=chosen, provider=provider, names=names, page=found
    )
    return text, 422 if provider.refused else 200


@blueprint.get("/holds")
@http.requires(Permission.SEE_PAYOUTS)
def holds(run_id: int) -> Any:
    """List what is held, by reason and owner, page by page."""
    run, chosen = _get_run(run_id), _read_filter()
    names = Names(run)
    found = list_holds(http.database(), http.current_actor(), run, chosen, read_cursor())
    names.learn_providers(_provider_of(hold) for hold, _person in found.rows)
    return render_template(
        "payouts/holds.html",
        run=run,
        chosen=chosen,
        names=names,
        page=found,
        told={hold.id: _tell_hold(hold, names) for hold, _person in found.rows},
        kinds=[(kind.value, _(text)) for kind, text in HOLD_NAMES.items()],
        owners=[(role.value, _(ROLE_NAMES[role])) for role in sorted(set(OWNERS.values()))],
        owner_names={role.value: _(ROLE_NAMES[role]) for role in Role},
        hold_name=hold_name,
    )


@blueprint.get("/people/<int:person_id>")
@http.requires(Permission.SEE_PAYOUTS)
def why(run_id: int, person_id: int) -> Any:
    """Say why a person's month comes to what it comes to, first in words."""
    run, session, actor = _get_run(run_id), http.database(), http.current_actor()
    result, person = get_result(session, actor, run, person_id)
    settlement, names = read_settlement(result), Names(run)
    evidence = list_evidence(session, actor, run, person_id)
    names.learn_providers(getattr(each.row, "provider_id", None) for each in evidence)
    days, legend = show_days(settlement, run)
    return render_template(
        "payouts/why.html",
        run=run,
        result=result,
        person=person,
        settlement=settlement,
        names=names,
        answer=tell_answer(settlement, names),
        sentences=tell(settlement, names),
        days=days,
        legend=legend,
        steps=show_steps(settlement.steps, names, run),
        evidence=[show_fact(each, names) for each in evidence],
        versions=list_results_of_person(session, actor, person_id),
        held=[(hold_name(h.kind), _(ROLE_NAMES[Role(h.owner)]), _tell_hold(h, names))
              for h in settlement.holds],
        statement=_find_statement(run, person_id),
    )  # fmt: skip


def _find_statement(run: PayoutRun, person_id: int) -> Statement | None:
    """Return the person's statement of an approved run, where it is issued and the reader may see it."""
    session, actor = http.database(), http.current_actor()
    if run.status is not RunStatus.APPROVED or not actor.may(Permission.SEE_STATEMENTS):
        return None
    return find_visible_statement(session, actor, run, StatementKind.PERSON, person_id)


@blueprint.get(f"/lines.{LIST_SUFFIX}")
@http.requires(Permission.SEE_PAYOUTS)
def export_lines(run_id: int, suffix: str) -> Any:
    """Give all lines of the list as a file."""
    run = _get_run(run_id)
    names = Names(run)
    chosen = _read_filter(narrowed_id("provider"))
    found = load_lines(http.database(), http.current_actor(), run, chosen)
    of = cache(names.of)  # few names, in very many lines

    def build(rows: Sequence[tuple[PayoutLine, InsuredPerson]]) -> Iterator[list[Any]]:
        names.learn_providers(line.provider_id for line, _person in rows)
        return (_line_cells(line, person, names, of) for line, person in rows)

    return give_list(suffix, _name_file("lines", run), _("Lines"), LINE_COLUMNS, found, build)


def _line_cells(
    line: PayoutLine, person: InsuredPerson, names: Names, of: Callable[[str, Any], str]
) -> list[Any]:
    coded = [Coded(code, of(of_what, code)) for of_what, code in (
        ("scheme", line.scheme), ("component", line.component), ("mode", line.mode),
        ("grade", line.grade),
    )]  # fmt: skip
    payee = Coded(line.payee_kind, in_language(PAYEES[Payee(line.payee_kind)]))
    return [
        person.case_number, person.name, of("district", line.district_id), *coded, payee,
        names.find_provider(line.provider_id) or "", line.starts_on, line.ends_before, line.days,
        line.minutes, line.eligible_fen, line.fund_fen, line.assistance_fen, line.person_fen,
        line.excess_fen,
    ]  # fmt: skip


@blueprint.get(f"/holds.{LIST_SUFFIX}")
@http.requires(Permission.SEE_PAYOUTS)
def export_holds(run_id: int, suffix: str) -> Any:
    """Give all holds of the list as a file."""
    run = _get_run(run_id)
    names = Names(run)
    found = load_holds(http.database(), http.current_actor(), run, _read_filter())

    def build(rows: Sequence[tuple[PayoutHold, InsuredPerson]]) -> Iterator[list[Any]]:
        names.learn_providers(_provider_of(hold) for hold, _person in rows)
        return (_hold_cells(hold, person, names) for hold, person in rows)

    return give_list(suffix, _name_file("holds", run), _("Holds"), HOLD_COLUMNS, found, build)


def _hold_cells(hold: PayoutHold, person: InsuredPerson, names: Names) -> list[Any]:
    return [
        person.case_number, person.name, Coded(hold.kind, hold_name(hold.kind)), Role(hold.owner),
        *_tell_hold(hold, names),
    ]  # fmt: skip


def _name_file(what: str, run: PayoutRun) -> str:
    return f"{what}-{run.month}-{run.sequence}"


def _provider_of(hold: PayoutHold) -> int:
    """Return the number of the provider that a hold names, 0 where it names none."""
    return int(hold.values.get("provider") or 0)


def _tell_hold(hold: Any, names: Names) -> tuple[str, str]:
    """Return why something is held and what clears it."""
    values = hold.values.items() if isinstance(hold.values, dict) else hold.values
    stored = Hold(HoldKind(hold.kind).value, hold.owner, tuple(values))
    held, clears = [fill(sentence, names) for sentence in build_hold_sentences(stored)]
    return held, clears


def _read_filter(provider_id: int | None = None) -> LineFilter:
    return LineFilter(
        district_id=read_number("district"),
        provider_id=provider_id,
        mode=read_text("mode") or None,
        kind=read_text("kind") or None,
        owner=read_text("owner") or None,
        case_number=read_text("case") or None,
    )


def _get_run(run_id: int) -> PayoutRun:
    return get_run(http.database(), http.current_actor(), run_id)
