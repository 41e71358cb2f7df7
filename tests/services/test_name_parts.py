"""Whoever writes a person's name writes its parts: at the desk, by a file, and in corrections."""

import sqlalchemy as sa

from ltc.jobs.running import QUIET, run_task
from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services import insured, jobs, name_parts
from ltc.services.insured import Contact
from ltc.store.insured import InsuredPerson
from ltc.store.insured_questions import PeopleFilter, select_people
from ltc.store.job_runs import JobStatus
from ltc.store.name_parts import PART_SIGNS, NamePart, split_name
from tests.services.import_files import ROWS, import_file, make_world, write_csv
from tests.services.test_insured import register
from tests.support.factories import make_district, make_person

PERSON = ROWS[ImportKind.PEOPLE]


def check_parts(session, *names):
    """Fail unless these people are there, with the parts of these names and no others."""
    session.expire_all()
    people = session.scalars(sa.select(InsuredPerson)).all()
    kept = sorted(
        tuple(row) for row in session.execute(sa.select(NamePart.person_id, NamePart.part))
    )
    assert sorted(person.name for person in people) == sorted(names)
    assert kept == sorted((p.id, part) for p in people for part in split_name(p.name))


def test_registering_and_correcting_keep_the_parts(ctx, session, area):
    district = make_district(session)
    person = register(ctx, district)
    check_parts(session, "王淑珍")
    insured.correct_person(
        ctx, person_id=person.id, contact=Contact("王淑贞", district.id), reason="misspelt"
    )
    check_parts(session, "王淑贞")
    insured.correct_person(
        ctx, person_id=person.id, contact=Contact("王淑贞", district.id, "新村"), reason="moved"
    )
    check_parts(session, "王淑贞")


def test_a_file_keeps_the_parts_of_new_and_corrected_people(make_ctx, session, area, tmp_path):
    make_world(session)
    session.commit()
    others = session.scalars(sa.select(InsuredPerson.name)).all()
    officer = make_ctx(Role.OFFICER)
    for name in ("张三", "张叁丰"):
        file = write_csv(tmp_path / "file.csv", [{**PERSON, "name": name}])
        import_file(officer, ImportKind.PEOPLE, file)
        check_parts(session, name, *others)


def by_an_older_program(session, *, renamed, registered):
    """Write names as a program does that knows of no parts."""
    session.execute(sa.update(InsuredPerson).where(InsuredPerson.id == renamed[0].id)
                    .values(name=renamed[1]))  # fmt: skip
    session.execute(sa.delete(NamePart).where(NamePart.person_id == registered.id))
    session.commit()


def find(session, actor, text):
    session.expire_all()
    found = session.scalars(select_people(session, actor, PeopleFilter(text=text)))
    return sorted(person.name for person in found)


def test_whom_an_older_program_wrote_is_found_again(make_ctx, session, area, monkeypatch):
    monkeypatch.setattr(name_parts, "PEOPLE_AT_ONCE", 1)
    renamed, registered = (
        make_person(session, name="王淑珍"),
        make_person(session, name="Anna Ü 李"),
    )
    make_person(session, name="小明")
    by_an_older_program(session, renamed=(renamed, "陈小明"), registered=registered)
    officer = make_ctx(Role.OFFICER)
    assert [find(session, officer.actor, text) for text in ("小明", "nna")] == [["小明"], []]
    assert name_parts.fill_in(officer) == 2
    assert find(session, officer.actor, "小明") == ["小明", "陈小明"]
    assert find(session, officer.actor, "nna") == ["Anna Ü 李"]
    assert find(session, officer.actor, "淑珍") == []
    assert name_parts.fill_in(officer) == 0


def test_the_books_are_checked_by_night_and_the_names_with_them(ctx, session, area, house):
    person = make_person(session, name="王" * (PART_SIGNS + 1))
    session.execute(sa.delete(NamePart))
    session.commit()
    for dry_run, is_found in ((True, []), (False, [person.name])):
        job = jobs.ask(ctx, kind="books_check", on=ctx.today, dry_run=dry_run, quiet=QUIET)
        done = run_task(house, job.id)
        assert (done.status, str(1) in done.log) == (JobStatus.DONE, not dry_run)
        assert find(session, ctx.actor, "王王") == is_found
