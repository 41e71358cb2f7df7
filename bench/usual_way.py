"""The usual way to do a month: one person at a time through the ORM, over the same rules.

Written as one would write it without thinking of sets: objects for every row, queries for every
person, a commit for each.
"""

import hashlib
import zlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.city import AFTER, AREA, AREA_CODE, MONTH
from ltc.rules.payouts import cases
from ltc.rules.payouts.results import DayState
from ltc.rules.payouts.runs import RunKind, RunStatus
from ltc.rules.payouts.settle import settle
from ltc.rules.payouts.trace import to_json
from ltc.store.assessments import Conclusion
from ltc.store.base import known_at, new_id
from ltc.store.insured import Assistance, BankAccount, Enrolment, InsuredPerson, LifeEvent
from ltc.store.payouts import PayoutLine, PayoutResult, PayoutRun
from ltc.store.plans import CarePlan
from ltc.store.policies import load_law
from ltc.store.providers import Agreement
from ltc.store.visits import BedStay, Fee, Visit

AMOUNTS = ("eligible_fen", "fund_fen", "assistance_fen", "person_fen")


def settle_some(engine: sa.Engine, count: int) -> int:
    """Settle the first people of the area and store what comes out; return how many."""
    law = load_law().of(AREA_CODE)
    with Session(engine) as session:
        run = PayoutRun(
            area_id=AREA, month="2024-04", kind=RunKind.REGULAR, sequence=99,
            status=RunStatus.CALCULATING, known_at=AFTER, policy_digest="", started_at=AFTER,
        )  # fmt: skip
        session.add(run)
        session.commit()
        run_id = run.id
        people = sa.select(InsuredPerson).order_by(InsuredPerson.case_number).limit(count)
        ids = [person.id for person in session.scalars(people)]
        for person_id in ids:
            person = session.get_one(InsuredPerson, (AREA, person_id))
            case = load_case(session, person)
            _store(session, run_id, person, settle(law, case))
            session.commit()
            session.expunge_all()
    return len(ids)


def load_case(session: Session, person: InsuredPerson) -> cases.Case:
    """Return one person's case from objects."""

    def rows(table: Any) -> list[Any]:
        query = sa.select(table).where(
            table.area_id == AREA, table.person_id == person.id, known_at(table, AFTER)
        )
        return list(session.scalars(query))

    visits = [v for v in rows(Visit) if MONTH.starts_on <= v.service_on < MONTH.ends_before]
    plans = rows(CarePlan)
    agreements = session.scalars(
        sa.select(Agreement).where(
            Agreement.area_id == AREA,
            Agreement.provider_id.in_({plan.provider_id for plan in plans}),
        )
    )
    return cases.Case(
        person=person.case_number,
        month=MONTH,
        enrolments=tuple(
            cases.Enrolment(e.id, e.scheme.value, e.contribution_years, e.starts_on, e.ends_before,
                            e.topped_up_on) for e in rows(Enrolment)),
        assistance=tuple(
            cases.AssistancePeriod(a.id, a.category, a.starts_on, a.ends_before)
            for a in rows(Assistance)),
        conclusions=tuple(
            cases.Conclusion(c.id, c.standard, c.grade, c.concluded_on, c.valid_before)
            for c in rows(Conclusion)),
        plans=tuple(
            cases.PlanPeriod(p.id, p.mode, p.provider_id, p.starts_on, p.ends_before,
                             p.confirmed_on is not None) for p in plans),
        absences=tuple(
            cases.Absence(e.id, e.kind.value, e.starts_on, e.ends_before)
            for e in rows(LifeEvent)),
        visits=tuple(
            cases.Visit(v.id, v.provider_id, v.carer_id, v.begins_min, v.ends_min,
                        v.refused) for v in visits),
        taken=tuple(taken for visit in visits for taken in _find_taken(session, visit)),
        bed_days=tuple(
            cases.BedDays(b.id, b.provider_id, b.starts_on, b.ends_before, b.price_fen)
            for b in rows(BedStay)),
        fees=tuple(
            cases.Fee(f.id, f.provider_id, f.charged_on, f.amount_fen, f.kind)
            for f in rows(Fee)),
        agreements=tuple(
            cases.AgreementPeriod(a.id, a.provider_id, a.starts_on, a.ends_before)
            for a in agreements),
        has_account=bool(rows(BankAccount)),
    )  # fmt: skip


def _find_taken(session: Session, visit: Visit) -> list[cases.Taken]:
    """Ask for earlier visits of the same carer to others that overlap."""
    others = session.scalars(
        sa.select(Visit).where(
            Visit.area_id == AREA, Visit.carer_id == visit.carer_id,
            Visit.service_on == visit.service_on, Visit.person_id != visit.person_id,
            Visit.begins_min < visit.begins_min, Visit.ends_min > visit.begins_min,
        )
    )  # fmt: skip
    return [
        cases.Taken(o.id, o.carer_id, visit.begins_min, min(o.ends_min, visit.ends_min))
        for o in others
    ]


def _store(session: Session, run_id: int, person: InsuredPerson, settlement: Any) -> None:
    trace = to_json(settlement)
    sums = {name: sum(getattr(line, name) for line in settlement.lines) for name in AMOUNTS}
    session.add(
        PayoutResult(
            area_id=AREA, id=new_id(), run_id=run_id, person_id=person.id,
            case_number=person.case_number, district_id=person.district_id,
            outcome=settlement.outcome, days=settlement.days.count(DayState.PAID),
            trace=zlib.compress(trace), trace_digest=hashlib.sha256(trace).hexdigest(), **sums,
        )
    )  # fmt: skip
    for sequence, line in enumerate(settlement.lines):
        columns = {name: getattr(line, name) for name in line.__slots__ if name != "payee"}
        session.add(
            PayoutLine(
                area_id=AREA, id=new_id(), run_id=run_id, person_id=person.id,
                district_id=person.district_id, payee_id=line.payee or person.id,
                provider_id=line.payee, sequence=sequence, **columns,
            )
        )  # fmt: skip
