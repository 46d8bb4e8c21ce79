#!/usr/bin/env bash
# Renews the lock files (versions and hashes for every platform) from pyproject.toml. Needs uv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
compile() {
  uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 \
    --no-emit-index-url --no-header --quiet --upgrade "$@"
}
compile --extra checkout -o packaging/requirements.lock
compile --extra checkout --extra test -o packaging/requirements-test.lock
