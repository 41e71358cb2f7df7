#!/bin/sh
# Write a migration from the difference between the tables of the code and the newest revision,
# and name it in migrations/HEAD, so that two branches collide in git and not in production.
set -eu
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export LTC_DATABASE_URL="sqlite:///$scratch/scratch.sqlite3"
.venv/bin/alembic upgrade head
.venv/bin/alembic revision --autogenerate -m "$1"
.venv/bin/ruff check --quiet --fix migrations/versions
.venv/bin/ruff format --quiet migrations/versions
.venv/bin/alembic heads | cut -d' ' -f1 >migrations/HEAD
echo "migration: read it, then run: make test ARGS=tests/house/test_migrations.py"
