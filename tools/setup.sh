#!/bin/sh
# Set up everything that running (`setup.sh run`) or testing (`setup.sh test`) needs.
#
# Compiles the catalogues of words too. Safe to call again: where nothing is missing, nothing is said
# and nothing is done. Python packages go into .venv from the hashed locks; system packages come from
# apt where we are root, and are named in one line to paste where we are not. Nothing is changed
# before all that is missing is known to be obtainable.
#
#   PYTHON=/path/to/python3.12   use this Python
#   LTC_SETUP_PIP=1              use plain pip even where uv is present
set -eu
cd "$(dirname "$0")/.."

purpose=${1:-run}
case $purpose in
  run) locks="requirements.txt" ;;
  test) locks="requirements.txt requirements-dev.txt" ;;
  *) echo "usage: tools/setup.sh run|test" >&2; exit 2 ;;
esac
venv_python=.venv/bin/python
stamp=.venv/setup-$purpose.stamp

# Looking leaves nothing behind: make keeps compiled modules in .venv, which may not be there yet.
compiled_modules=${PYTHONPYCACHEPREFIX:-}
unset PYTHONPYCACHEPREFIX

log=$(mktemp)
trap 'rm -f "$log"' EXIT

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- what is there ---------------------------------------------------------------------------

is_right_python() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null
}

find_python() {
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if has "$candidate" && is_right_python "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
}

can_load() { # a shared library, the way WeasyPrint opens it
  "$python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" 2>/dev/null
}

has_pip() { [ -x $venv_python ] && $venv_python -c 'import pip' 2>/dev/null; }

uses_uv() { [ -z "${LTC_SETUP_PIP:-}" ] && has uv; }

fingerprint() { # of locks and of the Python they were installed for
  $venv_python -c '
import hashlib, pathlib, sys
digest = hashlib.sha256(sys.version.encode())
for name in sys.argv[1:]:
    digest.update(pathlib.Path(name).read_bytes())
print(digest.hexdigest())' "$@"
}

is_installed() {
  [ -f "$stamp" ] && is_right_python $venv_python && [ "$(fingerprint $locks)" = "$(cat "$stamp")" ]
}

list_missing_packages() {
  if [ -z "$python" ]; then
    echo python3 python3-venv
  elif ! is_installed && ! uses_uv && ! has_pip && ! "$python" -c 'import ensurepip, venv; ensurepip.version' 2>/dev/null; then
    "$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])'
  fi
  if [ "$(uname)" = Linux ]; then
    if [ -z "$python" ]; then
      echo libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
    else
      can_load libpango-1.0.so.0 || echo libpango-1.0-0
      can_load libpangoft2-1.0.so.0 || echo libpangoft2-1.0-0
      can_load libharfbuzz-subset.so.0 || echo libharfbuzz-subset0
    fi
  fi
  if [ "$purpose" = test ]; then
    has chromium || [ -x /usr/bin/chromium ] || echo chromium
    has pdftotext || echo poppler-utils
    if [ "$(uname)" = Linux ]; then # the program that drives the browser needs it
      { [ -n "$python" ] && can_load libatomic.so.1; } || echo libatomic1
    fi
  fi
}

# --- what it takes ---------------------------------------------------------------------------

install_system_packages() {
  install_line="apt-get update && apt-get install -y --no-install-recommends $missing"
  if ! has apt-get; then
    fail "missing from the system: $missing (Debian's names). Install them and call again; nothing was changed."
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "setup: some system packages are missing; nothing was changed. Paste this line and call again:" >&2
    echo "sudo sh -c '$install_line'" >&2
    exit 1
  fi
  say "installing from apt: $missing"
  apt-get update -qq >"$log" 2>&1 || true
  # shellcheck disable=SC2086 # the names are words of a list
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
    >>"$log" 2>&1 </dev/null; then
    grep -E '^(E|Err):?' "$log" | tail -n 3 >&2 || true
    fail "missing from the system and not to be had from apt (is there a network?): $missing. Nothing was changed."
  fi
}

make_venv() {
  say "making .venv with $("$python" --version)"
  if uses_uv; then
    uv venv -q --python "$python" .venv
  else
    "$python" -m venv .venv
  fi
}

install_python_packages() {
  set --
  for lock in $locks; do set -- "$@" -r "$lock"; done
  say "installing Python packages from $(echo $locks | sed 's/ / and /')"
  if uses_uv; then
    uv pip install -q --python $venv_python --require-hashes "$@" >"$log" 2>&1
  else
    has_pip || $venv_python -m ensurepip >"$log" 2>&1 || return 1
    $venv_python -m pip install -q --disable-pip-version-check --no-input --retries 2 \
      --require-hashes "$@" >"$log" 2>&1
  fi
}

# pip and uv fetch everything before they install anything, so a failure leaves .venv as it was;
# one that was made just now is taken away again.
set_up_python() {
  made=
  if [ ! -x $venv_python ] || ! is_right_python $venv_python; then
    rm -rf .venv
    made=1
    make_venv || { rm -rf .venv; fail "could not make .venv; nothing was changed."; }
  fi
  if ! install_python_packages; then
    grep -iE '^(ERROR|error|  [×╰])' "$log" | tail -n 2 >&2 || true
    [ -z "$made" ] || rm -rf .venv
    fail "Python packages are missing and could not be fetched (is there a network?). This folder was left as it was."
  fi
  fingerprint $locks >"$stamp"
  fingerprint requirements.txt >.venv/setup-run.stamp # what runs is part of what tests
  say "ready"
}

# ---------------------------------------------------------------------------------------------

python=$(find_python)
if [ -z "$python" ] && has python3; then
  fail "Python 3.11 to 3.14 is needed, and python3 here is $(python3 --version 2>&1). Name another: make setup PYTHON=/path/to/python3.12. Nothing was changed."
fi
missing=$(list_missing_packages | tr '\n' ' ' | sed 's/ *$//')
if [ -n "$missing" ]; then
  install_system_packages
  python=$(find_python)
  missing=$(list_missing_packages | tr '\n' ' ')
  [ -z "$missing" ] || fail "installed from apt, and still not to be found: $missing"
fi
[ -n "$python" ] || fail "Python 3.11 to 3.14 is needed, and apt's is $(python3 --version 2>&1)."
if ! is_installed; then
  [ -z "$compiled_modules" ] || export PYTHONPYCACHEPREFIX="$compiled_modules"
  set_up_python
fi
for catalogue in translations/*/LC_MESSAGES/messages.po; do
  compiled=${catalogue%.po}.mo
  if [ -f "$catalogue" ] && { [ ! -f "$compiled" ] || [ "$catalogue" -nt "$compiled" ]; }; then
    .venv/bin/pybabel -q compile -i "$catalogue" -o "$compiled"
  fi
done
