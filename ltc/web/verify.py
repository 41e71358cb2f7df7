"""The public page on which anybody may check a statement: by its code, or by its file."""

import hashlib
from typing import IO, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ltc import http
from ltc.rules.months import Month
from ltc.rules.payouts.runs import RunKind
from ltc.rules.statement_codes import parse_code, write_code
from ltc.rules.statements import STATEMENT_KIND_NAMES
from ltc.store.verify_questions import Genuine, find_genuine_by_code, find_genuine_by_digest
from ltc.web.lists import read_text
from ltc.web.shell import limiter

blueprint = Blueprint("verify", __name__, url_prefix="/verify")

ATTEMPTS = "30 per minute; 200 per hour"
BLOCK_BYTES = 64 * 1024


@blueprint.get("/")
@http.public
def index() -> Any:
    """Ask for a code or a file; a code that was typed leads to its own address."""
    if "code" not in request.args:
        return _ask()
    typed = read_text("code")
    if not typed:
        return _ask(code_error=_("Enter the code that stands on the statement."))
    code = parse_code(typed)
    if code is None:
        error = _("A code has 16 letters and digits, in four groups. Look at it once more.")
        return _ask(typed, code_error=error)
    return redirect(url_for("verify.show", code=write_code(code)))


def _ask(typed: str = "", *, code_error: str = "", file_error: str = "") -> tuple[str, int]:
    """Ask for a code or a file; what is wrong with either stands at its field."""
    errors = {"code": code_error, "file": file_error}
    page = render_template("verify/index.html", typed=typed, errors=errors)
    return page, 422 if any(errors.values()) else 200


@blueprint.get("/<code>")
@limiter.limit(ATTEMPTS)
@http.public
def show(code: str) -> Any:
    """Say whether there is a statement with a code."""
    parsed = parse_code(code)
    found = find_genuine_by_code(http.database(), parsed) if parsed else None
    return _answer(found, write_code(parsed) if parsed else None, is_file=False)


@blueprint.post("/file")
@limiter.limit(ATTEMPTS)
@http.public
def check_file() -> Any:
    """Say whether a file is a statement that was issued here; it is read and not kept."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _ask(file_error=_("Choose the PDF file first."))
    found = find_genuine_by_digest(http.database(), _digest(file.stream))
    return _answer(found, None, is_file=True)


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := stream.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _answer(found: Genuine | None, code: str | None, *, is_file: bool) -> Any:
    if found is None:
        return render_template("verify/unknown.html", code=code, is_file=is_file), 404
    return render_template(
        "verify/show.html",
        found=found,
        code=code,
        is_file=is_file,
        kind_name=STATEMENT_KIND_NAMES[found.kind],
        month=Month.parse(found.month),
        issued_on=found.issued_at.astimezone(ZoneInfo(found.area.time_zone)).date(),
        is_correction=found.run_kind is RunKind.CORRECTION,
    )
