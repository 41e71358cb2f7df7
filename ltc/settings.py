"""Settings from the environment; production refuses to start without its keys.

Every variable begins with ``LTC_``. On a machine for trying out (``LTC_ENV`` demo or development)
the keys are made at the first start and kept in ``<LTC_HOME>/keys.env``, readable by the owner
only; in production they come from the environment, and a missing one stops the start. The
demonstration also keeps there how far its clock is set back (``<LTC_HOME>/demo.env``).
"""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ltc.rules.backups import Retention
from ltc.services.statement_press import Press, Signing
from ltc.store.backup_seal import BackupKeys
from ltc.store.sealing import KeyRing

KEY_BYTES = 32
SHORTEST_SECRET = 32  # characters; what `flask keys make` prints has 43
ENVIRONMENTS = ("production", "demo", "development", "test")
DEMO_FILE = "demo.env"
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")
MOST_DIGITS = 6
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MAIL_SCHEMES = ("smtp", "smtps")
MAIL_LANGUAGES = ("zh_CN", "en")  # the first is that of the pages where nobody chose one
KEY_NAMES = ("LTC_SECRET_KEY", "LTC_DATA_KEYS", "LTC_LOOKUP_KEY", "LTC_BACKUP_KEYS")
BACKUPS_KEPT = "7,5,12"
UPLOAD_MB = 400


class SettingMissing(Exception):
    """A setting is missing or wrong; the message says which and how to set it."""


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """What the installation decides."""

    environment: str
    home: Path
    database_url: str
    secret_key: str
    keys: KeyRing
    documents: Path
    policy_folder: Path | None
    workers: int
    session_hours: int
    argon2_time_cost: int
    argon2_memory_kib: int
    rate_limit_storage: str
    https: bool
    backup_keys: BackupKeys | None  # None: no backup is made
    backups: Path
    backup_retention: Retention
    clock_back_days: int = 0
    timetable: Path | None = None  # None: the one that ships
    proxies: int = 0  # how many trusted ones stand before the pages
    mail_url: str = ""
    mail_to: tuple[str, ...] = ()
    mail_language: str = "zh_CN"
    metrics_token: str = ""
    public_url: str = ""
    dask_scheduler: str = ""  # address of a cluster's scheduler; empty: this machine alone works
    signing: Signing | None = None
    upload_mb: int = UPLOAD_MB

    @property
    def press(self) -> Press:
        """What statements are printed with."""
        return Press(self.documents, self.public_url, self.signing)

    @property
    def scratch(self) -> Path:
        """Where personal data lies in plain for a while (a drill's, a list's), its owner's alone."""
        return self.home / "scratch"

    @property
    def is_demo(self) -> bool:
        """Whether this is the demonstration: its pages say so."""
        return self.environment == "demo"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises SettingMissing with the name of what is wrong."""
    given = dict(os.environ if environ is None else environ)
    environment = _environment(given)
    home = Path(given.get("LTC_HOME", "instance")).resolve()
    if environment != "production":
        given = _with_local_keys(given, home)
    if environment == "demo":
        given = {**_kept(home / DEMO_FILE), **given}
    return Settings(
        environment=environment,
        home=home,
        database_url=_database_url(given, environment, home),
        secret_key=_secret(given, "LTC_SECRET_KEY"),
        keys=_key_ring(_required(given, "LTC_DATA_KEYS"), _required(given, "LTC_LOOKUP_KEY")),
        documents=Path(given.get("LTC_DOCUMENTS", str(home / "documents"))),
        policy_folder=_place(given, "LTC_POLICY", "folder of the law", Path.is_dir),
        workers=_whole(given, "LTC_WORKERS", os.cpu_count() or 1),
        session_hours=_whole(given, "LTC_SESSION_HOURS", 10),
        argon2_time_cost=_whole(given, "LTC_ARGON2_TIME_COST", 3),
        argon2_memory_kib=_whole(given, "LTC_ARGON2_MEMORY_KIB", 65_536),
        rate_limit_storage=given.get("LTC_RATE_LIMIT_STORAGE", "memory://"),
        clock_back_days=_clock_back_days(given, environment),
        https=given.get("LTC_HTTPS", "1" if environment == "production" else "0") == "1",
        public_url=_public_url(given.get("LTC_PUBLIC_URL", "")),
        dask_scheduler=_dask_scheduler(
            given.get("LTC_DASK_SCHEDULER", ""), _database_url(given, environment, home)
        ),
        signing=_signing(given),
        backup_keys=_backup_keys(given.get("LTC_BACKUP_KEYS", "")),
        backups=Path(given.get("LTC_BACKUPS", str(home / "backups"))),
        backup_retention=_retention(given.get("LTC_BACKUPS_KEPT", BACKUPS_KEPT)),
        timetable=_place(given, "LTC_TIMETABLE", "file of the scheduled tasks", Path.is_file),
        proxies=_whole(given, "LTC_PROXIES", 0, least=0),
        mail_url=_mail_url(given),
        mail_to=_mail_to(given),
        mail_language=_mail_language(given),
        metrics_token=given.get("LTC_METRICS_TOKEN", ""),
        upload_mb=_whole(given, "LTC_UPLOAD_MB", UPLOAD_MB),
    )


def _place(
    given: Mapping[str, str], name: str, what: str, is_there: Callable[[Path], bool]
) -> Path | None:
    """Read where something lies that also ships; None where nothing is said of it."""
    if not given.get(name):
        return None
    place = Path(given[name])
    if not is_there(place):
        raise SettingMissing(
            f"{name} names {place.absolute()}, which is no {what}. Put it there, name another, "
            f"or unset {name} to use the one that ships."
        )
    return place


def _mail_url(given: Mapping[str, str]) -> str:
    url = given.get("LTC_MAIL_URL", "")
    if not url:
        return ""
    if url.partition("://")[0] not in MAIL_SCHEMES or not _has_host(url):
        raise SettingMissing("LTC_MAIL_URL is not smtp://user:password@host:port (or smtps://).")
    if not given.get("LTC_MAIL_TO"):
        raise SettingMissing("LTC_MAIL_TO is not set: who is mailed, with commas between.")
    return url


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _mail_language(given: Mapping[str, str]) -> str:
    language = given.get("LTC_MAIL_LANGUAGE", MAIL_LANGUAGES[0])
    if language not in MAIL_LANGUAGES:
        raise SettingMissing(f"LTC_MAIL_LANGUAGE is not one of {', '.join(MAIL_LANGUAGES)}.")
    return language


def _mail_to(given: Mapping[str, str]) -> tuple[str, ...]:
    named = (part.strip() for part in given.get("LTC_MAIL_TO", "").split(","))
    return tuple(address for address in named if address)


def _environment(given: Mapping[str, str]) -> str:
    environment = given.get("LTC_ENV", "development")
    if environment not in ENVIRONMENTS:
        raise SettingMissing(f"LTC_ENV is {environment!r}; set one of {', '.join(ENVIRONMENTS)}.")
    return environment


def _database_url(given: Mapping[str, str], environment: str, home: Path) -> str:
    url = given.get("LTC_DATABASE_URL", "")
    if url and url.partition("://")[0] not in DATABASES:
        raise SettingMissing(
            "LTC_DATABASE_URL is not postgresql://user@host/name or sqlite:///file."
        )
    if url:
        return url
    if environment == "production":
        raise SettingMissing("LTC_DATABASE_URL is not set: postgresql://user@host/name.")
    return f"sqlite:///{home / 'ltc.db'}"


def _public_url(text: str) -> str:
    """Read the address under which the public reaches this installation; empty where there is none."""
    if text and not text.startswith(("https://", "http://")):
        raise SettingMissing("LTC_PUBLIC_URL is not an address: https://ltc.example.org.")
    return text.rstrip("/")


def _dask_scheduler(address: str, database_url: str) -> str:
    """Read where a cluster's scheduler is; empty where there is none.

    Tasks are code with a database's password: beyond this machine they go encrypted, or not at all.
    """
    if not address:
        return ""
    parts = urlsplit(address)
    is_here = parts.hostname in LOOPBACK
    if parts.scheme not in ("tls", "tcp") or not parts.hostname or not parts.port:
        raise SettingMissing(
            "LTC_DASK_SCHEDULER is not an address: tls://scheduler.example.org:8786."
        )
    if parts.scheme == "tcp" and not is_here:
        raise SettingMissing("LTC_DASK_SCHEDULER is on another machine: it must begin with tls://.")
    if database_url.startswith("sqlite") and not is_here:
        raise SettingMissing(
            "LTC_DASK_SCHEDULER is on another machine, which cannot reach an SQLite file: "
            "set LTC_DATABASE_URL to postgresql://…"
        )
    return address


def _signing(given: Mapping[str, str]) -> Signing | None:
    """Read what statements are signed with; None where nothing is said of it."""
    key, certificate = given.get("LTC_SIGNING_KEY", ""), given.get("LTC_SIGNING_CERTIFICATE", "")
    if bool(key) != bool(certificate):
        raise SettingMissing("LTC_SIGNING_KEY and LTC_SIGNING_CERTIFICATE belong together.")
    passphrase = given.get("LTC_SIGNING_PASSPHRASE", "")
    return Signing(Path(key), Path(certificate), passphrase) if key else None


def _required(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value:
        raise SettingMissing(f"{name} is not set. `flask keys make` prints a fresh set of keys.")
    return value


def _secret(given: Mapping[str, str], name: str) -> str:
    value = _required(given, name)
    if len(value) < SHORTEST_SECRET:
        raise SettingMissing(
            f"{name} has {len(value)} characters; whoever guesses it can sign in as anybody. "
            f"Take what `flask keys make` prints."
        )
    return value


def _whole(given: Mapping[str, str], name: str, default: int, least: int = 1) -> int:
    text = given.get(name, str(default))
    is_whole = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    if not is_whole or int(text) < least:
        wanted = f"a whole number from {least} to 999999"
        raise SettingMissing(f"{name} is {text!r}; it must be {wanted}.")
    return int(text)


def _key_ring(data_keys: str, lookup_key: str) -> KeyRing:
    keys = _keys("LTC_DATA_KEYS", data_keys)
    return KeyRing(next(iter(keys)), keys, _key("LTC_LOOKUP_KEY", lookup_key))


def _backup_keys(text: str) -> BackupKeys | None:
    if not text:
        return None
    keys = _keys("LTC_BACKUP_KEYS", text)
    return BackupKeys(next(iter(keys)), keys)


def _keys(name: str, text: str) -> dict[str, bytes]:
    """Read ``id:base64,id:base64``; the first key seals, all of them open."""
    pairs = [part.strip().partition(":") for part in text.split(",")]
    return {key_id: _key(name, key) for key_id, _, key in pairs}


def _retention(text: str) -> Retention:
    """Read how many days, weeks and months keep a backup: ``7,5,12``."""
    names = ("days", "weeks", "months")
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != len(names) or not all(p.isascii() and p.isdigit() for p in parts):
        raise SettingMissing(f"LTC_BACKUPS_KEPT is {text!r}; it names days, weeks, months: 7,5,12.")
    return Retention(**dict(zip(names, map(int, parts), strict=True)))


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingMissing(f"{name} must hold keys of {KEY_BYTES} bytes in base64.")
    return key


def make_keys() -> dict[str, str]:
    """Return a fresh set of keys, as they are written into the environment."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    return {
        "LTC_SECRET_KEY": secrets.token_urlsafe(KEY_BYTES),
        "LTC_DATA_KEYS": f"k1:{key()}",
        "LTC_LOOKUP_KEY": key(),
        "LTC_BACKUP_KEYS": f"b1:{key()}",
    }


def _with_local_keys(given: dict[str, str], home: Path) -> dict[str, str]:
    """Fill in the keys that are kept beside a local installation, making those that are missing."""
    given = {name: value for name, value in given.items() if value}
    path = home / "keys.env"
    known = {**_kept(path), **given}
    missing = [name for name in KEY_NAMES if name not in known]
    if missing:
        _keep(path, {name: value for name, value in make_keys().items() if name in missing})
    return {**_kept(path), **given}


def _keep(path: Path, values: Mapping[str, str]) -> None:
    """Add lines to a file that its owner alone can read, in one piece."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _kept(path: Path) -> dict[str, str]:
    """Return the lines ``NAME=value`` of a file; nothing where there is none.

    The first line of a name counts: of two processes that made it at once, both read the same.
    """
    if not path.exists():
        return {}
    lines = [line for line in path.read_text("utf-8").split("\n") if "=" in line]
    return dict(line.split("=", 1) for line in reversed(lines))


def keep_clock_back(home: Path, days: int) -> None:
    """Let every later process of the demonstration live so many days ago."""
    home.mkdir(parents=True, exist_ok=True)
    (home / DEMO_FILE).write_text(f"LTC_CLOCK_BACK_DAYS={days}\n", "utf-8")


def _clock_back_days(given: Mapping[str, str], environment: str) -> int:
    if not given.get("LTC_CLOCK_BACK_DAYS"):
        return 0
    if environment == "production":
        raise SettingMissing("LTC_CLOCK_BACK_DAYS is for the demonstration. Unset it.")
    return _whole(given, "LTC_CLOCK_BACK_DAYS", 0)
