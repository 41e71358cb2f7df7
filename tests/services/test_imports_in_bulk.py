"""People, providers and carers by file: as many statements for forty rows as for ten."""

import pytest
import sqlalchemy as sa

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.store.audit_log import AuditEvent
from ltc.store.insured import InsuredPerson, PersonVersion
from ltc.store.providers import Carer, CarerVersion, Provider, ProviderVersion
from tests.services.import_files import ROWS, carry_out, counts, make_world, try_file, write_csv
from tests.services.test_imports_large import counted
from tests.support.factories import make_identity

FEW, MANY = 10, 40
# What tells the rows of a kind apart, and what is corrected in each.
APART = {
    ImportKind.PEOPLE: lambda n: {"identity": make_identity(2_000 + n), "phone": f"138{n:08d}"},
    ImportKind.PROVIDERS: lambda n: {"code": f"P{2_000 + n}", "agreement_number": f"XY-{n}"},
    ImportKind.CARERS: lambda n: {"code": f"C{2_000 + n}", "identity": make_identity(3_000 + n)},
}
CORRECTED = {
    ImportKind.PEOPLE: {"address": "晚霞路2号", "community": "晚霞社区"},
    ImportKind.PROVIDERS: {"name": "晚霞护理站", "address": "晚霞路2号"},
    ImportKind.CARERS: {"phone": "13700137000", "name": "钱七"},
}
TABLES = {
    ImportKind.PEOPLE: (InsuredPerson, PersonVersion),
    ImportKind.PROVIDERS: (Provider, ProviderVersion),
    ImportKind.CARERS: (Carer, CarerVersion),
}


def rows_of(kind, first, count, **more):
    return [{**ROWS[kind], **APART[kind](first + n), **more} for n in range(count)]


@pytest.mark.parametrize("kind", TABLES)
def test_forty_rows_are_registered_and_corrected_with_the_statements_of_ten(
    make_ctx, session, area, tmp_path, kind
):
    make_world(session)
    ctx = make_ctx(Role.OFFICER)

    def statements(count, what, *rows):
        file = try_file(ctx, kind, write_csv(tmp_path / "rows.csv", rows))
        with counted(session) as sent:
            done = carry_out(ctx, file.id, tmp_path / "uploads")
        assert counts(done) == {what: count}
        return len(sent)

    statements(1, "new", *rows_of(kind, 900, 1))  # what is asked once a session
    new = [statements(n, "new", *rows_of(kind, n, n)) for n in (FEW, MANY)]
    changed = [statements(n, "changed", *rows_of(kind, n, n, **CORRECTED[kind]))
               for n in (FEW, MANY)]  # fmt: skip
    assert new[0] == new[1]
    assert changed[0] == changed[1]
    _, versions = TABLES[kind]
    assert session.scalar(sa.select(sa.func.count()).select_from(versions)) == FEW + MANY
    corrected = AuditEvent.action.like("%.corrected")
    assert session.scalar(sa.select(sa.func.count()).where(corrected)) == FEW + MANY
