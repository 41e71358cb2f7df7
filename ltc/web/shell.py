"""The shell around every page: who is there, language, navigation, headers, errors."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    g,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import Babel, get_locale
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from ltc import clock, http
from ltc.logs import log_error
from ltc.rules.access import ROLE_NAMES, Actor, Permission
from ltc.rules.errors import Problem
from ltc.rules.words import N_
from ltc.store.reachable import find_trouble
from ltc.store.users import SignedIn
from ltc.web import addresses, formats, once, page_words, program_version, request_log, resend
from ltc.web.problem_pages import render_problem

LANGUAGES = {"en": "English", "zh_CN": "中文"}
ROOMS = (
    "session", "home", "insured", "assessments", "providers", "plans", "visits", "stays",
    "imports", "payouts", "statements", "verify", "law", "users", "audit", "access", "search",
    "unmasking", "jobs", "health", "chosen",
)  # fmt: skip
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'"
)

BLOCK_BYTES, DROPPED_BYTES_MAX = 1 << 20, 4 << 30
blueprint = Blueprint("shell", __name__)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
csrf = CSRFProtect()
limiter = Limiter(
    get_remote_address,
    # Forms of nobody, all addresses of the product together: each of them is read and checked.
    application_limits=["300 per minute"],
    application_limits_exempt_when=lambda: (
        request.method in SAFE_METHODS or g.signed_in is not None
    ),
)
# What somebody may do before they have changed a password that others know.
BEFORE_OWN_PASSWORD = {"session.change_password", "session.sign_out", "shell.language", "static"}


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation."""

    label: str
    href: str
    current: bool


# The line from person to payout, then what stands beside it. At most seven are shown to a role.
NAVIGATION: tuple[tuple[str, str, Permission], ...] = (
    (N_("People"), "insured.index", Permission.SEE_PEOPLE),
    (N_("Assessments"), "assessments.index", Permission.SEE_ASSESSMENTS),
    (N_("Providers"), "providers.index", Permission.SEE_PROVIDERS),
    (N_("Plans"), "plans.index", Permission.SEE_PLANS),
    (N_("Visits"), "visits.index", Permission.SEE_VISITS),
    (N_("Payouts"), "payouts.index", Permission.SEE_PAYOUTS),
    (N_("Law"), "law.index", Permission.SEE_LAW),
    (N_("Users"), "users.index", Permission.MANAGE_USERS),
    (N_("Audit"), "audit.index", Permission.SEE_AUDIT),
    (N_("Jobs"), "jobs.index", Permission.SEE_JOBS),
)
# Rooms without an entry of their own stand below the one from which they are reached.
BELOW = {"stays": "visits", "statements": "payouts"}
NAVIGATION_LIMIT = 7
# Where a role opens more than seven, these are reached from the pages beside them.
LEFT_OUT_FIRST = ("jobs.index", "plans.index", "law.index", "assessments.index")
VERSION = "0.1.0"
# What is taken from nobody: a form that somebody began before the session ended, or a statement
# to be checked, which has a few hundred kB.
STRANGER_LIMIT_MB = 1
STRANGER_FILE_LIMIT_MB = 20
MAY_PASS, RETRY_SECONDS = 503, 60  # after which one may ask again where there was trouble
STRANGER_FILES = {"verify.check_file"}


def register(app: Flask) -> None:
    """Put the shell and every room's pages into the application."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=choose_language, default_translation_directories="translations")
    page_words.register(app)
    app.jinja_env.globals["form_token"] = http.form_token
    request_log.register(app)
    program_version.register(app)  # before anything is read or written
    app.before_request(
        http.load_actor
    )  # first: a form that came too late is answered by who sent it
    # Before anything reads the form: how large it may be, and how many were sent.
    app.before_request(limit_strangers)
    app.config["RATELIMIT_STORAGE_URI"] = app.extensions["ltc"].settings.rate_limit_storage
    # Where the shared store is away each process counts by itself: nobody is kept out by that.
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True
    limiter.init_app(app)
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a form holds as long as the session it is for
    csrf.init_app(app)
    app.before_request(ask_for_own_password)
    once.register(app)
    trust_proxies(app, app.extensions["ltc"].settings.proxies)
    formats.register(app)
    app.url_map.converters["int"] = http.RecordNumber
    app.register_blueprint(blueprint)
    for room in ROOMS:
        app.register_blueprint(import_module(f"ltc.web.{room}").blueprint)
    app.context_processor(shell_values)
    app.after_request(set_headers)
    app.register_error_handler(Problem, show_problem)
    app.register_error_handler(http.SignInNeeded, ask_to_sign_in)
    app.register_error_handler(CSRFError, show_expired_form)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(DBAPIError, show_database_trouble)
    app.register_error_handler(NoConnectionLeft, show_database_trouble)


def trust_proxies(app: Flask, proxies: int) -> None:
    """Take address and scheme from what so many trusted proxies add to a request; 0: believe nobody.

    Without it all people behind a proxy share its address, and one limit of attempts to sign in;
    with one too many, anybody could name an address of their own.
    """
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0
        )


def choose_language() -> str:
    """The language chosen with the switch, else the browser's, else Chinese."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    best = request.accept_languages.best_match(["zh-CN", "zh", "en"], "zh")
    return "en" if best == "en" else "zh_CN"


@blueprint.get("/language/<code>")
@http.public
def language(code: str) -> Any:
    """Switch the language and go back to the page the reader came from."""
    if code in LANGUAGES:
        session["language"] = code
    return redirect(once.safe_path(request.args.get("next")))


def shell_values() -> dict[str, Any]:
    """What base.html needs on every page."""
    actor: Actor | None = g.get("actor")
    settings = http.house().settings
    return {
        "actor": describe_person(g.signed_in) if g.get("signed_in") else None,
        "may": (lambda name: actor is not None and actor.may(Permission(name))),
        "nav_items": nav_items(actor) if actor else [],
        "languages": list(LANGUAGES.items()),
        "current_language": choose_language(),
        "page_address": addresses.find_page(),
        "product_version": VERSION,
        "demo": settings.is_demo,
        "demo_day": clock.today(formats.area_zone().key) if settings.clock_back_days else None,
    }


@dataclass(frozen=True, slots=True)
class Person:
    """Who is there, as the header says it."""

    name: str
    role_label: str
    area_name: str
    district_name: str | None
    organisation_name: str


def describe_person(signed_in: SignedIn) -> Person:
    """Return who is there, in the reader's language."""
    chinese = str(get_locale()).startswith("zh")
    area, district = signed_in.area, signed_in.district
    return Person(
        name=signed_in.user.name,
        role_label=_(ROLE_NAMES[signed_in.user.role]),
        area_name=area.name_zh if chinese else area.name_en,
        district_name=(district.name_zh if chinese else district.name_en) if district else None,
        organisation_name=signed_in.organisation.name,
    )


def nav_items(actor: Actor) -> list[NavItem]:
    """The entries that the actor's role opens, in the order of the line, at most seven."""
    room = addresses.find_room()
    here = BELOW.get(room, room)
    opened = [
        (label, endpoint)
        for label, endpoint, permission in NAVIGATION
        if actor.may(permission) and endpoint in http.endpoints()
    ]
    left_out = LEFT_OUT_FIRST[: max(0, len(opened) - NAVIGATION_LIMIT)]
    return [
        NavItem(_(label), url_for(endpoint), endpoint.split(".")[0] == here)
        for label, endpoint in opened
        if endpoint not in left_out
    ]


def set_headers(response: Response) -> Response:
    """Add the security headers; pages with personal data are kept out of shared caches."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if http.house().settings.https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def show_problem(problem: Problem) -> Response:
    """Answer what a use-case refused: a page for a person, problem+json for a program."""
    text = formats.problem_text(problem)
    if http.wants_json():
        answer = http.problem_response(problem, text)
    else:
        page = render_problem(problem.status, text, problem.helper)
        answer = make_response(page, problem.status)
    if problem.status == MAY_PASS:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def limit_strangers() -> None:
    """Take large files only from those who are signed in: anybody else could fill the disk."""
    if g.signed_in is None:
        request.max_content_length = stranger_limit_mb() * 1024 * 1024


def stranger_limit_mb() -> int:
    """Return how much nobody may send to the page that was asked for."""
    is_for_files = request.endpoint in STRANGER_FILES
    return STRANGER_FILE_LIMIT_MB if is_for_files else STRANGER_LIMIT_MB


def ask_for_own_password() -> Any:
    """Lead somebody whose password others know to the page where they choose their own."""
    signed_in: SignedIn | None = g.signed_in
    if signed_in is None or not signed_in.user.must_change_password:
        return None
    if request.endpoint in BEFORE_OWN_PASSWORD:
        return None
    return redirect(url_for("session.change_password"))


def ask_to_sign_in(problem: http.SignInNeeded) -> Any:
    """Send nobody to sign in and back; a form that they sent is kept for them."""
    if http.wants_json():
        return http.problem_response(problem, formats.problem_text(problem))
    if request.method == "POST":
        return resend.keep_form(is_signed_in=False)
    if http.wants_part():  # a sign-in page inside of a page would be of no use
        path = once.safe_path(request.headers.get("HX-Current-URL"))
        return Response(status=401, headers={"HX-Redirect": url_for("session.sign_in", next=path)})
    return redirect(url_for("session.sign_in", next=request.full_path.rstrip("?")))


def show_expired_form(_error: CSRFError) -> Any:
    """Answer a form whose session ended while it was open, with what was typed kept in it."""
    return resend.keep_form(is_signed_in=g.get("actor") is not None)


def show_http_error(error: HTTPException) -> Any:
    """Answer errors of the frame itself in the look of the product."""
    if error.code is None or error.code < 400:
        return error
    if error.code == 404 and (address := addresses.find_without_slash()):
        return redirect(address, 308)
    texts = {
        400: _("What was sent could not be read. Nothing was changed. Open the page anew."),
        404: _("There is no such page, or it is not yours to see."),
        405: _("This address only takes what a page sends to it. Nothing was changed."),
        413: too_large(),
        429: _("Too many attempts. Wait a minute, then try again."),
    }
    text = texts.get(error.code, _("Something went wrong here. Nothing was changed."))
    if error.code == 413 and g.get("signed_in"):
        _let_it_arrive()
    if http.wants_json():
        return http.answer_program(error.code, f"http_{error.code}", text)
    return render_problem(error.code, text), error.code


def _let_it_arrive() -> None:
    """Read what is too large and drop it: a browser shows no answer before it has sent everything."""
    stream = request.environ["wsgi.input"]
    left = min(request.content_length or 0, DROPPED_BYTES_MAX)
    while left > 0 and (block := stream.read(min(left, BLOCK_BYTES))):
        left -= len(block)


def too_large() -> Any:
    """Say how large a file may be, which depends on who sends it."""
    if g.get("signed_in"):
        return _(
            "This is larger than the %(size)s MB that are taken at once. Split it into smaller"
            " files, each with the header; or ask for a higher limit (LTC_UPLOAD_MB).",
            size=http.house().settings.upload_mb,
        )
    return _(
        "The file is too large: without signing in, at most %(size)s MB are taken.",
        size=stranger_limit_mb(),
    )


def show_database_trouble(error: DBAPIError | NoConnectionLeft) -> Any:
    """Answer a database that is busy, full, read-only, locked or away: nothing is half done.

    What is a mistake of ours stays one. The page must do without the database.
    """
    trouble = find_trouble(error)
    if trouble is None:
        raise error
    # Not in the database's own words: they may repeat a row.
    log_error("the database refused", error, trouble=trouble.code)
    http.forget_database()
    return show_problem(trouble)
