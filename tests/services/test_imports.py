import csv
import io
from datetime import date, timedelta
from threading import Thread

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role, RoleLacksPermission
from ltc.rules.imports import ImportKind, ImportStatus
from ltc.services import import_work, imports, table_files
from ltc.services.context import Context
from ltc.services.import_kinds import SPECS
from ltc.services.imports import AlreadyImported
from ltc.services.leases import AlreadyRunning
from ltc.services.uploads import left_out_path
from ltc.store.audit_log import AuditEvent
from ltc.store.import_questions import ImportNotFound
from ltc.store.imports import ImportFile
from ltc.store.insured import Enrolment, InsuredPerson, LifeEvent
from ltc.store.job_runs import JobRun, JobStatus
from ltc.store.plans import CarePlan, PlanItem
from ltc.store.providers import Agreement, Carer, Provider
from ltc.store.visits import BedStay, Fee, Visit
from tests.services.import_files import (
    ROWS,
    carry_out,
    columns_of,
    counts,
    import_file,
    make_world,
    try_file,
    work_on,
    write_csv,
)

TABLES = (InsuredPerson, Enrolment, LifeEvent, Provider, Agreement, Carer, CarePlan, PlanItem,
          Visit, BedStay, Fee)  # fmt: skip
KINDS = list(ImportKind)
# A value of each kind that a second file gives differently.
CHANGES = {
    ImportKind.PEOPLE: {"contribution_years": "21", "name": "张叁"},
    ImportKind.LIFE_EVENTS: {"last_day": "2019-11-10"},
    ImportKind.PROVIDERS: {"name": "春晖护理院", "agreement_to": "2021-12-31"},
    ImportKind.CARERS: {"phone": "13700137000"},
    ImportKind.PLANS: {"items": "D01:5"},
    ImportKind.VISITS: {"ends_at": "2019-11-05 10:00"},
    ImportKind.BED_STAYS: {"price_yuan": "80"},
    ImportKind.FEES: {"amount_yuan": "61"},
}


@pytest.fixture
def world(session, area):
    return make_world(session)


@pytest.fixture
def officer(make_ctx):
    return make_ctx(Role.OFFICER)


@pytest.fixture
def manager(make_ctx, world):
    return make_ctx(Role.PROVIDER_MANAGER, organisation_id=world.id)


@pytest.fixture
def later(make_ctx, officer):
    """The officer a day later: corrections are recorded after what they correct."""
    return make_ctx(Role.OFFICER, now=officer.now + timedelta(days=1))


def count_rows(session):
    session.rollback()
    return {t.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(t))
            for t in TABLES}  # fmt: skip


def write(tmp_path, *rows, **how):
    return write_csv(tmp_path / "file.csv", rows, **how)


@pytest.mark.parametrize("kind", KINDS)
def test_trying_a_file_changes_nothing_but_says_what_it_would_do(
    officer, session, world, tmp_path, kind
):
    before = count_rows(session)
    file = try_file(officer, kind, write(tmp_path, ROWS[kind]))
    assert (counts(file), file.problems) == ({"new": 1}, [])
    assert file.done_at is None
    assert count_rows(session) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_import_changes_nothing_and_says_so(officer, session, world, tmp_path, kind):
    path = write(tmp_path, ROWS[kind])
    assert counts(import_file(officer, kind, path)) == {"new": 1}
    before = count_rows(session)
    again = import_file(officer, kind, path)
    assert counts(again) == {"same": 1}
    assert again.done_at == officer.now
    assert count_rows(session) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_row_is_a_correction_that_names_the_file(
    officer, later, session, world, tmp_path, kind
):
    import_file(officer, kind, write(tmp_path, ROWS[kind]))
    changed = write(tmp_path, {**ROWS[kind], **CHANGES[kind]})
    file = import_file(later, kind, changed)
    assert counts(file) == {"changed": 1}
    assert counts(import_file(later, kind, changed)) == {"same": 1}
    session.rollback()
    reasons = [reason for table in TABLES if hasattr(table, "reason")
               for reason in session.scalars(sa.select(table.reason)) if reason]  # fmt: skip
    events = session.scalars(sa.select(AuditEvent).where(AuditEvent.action.like("%.corrected")))
    reasons += [event.changes["reason"] for event in events]
    assert reasons
    assert set(reasons) == {f"import {file.file_digest[:12]}"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_missing_required_cell_is_named(officer, world, tmp_path, kind):
    rows = [{**ROWS[kind], column: ""} for column in SPECS[kind].required]
    file = try_file(officer, kind, write(tmp_path, *rows))
    assert counts(file) == {"bad": len(rows)}
    assert [problem["column"] for problem in file.problems] == list(SPECS[kind].required)
    assert [problem["row"] for problem in file.problems] == list(range(2, len(rows) + 2))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_a_column_is_refused_and_says_which(officer, session, world, tmp_path, kind):
    column = SPECS[kind].required[-1]
    row = {name: value for name, value in ROWS[kind].items() if name != column}
    file = try_file(officer, kind, write(tmp_path, row))
    assert file.status is ImportStatus.REFUSED
    (problem,) = file.problems
    assert column in problem["values"]["column"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_formula_in_any_cell_is_refused(officer, world, tmp_path, kind):
    columns = [column for column in columns_of(kind) if column in ROWS[kind]]
    rows = [{**ROWS[kind], column: "=cmd|calc"} for column in columns]
    file = try_file(officer, kind, write(tmp_path, *rows))
    assert counts(file) == {"bad": len(rows)}
    assert [problem["column"] for problem in file.problems] == columns


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_twice_in_the_file_is_bad_and_names_the_first(
    officer, session, world, tmp_path, kind
):
    file = import_file(officer, kind, write(tmp_path, ROWS[kind], ROWS[kind]))
    assert counts(file) == {"new": 1, "bad": 1}
    (problem,) = file.problems
    assert (problem["row"], problem["values"]) == (3, {"first": "2"})


@pytest.mark.parametrize(
    "how",
    [{"encoding": "utf-8-sig"}, {"encoding": "gb18030"}, {"encoding": "utf-16"},
     {"delimiter": ";"}, {"delimiter": "\t"}],
)  # fmt: skip
def test_files_of_every_spreadsheet_are_read(officer, session, world, tmp_path, how):
    name = "𬭼" if how.get("encoding") == "gb18030" else "张三"
    row = {**ROWS[ImportKind.PEOPLE], "name": name}
    assert counts(import_file(officer, ImportKind.PEOPLE, write(tmp_path, row, **how))) == {
        "new": 1
    }
    names = set(session.scalars(sa.select(InsuredPerson.name)))
    assert name in names


def test_bad_rows_are_left_out_and_the_others_done(officer, session, world, tmp_path):
    good, bad = ROWS[ImportKind.FEES], {**ROWS[ImportKind.FEES], "reference": "F2",
                                        "charged_on": "2019-02-29"}  # fmt: skip
    file = import_file(officer, ImportKind.FEES, write(tmp_path, bad, good))
    assert counts(file) == {"new": 1, "bad": 1}
    assert list(session.scalars(sa.select(Fee.reference))) == ["F1"]


def read_error_file(ctx, import_id, tmp_path):
    table = imports.build_error_file(
        ctx, import_id=import_id, folder=tmp_path / "uploads", title="rows",
        say=lambda template, values: template.format(**values),
    )  # fmt: skip
    file = io.BytesIO()
    table_files.write_csv(file, table)
    return file.getvalue().decode()


def test_the_error_file_has_the_rows_as_given_and_why(officer, world, tmp_path):
    bad = {**ROWS[ImportKind.FEES], "reference": "F2", "amount_yuan": "=1+1", "our own": "x"}
    path = write(tmp_path, bad, {**ROWS[ImportKind.FEES], "our own": "y"})
    text = read_error_file(officer, try_file(officer, ImportKind.FEES, path).id, tmp_path)
    assert text.startswith("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert list(row) == [*bad, "row", "column", "reason"]
    assert (row["reference"], row["row"], row["column"]) == ("F2", "2", "amount_yuan")
    assert (row["amount_yuan"], row["our own"]) == ("'=1+1", "x")
    assert "formula" in row["reason"]


def test_the_error_file_is_in_question_until_it_is_mended(officer, world, tmp_path):
    fees = [{**ROWS[ImportKind.FEES], "reference": f"F{n}"} for n in range(3)]
    path = write(tmp_path, {**fees[0], "amount_yuan": "=1+1"}, {**fees[1], "kind": "x,y"}, fees[2])
    first = import_file(officer, ImportKind.FEES, path)
    assert counts(first) == {"new": 1, "bad": 2}
    text = read_error_file(officer, first.id, tmp_path)
    unmended = tmp_path / "unmended.csv"
    unmended.write_text(text, encoding="utf-8")
    again = try_file(officer, ImportKind.FEES, unmended)
    assert counts(again) == {"bad": 2}
    table = list(csv.reader(io.StringIO(text)))
    table[1][table[0].index("amount_yuan")] = "60"
    table[2][:6] = fees[1].values()
    mended = tmp_path / "mended.csv"
    mended.write_text("\n".join(map(",".join, ([c.replace(",", ";") for c in r] for r in table))))
    assert counts(import_file(officer, ImportKind.FEES, mended)) == {"new": 2}


def test_a_file_is_carried_out_once(officer, world, tmp_path):
    file = import_file(officer, ImportKind.FEES, write(tmp_path, ROWS[ImportKind.FEES]))
    for again in (imports.ask_to_carry_out, imports.ask_to_go_on, imports.discard):
        with pytest.raises(AlreadyImported):
            again(officer, import_id=file.id)


@pytest.mark.parametrize("kind", [ImportKind.LIFE_EVENTS, ImportKind.VISITS])
def test_two_who_import_the_same_rows_at_once_import_them_once(
    house, officer, session, world, tmp_path, kind
):
    path = write(tmp_path, ROWS[kind])
    ids = [try_file(officer, kind, path).id for _ in range(2)]
    session.rollback()
    results = []

    def do_it(import_id):
        with house.session_maker() as own_session:
            own = Context(own_session, officer.actor, officer.now, officer.policies)
            results.append(counts(carry_out(own, import_id, tmp_path / "uploads")))

    threads = [Thread(target=do_it, args=(import_id,)) for import_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == [{"new": 1}, {"same": 1}]


def test_a_file_that_was_tried_can_be_forgotten(officer, session, world, tmp_path):
    file = try_file(officer, ImportKind.FEES, write(tmp_path, ROWS[ImportKind.FEES]))
    imports.discard(officer, import_id=file.id)
    assert session.scalar(sa.select(sa.func.count()).select_from(ImportFile)) == 0


def test_a_file_that_breaks_off_goes_on_where_it_stopped(
    officer, session, world, tmp_path, monkeypatch
):
    rows = [{**ROWS[ImportKind.FEES], "reference": f"F{n}"} for n in range(5)]
    file = try_file(officer, ImportKind.FEES, write(tmp_path, *rows))
    monkeypatch.setattr(import_work, "PIECE_ROWS", 2)
    with monkeypatch.context() as broken:
        check, seen = import_work.check_chunk, []

        def break_off(*args):
            seen.append(args)
            if len(seen) == 3:
                raise OSError(28, "No space left on device")
            return check(*args)

        broken.setattr(import_work, "check_chunk", break_off)
        with pytest.raises(OSError, match="No space"):
            carry_out(officer, file.id, tmp_path / "uploads")
    assert count_rows(session)["fees"] == 4
    assert session.scalar(sa.select(JobRun.message).where(JobRun.status == JobStatus.FAILED)) == (
        "No space left on device"
    )
    asked = imports.ask_to_go_on(officer, import_id=file.id)
    done = work_on(officer, asked, tmp_path / "uploads")
    assert counts(done) == {"new": 5}
    assert done.status is ImportStatus.DONE


def test_work_that_is_stopped_keeps_what_is_done_and_can_go_on(
    officer, session, world, tmp_path, monkeypatch
):
    rows = [{**ROWS[ImportKind.FEES], "reference": f"F{n}"} for n in range(5)]
    uploads = tmp_path / "uploads"
    file = try_file(officer, ImportKind.FEES, write(tmp_path, *rows))
    monkeypatch.setattr(import_work, "PIECE_ROWS", 2)
    asked = imports.ask_to_carry_out(officer, import_id=file.id)

    def stop(done, _total):
        if done == 2:
            imports.cancel(officer, import_id=file.id)

    with pytest.raises(import_work.Stopped):
        work_on(officer, asked, uploads, on_progress=stop)
    with pytest.raises(imports.NotBeingWorkedOn):
        imports.cancel(officer, import_id=file.id)
    with pytest.raises(imports.BegunAlready):
        imports.discard(officer, import_id=file.id)
    assert count_rows(session)["fees"] == 2
    done = work_on(officer, imports.ask_to_go_on(officer, import_id=file.id), uploads)
    assert counts(done) == {"new": 5}


def test_two_do_not_work_on_one_file(officer, world, tmp_path):
    file = try_file(officer, ImportKind.FEES, write(tmp_path, ROWS[ImportKind.FEES]))
    imports.ask_to_carry_out(officer, import_id=file.id)
    with pytest.raises(AlreadyRunning):
        imports.ask_to_carry_out(officer, import_id=file.id)


def test_what_nobody_needs_any_more_is_cleared_away(officer, world, tmp_path):
    uploads = tmp_path / "uploads"
    good, bad = ROWS[ImportKind.FEES], {**ROWS[ImportKind.FEES], "amount_yuan": "x"}
    import_file(officer, ImportKind.FEES, write(tmp_path, good))
    assert list(uploads.iterdir()) == []
    file = import_file(officer, ImportKind.FEES, write(tmp_path, bad))
    assert list(uploads.iterdir()) == [left_out_path(uploads, file.id)]


def test_nothing_of_a_file_lies_readable_on_disk(officer, world, tmp_path):
    row = {**ROWS[ImportKind.PEOPLE], "contribution_years": "x"}
    file = try_file(officer, ImportKind.PEOPLE, write(tmp_path, row))
    left = left_out_path(tmp_path / "uploads", file.id)
    kept = [path.read_bytes() for path in (tmp_path / "uploads").iterdir()]
    assert left.stat().st_size
    assert len(kept) == 2
    for text in (row["identity"], row["name"], row["phone"]):
        assert not [content for content in kept if text.encode() in content]


@pytest.mark.parametrize("kind", [ImportKind.CARERS, ImportKind.VISITS, ImportKind.BED_STAYS,
                                  ImportKind.FEES])  # fmt: skip
def test_a_provider_imports_its_own(manager, world, tmp_path, kind):
    row = {name: value for name, value in ROWS[kind].items() if name != "provider_code"}
    assert counts(import_file(manager, kind, write(tmp_path, row))) == {"new": 1}


@pytest.mark.parametrize("kind", [ImportKind.PEOPLE, ImportKind.LIFE_EVENTS, ImportKind.PROVIDERS,
                                  ImportKind.PLANS])  # fmt: skip
def test_a_provider_imports_nothing_of_the_agency(manager, world, tmp_path, kind):
    with pytest.raises(RoleLacksPermission):
        try_file(manager, kind, write(tmp_path, ROWS[kind]))


@pytest.mark.parametrize(
    ("kind", "change", "column"),
    [
        (ImportKind.VISITS, {"case_number": "A2"}, "case_number"),
        (ImportKind.VISITS, {"carer_code": "C2"}, "carer_code"),
        (ImportKind.BED_STAYS, {"provider_code": "P2"}, "provider_code"),
        (ImportKind.FEES, {"provider_code": "P2"}, "provider_code"),
        (ImportKind.CARERS, {"provider_code": "P2"}, "provider_code"),
        (ImportKind.CARERS, {"code": "C2"}, "code"),
    ],
)
def test_what_belongs_to_another_provider_is_unknown(
    manager, world, tmp_path, kind, change, column
):
    file = try_file(manager, kind, write(tmp_path, {**ROWS[kind], **change}))
    assert file.counts["new"] == file.counts["changed"] == 0
    assert [problem["column"] for problem in file.problems] == [column]


def test_a_foreign_import_is_not_there(make_ctx, manager, session, world, tmp_path):
    path = write(tmp_path, ROWS[ImportKind.FEES])
    file = try_file(manager, ImportKind.FEES, path)
    other = session.scalar(sa.select(Provider.id).where(Provider.code == "P2"))
    stranger = make_ctx(Role.PROVIDER_MANAGER, organisation_id=other)
    with pytest.raises(ImportNotFound):
        imports.ask_to_carry_out(stranger, import_id=file.id)


def test_the_stored_problems_hold_no_personal_data(officer, session, world, tmp_path):
    row = ROWS[ImportKind.PEOPLE]
    rows = [{**row, "identity": row["identity"][:-1] + "?"}, {**row, "phone": "1380013800x"},
            {**row, "name": "张三" * 31}]  # fmt: skip
    file = try_file(officer, ImportKind.PEOPLE, write(tmp_path, *rows))
    assert counts(file) == {"bad": 3}
    assert not [secret for secret in (row["identity"][:-1], "1380013800", "张三")
                if secret in str(file.problems)]  # fmt: skip


def test_a_death_after_which_something_begins_is_a_conflict(officer, session, world, tmp_path):
    stay = ROWS[ImportKind.LIFE_EVENTS]
    death = {**stay, "kind": "death", "first_day": "2019-11-02", "last_day": ""}
    file = import_file(officer, ImportKind.LIFE_EVENTS, write(tmp_path, stay, death))
    assert counts(file) == {"new": 1, "conflict": 1}
    assert file.problems[0]["column"] == "first_day"
    assert session.scalar(sa.select(LifeEvent.ends_before)) == date(2019, 11, 9)
