"""Prints statements: reads what was approved, builds each, renders it, keeps its file.

Runs in this process or in a worker: everything it takes and gives can be pickled, and it changes
no table. What it prints depends on the approved run, the law and the day of issue alone.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

import segno
from sqlalchemy.orm import Session

from ltc.rules.insured import mask_from_last4
from ltc.rules.months import Month
from ltc.rules.payouts.results import Outcome, Settlement
from ltc.rules.payouts.runs import RunKind
from ltc.rules.person_statements import PersonStatement, Subject, build_person_statement
from ltc.rules.policies import Law, Standard, Text
from ltc.rules.provider_statements import (
    Client,
    ProviderStatement,
    ProviderSubject,
    build_provider_statement,
)
from ltc.rules.statement_codes import build_code, write_code
from ltc.rules.statement_words import Speaker, day
from ltc.rules.statements import ChainHead, Frame, StatementKind, list_policies
from ltc.services.capital_figures import write_capitals
from ltc.services.statement_press import Press, sign
from ltc.store.areas import Area, get_area, list_districts
from ltc.store.base import new_id
from ltc.store.documents import keep_file
from ltc.store.paper import fill_page
from ltc.store.payout_runs import RunKey
from ltc.store.pdf import print_page
from ltc.store.providers import Provider
from ltc.store.statement_sources import (
    PersonRow,
    ResultRow,
    list_people_of_provider,
    load_people,
    load_provider_names,
    load_results,
)
from ltc.store.words import load_chinese

TITLES = {
    StatementKind.PERSON: Text("长期护理保险待遇结算单", "Statement of long-term care benefits"),
    StatementKind.PROVIDER: Text("定点护理服务机构结算单", "Statement for the care provider"),
}
PEOPLE_AT_ONCE = 200  # of a provider's people: what is in memory at a time besides the page


@dataclass(frozen=True, slots=True)
class Common:
    """What all statements of a run share; ``before`` is the approved run compared with."""

    law: Law
    standards: Mapping[str, Standard]
    run: RunKey
    before: RunKey | None
    month: Month
    run_kind: RunKind
    run_sequence: int
    run_digest: str
    approved_on: date
    issued_at: datetime
    issued_on: date
    chain: ChainHead | None
    press: Press


@dataclass(frozen=True, slots=True)
class Piece:
    """Some people, or providers, to print statements for."""

    kind: StatementKind
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PrintedSheet:
    """A statement that lies in the documents folder, with all that its row says."""

    kind: StatementKind
    subject_id: int
    number: str
    provider_id: int | None
    district_id: int | None
    content_digest: str
    file_digest: str
    file_bytes: int
    pages: int
    substitutes: int
    verify_code: str


def build_row(common: Common, sheet: PrintedSheet, issued_by_id: int | None) -> dict[str, object]:
    """Return the values of a statement's row."""
    values = {name: getattr(sheet, name) for name in PrintedSheet.__slots__}
    return {
        "area_id": common.run.area_id, "id": new_id(), "run_id": common.run.id,
        "issued_at": common.issued_at, "issued_by_id": issued_by_id,
        "chain_number": common.chain.number if common.chain else None, **values,
    }  # fmt: skip


def print_piece(session: Session, common: Common, piece: Piece) -> list[PrintedSheet]:
    """Print the statements of a piece; raises TraceDiffers, PrinterMissing."""
    frame = _build_frame(session, common)
    if piece.kind is StatementKind.PROVIDER:
        return [_print_provider(session, common, frame, provider_id) for provider_id in piece.ids]
    results = load_results(session, common.run, piece.ids)
    before = load_results(session, common.before, piece.ids) if common.before else {}
    people = load_people(session, common.run.area_id, piece.ids)
    districts = _name_districts(session, common.run.area_id)
    return [
        _print_person(common, frame, people[i], results[i], before.get(i), districts)
        for i in piece.ids
    ]


def _build_frame(session: Session, common: Common) -> Frame:
    """Return what the rules need to know of the run, with the names that its codes have."""
    area = get_area(session, common.run.area_id)
    policies = list_policies(common.law, common.month)
    names = load_provider_names(session, area.id)
    return Frame(
        speaker=Speaker(load_chinese(), policies, common.standards, names),
        law=common.law,
        issuer=_name_issuer(area),
        month=common.month,
        issued_on=common.issued_on,
        run_kind=common.run_kind,
        run_sequence=common.run_sequence,
        run_digest=common.run_digest,
        approved_on=common.approved_on,
        write_capitals=write_capitals,
        chain=common.chain,
    )


def _name_issuer(area: Area) -> Text:
    return Text(
        f"{area.name_zh}长期护理保险经办机构",
        f"long-term care insurance agency of {area.name_en}",
    )


def _name_districts(session: Session, area_id: int) -> dict[int, Text]:
    return {d.id: Text(d.name_zh, d.name_en) for d in list_districts(session, area_id)}


def _print_person(
    common: Common, frame: Frame, person: PersonRow, result: ResultRow, before: ResultRow | None,
    districts: Mapping[int, Text],
) -> PrintedSheet:  # fmt: skip
    subject = Subject(
        person.case_number, person.name, mask_from_last4(person.identity_last4),
        districts.get(result.district_id, Text("", "")),
    )  # fmt: skip
    statement = build_person_statement(
        frame, subject, result.settlement, before and before.settlement
    )
    # A provider may hand it out only where no other provider is spoken of, last month included.
    is_only_here = before is None or before.provider_id == result.provider_id
    keep = partial(
        PrintedSheet, StatementKind.PERSON, person.id, statement.head.number,
        result.provider_id if is_only_here else None, result.district_id,
    )  # fmt: skip
    return keep(*_print(common, statement))


def _print_provider(
    session: Session, common: Common, frame: Frame, provider_id: int
) -> PrintedSheet:
    provider = session.get_one(Provider, (common.run.area_id, provider_id))
    districts = _name_districts(session, common.run.area_id)
    subject = ProviderSubject(
        provider.id, provider.code, provider.name, provider.credit_code or "",
        districts.get(provider.district_id, Text("", "")),
    )  # fmt: skip
    statement = build_provider_statement(
        frame, subject, _load_clients(session, common, provider_id),
        has_before=common.before is not None,
    )  # fmt: skip
    keep = partial(
        PrintedSheet, StatementKind.PROVIDER, provider.id, statement.head.number, provider.id,
        provider.district_id,
    )  # fmt: skip
    return keep(*_print(common, statement))


def _load_clients(session: Session, common: Common, provider_id: int) -> list[Client]:
    """Return everybody who is with a provider in this month or was in the one before."""
    runs = [common.run, common.before] if common.before else [common.run]
    ids = list_people_of_provider(session, runs, provider_id)
    clients: list[Client] = []
    for begin in range(0, len(ids), PEOPLE_AT_ONCE):
        some = ids[begin : begin + PEOPLE_AT_ONCE]
        people = load_people(session, common.run.area_id, some)
        now = load_results(session, common.run, some)
        before = load_results(session, common.before, some) if common.before else {}
        clients += [_build_client(people[i], now.get(i), before.get(i), provider_id) for i in some]
    return clients


def _build_client(
    person: PersonRow, now: ResultRow | None, before: ResultRow | None, provider_id: int
) -> Client:
    nothing = Settlement(person.case_number, Outcome.ZERO, (), (), (), (), ())
    return Client(
        person.case_number,
        person.name,
        now.settlement if now else nothing,
        before.settlement if before else None,
        is_only_here=now is not None and now.provider_id == provider_id,
    )


def _print(
    common: Common, statement: PersonStatement | ProviderStatement
) -> tuple[str, str, int, int, int, str]:
    """Return what a row says of the file that was kept, from the digest of its content on."""
    press, content_digest = common.press, digest_content(statement)
    code = build_code(common.run_digest, statement.head.number, content_digest)
    printed = print_page(fill_statement(statement, code, press.public_url))
    pdf = sign(printed.pdf, press.signing) if press.signing else printed.pdf
    file_digest = keep_file(press.documents, common.run.area_id, pdf)
    return content_digest, file_digest, len(pdf), printed.pages, printed.substitutes, code


def fill_statement(
    statement: PersonStatement | ProviderStatement, code: str, public_url: str = ""
) -> str:
    """Return a statement as the page that is printed; ``code`` is what it is verified by."""
    is_person = isinstance(statement, PersonStatement)
    kind = StatementKind.PERSON if is_person else StatementKind.PROVIDER
    head, written = statement.head, write_code(code)
    issued_on = day(head.issued_on)
    return fill_page(
        f"paper/statement_{kind.value}.html",
        language="zh-CN",
        title_zh=TITLES[kind].zh,
        title_en=TITLES[kind].en,
        number=head.number,
        issuer_zh=head.issuer.zh,
        issuer_en=head.issuer.en[:1].upper() + head.issuer.en[1:],
        issued_on=f"{issued_on.zh} {issued_on.en}",
        code=written,
        code_image=_draw_code(f"{public_url}/verify/{written}" if public_url else written),
        verify_at=f"{public_url}/verify" if public_url else None,
        statement=statement,
    )


def _draw_code(text: str) -> str:
    """Return a two-dimensional code as a picture that is written into the page."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(border=0, omitsize=True))


def digest_content(statement: PersonStatement | ProviderStatement) -> str:
    """Return SHA-256 (hex) over all values of a statement, whatever they look like in print."""
    tree = dataclasses.asdict(statement)
    text = json.dumps(tree, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
