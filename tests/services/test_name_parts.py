"""Whoever writes a person's name writes its parts: at the desk, by a file, and in corrections."""

import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services import insured
from ltc.services.insured import Contact
from ltc.store.insured import InsuredPerson
from ltc.store.name_parts import NamePart, split_name
from tests.services.import_files import ROWS, import_file, make_world, write_csv
from tests.services.test_insured import register
from tests.support.factories import make_district

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
