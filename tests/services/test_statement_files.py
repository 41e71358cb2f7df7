import csv
import io
import tracemalloc
import zipfile

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.services.statement_files import (
    Entry,
    hand_out,
    hand_out_district,
    hand_out_provider,
    write_zip,
)
from ltc.store.audit_log import AuditEvent
from ltc.store.documents import FileGone, keep_file, path_of
from ltc.store.insured import InsuredPerson
from ltc.store.statement_questions import StatementNotFound, list_districts_of_run
from tests.support.issuing import issue_all, list_rows
from tests.support.month import AFTER


def test_a_districts_bundle_lies_in_the_order_of_printing(
    approver, run, month, documents, session, quick_print
):
    for number, person in enumerate(month.people):
        session.get_one(InsuredPerson, (1, person.id)).community = "乙" if number // 2 % 2 else "甲"
    session.commit()
    issue_all(approver, run, documents)
    district = list_districts_of_run(session, approver.actor, run.id)[0]
    entries = hand_out_district(
        approver, run_id=run.id, district_id=district.id, documents=documents
    )
    archive = unzip(write_zip(entries, documents=documents, area_id=1))
    rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))
    assert [row["file"] for row in rows] == sorted(archive.namelist()[:-1])
    places = [(row["community"], row["case_number"]) for row in rows]
    assert places == sorted(places)
    assert len({community for community, _ in places}) == 2
    assert len(rows) == district[3]
    with pytest.raises(StatementNotFound):
        hand_out_district(approver, run_id=run.id, district_id=1, documents=documents)


def unzip(blocks):
    return zipfile.ZipFile(io.BytesIO(b"".join(blocks)))


def test_a_provider_gets_its_files_with_a_manifest(
    approver, run, month, documents, session, make_ctx, quick_print
):
    issue_all(approver, run, documents)
    mine, other = month.providers
    manager = make_ctx(role=Role.PROVIDER_MANAGER, organisation_id=mine.id, now=AFTER)
    entries = hand_out_provider(manager, run_id=run.id, provider_id=mine.id, documents=documents)
    archive = unzip(write_zip(entries, documents=documents, area_id=1))
    assert archive.testzip() is None
    rows = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))
    assert [row["file"] for row in rows] == archive.namelist()[:-1]
    assert rows[0]["kind"] == "provider"
    wanted = {row.number for row in list_rows(session) if row.provider_id == mine.id}
    assert {row["number"] for row in rows} == wanted
    for row in rows:
        assert len(archive.read(row["file"])) == int(row["bytes"])
    with pytest.raises(StatementNotFound):
        hand_out_provider(manager, run_id=run.id, provider_id=other.id, documents=documents)


def test_a_foreign_statement_is_not_there(
    approver, run, month, documents, session, make_ctx, quick_print
):
    issue_all(approver, run, documents)
    mine = month.providers[0]
    manager = make_ctx(role=Role.PROVIDER_MANAGER, organisation_id=mine.id, now=AFTER)
    for row in list_rows(session):
        if row.provider_id == mine.id:
            assert hand_out(manager, statement_id=row.id, documents=documents)[0].id == row.id
        else:
            with pytest.raises(StatementNotFound):
                hand_out(manager, statement_id=row.id, documents=documents)
    events = session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "statement.handed_out")
    )
    assert len(list(events)) == sum(1 for row in list_rows(session) if row.provider_id == mine.id)


def test_a_lost_or_changed_file_is_said(approver, run, documents, session, quick_print):
    issue_all(approver, run, documents)
    row = list_rows(session)[0]
    path_of(documents, 1, row.file_digest).write_bytes(b"other")
    with pytest.raises(FileGone):
        hand_out(approver, statement_id=row.id, documents=documents)
    path_of(documents, 1, row.file_digest).unlink()
    with pytest.raises(FileGone):
        hand_out_provider(approver, run_id=run.id, provider_id=row.provider_id or 0,
                          documents=documents)  # fmt: skip


def test_a_large_zip_takes_little_memory(tmp_path):
    digests = [keep_file(tmp_path, 1, bytes([n % 251]) * 1_000_000) for n in range(30)]
    entries = [
        Entry(f"{n}.pdf", digest, (f"{n}.pdf",), (2019, 12, 3, 0, 0, 0))
        for n, digest in enumerate(digests)
    ]
    tracemalloc.start()
    size = sum(len(block) for block in write_zip(entries, documents=tmp_path, area_id=1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 30_000_000
    assert peak < 2_000_000
