"""Small files of every kind, and what a test needs to import them."""

from datetime import date
from pathlib import Path

from ltc.rules.imports import ImportKind
from ltc.services import import_work, imports
from ltc.services.import_kinds import SPECS
from ltc.services.uploads import keep_upload
from ltc.store.sealing import keys_of
from tests.support.factories import (
    make_agreement,
    make_carer,
    make_district,
    make_enrolment,
    make_identity,
    make_person,
    make_plan,
    make_provider,
)

ROWS = {
    ImportKind.PEOPLE: {
        "identity": make_identity(500), "name": "张三", "district": "DDK", "scheme": "employee",
        "contribution_years": "20", "insured_from": "2015-01-01", "phone": "13800138000",
        "address": "春晖路1号", "community": "春晖社区",
    },
    ImportKind.LIFE_EVENTS: {
        "case_number": "A1", "kind": "hospital_stay", "first_day": "2019-11-04",
        "last_day": "2019-11-08", "note": "",
    },
    ImportKind.PROVIDERS: {
        "code": "P900", "name": "春晖护理站", "kind": "home", "district": "大渡口区",
        "agreement_number": "XY-1", "agreement_from": "2019-01-01", "agreement_to": "2020-12-31",
    },
    ImportKind.CARERS: {
        "code": "C900", "provider_code": "P1", "name": "赵六", "kind": "family",
        "employed_from": "2019-01-01", "identity": make_identity(600), "phone": "13900139000",
    },
    ImportKind.PLANS: {
        "number": "JH-1", "case_number": "A2", "mode": "home_visits", "first_day": "2019-02-01",
        "last_day": "", "provider_code": "P1", "confirmed_on": "2019-01-20",
        "confirmed_by": "王淑珍", "items": "D01:3 D07:7",
    },
    ImportKind.VISITS: {
        "reference": "V1", "case_number": "A1", "carer_code": "C1",
        "begins_at": "2019-11-05 09:00", "ends_at": "2019-11-05 10:30", "items": "D01 D04",
        "latitude": "29.484712", "longitude": "106.482301", "datum": "gcj02", "source": "phone",
    },
    ImportKind.BED_STAYS: {
        "reference": "B1", "case_number": "A1", "provider_code": "P1", "first_day": "2019-11-01",
        "last_day": "2019-11-10", "price_yuan": "90.00",
    },
    ImportKind.FEES: {
        "reference": "F1", "case_number": "A1", "provider_code": "P1", "charged_on": "2019-11-05",
        "amount_yuan": "60.00", "kind": "daily_care",
    },
}  # fmt: skip


def make_world(session):
    """A district, two people, and two providers of whom the first cares for the first person."""
    make_district(session, code="DDK")
    first = make_person(session, case_number="A1")
    make_enrolment(session, first)
    make_person(session, case_number="A2")
    provider = make_provider(session, code="P1")
    make_agreement(session, provider)
    make_carer(session, provider, code="C1")
    make_plan(session, first, provider, starts_on=date(2019, 1, 1))
    other = make_provider(session, code="P2")
    make_carer(session, other, code="C2")
    return provider


def write_csv(path: Path, rows, encoding="utf-8", delimiter=",") -> Path:
    """Write rows (mappings) as a file; the columns are those of the first one."""
    columns = list(rows[0])
    lines = [columns, *[[row.get(column, "") for column in columns] for row in rows]]
    text = "\n".join(delimiter.join(line) for line in lines) + "\n"
    path.write_bytes(text.encode(encoding))
    return path


def try_file(ctx, kind, path, folder=None):
    """Try a file out, and return its record; the upload is kept in a folder beside it."""
    folder = folder or path.parent / "uploads"
    with path.open("rb") as file:
        digest = keep_upload(folder, file, keys_of(ctx.session))
    asked = imports.receive(ctx, kind=kind, file_name=path.name, file_digest=digest)
    return work_on(ctx, asked, folder)


def carry_out(ctx, import_id, folder, **how):
    """Carry a file out that was tried out, and return its record."""
    return work_on(ctx, imports.ask_to_carry_out(ctx, import_id=import_id), folder, **how)


def work_on(ctx, asked, folder, **how):
    """Do in this process what was asked for."""
    now = ctx.now
    return import_work.work(
        ctx, import_id=asked.import_id, folder=folder, clock=lambda: now, job_id=asked.job_id, **how
    )


def import_file(ctx, kind, path, folder=None):
    """Try a file out and carry it out, and return its record."""
    folder = folder or path.parent / "uploads"
    return carry_out(ctx, try_file(ctx, kind, path, folder).id, folder)


def counts(file):
    """The outcomes of a file that occur."""
    return {name: count for name, count in file.counts.items() if count}


def columns_of(kind):
    return [*SPECS[kind].required, *SPECS[kind].optional]
