#!/bin/sh
# Collect the words of code and templates, bring the catalogues up to date, compile them.
set -eu
cd "$(dirname "$0")/.."

catalogues=translations
pybabel() { .venv/bin/python -m babel.messages.frontend -q "$@"; }

mkdir -p $catalogues
pybabel extract -F pyproject.toml -k _l -k N_ -k lazy_gettext --no-location --sort-output \
  --project "long-term care" -o $catalogues/messages.pot .
if [ -d $catalogues/zh_CN ]; then
  pybabel update -i $catalogues/messages.pot -d $catalogues --no-fuzzy-matching --ignore-obsolete
else
  pybabel init -i $catalogues/messages.pot -d $catalogues -l zh_CN
fi
pybabel compile -d $catalogues
