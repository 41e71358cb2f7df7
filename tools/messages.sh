#!/bin/sh
# Collect the words of code and templates, bring the catalogues up to date, compile them.
# `tools/messages.sh collect FILE` only collects, and writes the words into FILE.
set -eu
cd "$(dirname "$0")/.."

# Babel reads zh_CN as zh_Hans_CN, and looks for a folder of that name.
catalogues=translations
pybabel() { .venv/bin/python -m babel.messages.frontend -q "$@"; }
collect() {
  pybabel extract -F pyproject.toml -k _l -k N_ -k lazy_gettext --no-location --sort-output \
    --project "long-term care" --version 0.1 -o "$1" .
}

if [ "${1:-}" = collect ]; then
  collect "$2"
  exit
fi

mkdir -p $catalogues
collect $catalogues/messages.pot
if [ -d $catalogues/zh_Hans_CN ]; then
  # Without the date of collecting: nothing differs where no word has changed.
  pybabel update -i $catalogues/messages.pot -d $catalogues --width 100 --no-fuzzy-matching \
    --ignore-obsolete --ignore-pot-creation-date
else
  pybabel init -i $catalogues/messages.pot -d $catalogues -l zh_Hans_CN --width 100
fi
pybabel compile -d $catalogues
