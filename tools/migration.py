"""Write a migration: the difference between the newest revision and the tables of the code.

The revision is numbered (0001, 0002, …) and named in ``migrations/HEAD``, so that two branches
that each add one collide in git and not in production.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from ltc.store import db, migrations

FOLDER = migrations.FOLDER
HEAD = FOLDER / "HEAD"


def main(message: str) -> None:
    newest = migrations.newest_version()
    number = f"{int(newest) + 1 if newest.isdigit() else 1:04d}"
    with tempfile.TemporaryDirectory() as scratch:
        engine = db.create_engine(f"sqlite:///{Path(scratch) / 'scratch.sqlite3'}")
        migrations.upgrade(engine)
        with engine.connect() as connection:
            command.revision(
                migrations.config_for(connection), message, autogenerate=True, rev_id=number
            )
        engine.dispose()
    HEAD.write_text(f"{number}\n")
    ruff = Path(sys.executable).with_name("ruff")
    for job in (["check", "--quiet", "--fix"], ["format", "--quiet"]):
        subprocess.run([ruff, *job, FOLDER / "versions"], check=True)
    print("Read it, then run: make test ARGS=tests/house/test_migrations.py")


if __name__ == "__main__":
    main(sys.argv[1])
