"""Complete forms of imports, jobs, payout runs and statements (``form_examples.py``)."""

import io
from collections.abc import Callable
from typing import Any

from ltc.rules.access import Role
from ltc.rules.imports import ImportKind
from ltc.services import imports, jobs, statements
from ltc.services.leases import STALE_AFTER
from ltc.services.payouts import ask_for_run, check_run
from ltc.services.uploads import keep_upload, uploads_folder
from ltc.store.imports import ImportFile
from tests.services.import_files import ROWS, work_on
from tests.support import factories as make
from tests.support.desk import FIRST_MONTH, Desk, Example, Sending


def fees(desk: Desk) -> bytes:
    person = make.make_person(desk.session)
    named_here = {"case_number": person.case_number, "provider_code": desk.provider.code}
    row = {**ROWS[ImportKind.FEES], **named_here, "reference": f"F{desk.number()}"}
    return f"{','.join(row)}\n{','.join(row.values())}\n".encode()


def upload(desk: Desk) -> Sending:
    return Sending("/imports/", desk.users[Role.OFFICER], {"kind": "fees"}, fees(desk))


def receive(desk: Desk) -> imports.Asked:
    """A file that was sent and is to be tried out."""
    folder, content = uploads_folder(desk.house.settings.documents), fees(desk)
    digest = keep_upload(folder, io.BytesIO(content), desk.house.settings.keys)
    ctx = desk.ctx(Role.OFFICER)
    return imports.receive(ctx, kind=ImportKind.FEES, file_name="f.csv", file_digest=digest)


def tried(desk: Desk) -> ImportFile:
    asked, ctx = receive(desk), desk.ctx(Role.OFFICER)
    return work_on(ctx, asked, uploads_folder(desk.house.settings.documents))


def of_import(verb: str, prepare: Callable[[Desk], Any]) -> Example:
    def example(desk: Desk) -> Sending:
        made = prepare(desk)
        number = made.import_id if isinstance(made, imports.Asked) else made.id
        return Sending(f"/imports/{number}/{verb}", desk.users[Role.OFFICER])

    return example


def stopped(desk: Desk) -> ImportFile:
    """A file whose carrying out was stopped."""
    file, ctx = tried(desk), desk.ctx(Role.OFFICER)
    imports.ask_to_carry_out(ctx, import_id=file.id)
    imports.cancel(desk.ctx(Role.OFFICER), import_id=file.id)
    return file


def run_job(desk: Desk) -> Sending:
    return Sending(f"/jobs/tasks/{next(desk.tasks)}/run", desk.users[Role.ADMINISTRATOR])


def cancel_job(desk: Desk) -> Sending:
    ctx = desk.ctx(Role.ADMINISTRATOR)
    job = jobs.ask(ctx, kind=next(desk.tasks), on=ctx.today, dry_run=False, quiet=STALE_AFTER)
    return Sending(f"/jobs/{job.id}/cancel", desk.users[Role.ADMINISTRATOR])


def start_run(desk: Desk) -> Sending:
    data = {"month": str(FIRST_MONTH.plus(-desk.number())), "known_on": ""}  # asked for, not begun
    return Sending("/payouts/start", desk.users[Role.FINANCE_PREPARER], data)


def cancel_run(desk: Desk) -> Sending:
    ctx = desk.ctx(Role.FINANCE_PREPARER)
    job = ask_for_run(ctx, month=FIRST_MONTH.plus(-desk.number()))
    return Sending(f"/payouts/jobs/{job.id}/cancel", desk.users[Role.FINANCE_PREPARER])


def check(desk: Desk) -> Sending:
    run = desk.calculated()
    data = {"digest": run.digest}
    return Sending(f"/payouts/{run.id}/check", desk.users[Role.FINANCE_CHECKER], data)


def approve(desk: Desk) -> Sending:
    run = desk.calculated()
    check_run(desk.ctx(Role.FINANCE_CHECKER), run_id=run.id, digest=run.digest or "")
    data = {"digest": run.digest}
    return Sending(f"/payouts/{run.id}/approve", desk.users[Role.FINANCE_APPROVER], data)


def send_back(desk: Desk) -> Sending:
    data = {"remark": "Stays are missing."}
    user = desk.users[Role.FINANCE_CHECKER]
    return Sending(f"/payouts/{desk.calculated().id}/send-back", user, data)


def of_run(path: str) -> Example:
    """Something about the statements of an approved run; ``path`` names its person or provider."""

    def example(desk: Desk) -> Sending:
        ids = {"person": desk.person.id, "provider": desk.provider.id}
        where = f"/statements/runs/{desk.approved().id}/{path.format(**ids)}"
        return Sending(where, desk.users[Role.FINANCE_APPROVER])

    return example


def cancel_statements(desk: Desk) -> Sending:
    run, ctx = desk.approved(), desk.ctx(Role.FINANCE_APPROVER)
    job = statements.ask_for_statements(ctx, run_id=run.id)
    return Sending(f"/statements/jobs/{job.id}/cancel", desk.users[Role.FINANCE_APPROVER])


def check_statement(_desk: Desk) -> Sending:
    return Sending("/verify/file", None, file=b"%PDF-1.7 of somebody else")
