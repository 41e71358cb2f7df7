#!/bin/sh
# Write the hashed locks from the three short lists of requirements (needs uv on the path or in .venv).
set -eu
cd "$(dirname "$0")/.."

if [ -x .venv/bin/uv ]; then uv=.venv/bin/uv; else uv=$(command -v uv || true); fi
[ -n "$uv" ] || { echo "lock: uv is needed once for this: .venv/bin/pip install uv" >&2; exit 1; }

for name in requirements requirements-dask requirements-dev; do
  echo "lock: $name.txt"
  "$uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
    --no-emit-index-url --no-emit-find-links "$name.in" -o "$name.txt" "$@"
done
