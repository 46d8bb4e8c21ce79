#!/usr/bin/env bash
# Sets up everything and runs all checks off screen: bash packaging/test.sh
#   --full   also the long counts: twenty kills, ten minutes of fuzzing, coverage per file
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/environment.sh

full=0
for argument in "$@"; do
  case $argument in
    --full) full=1 ;;
    *) die "Unknown argument: $argument. The only one is --full." ;;
  esac
done

make_environment packaging/requirements-test.lock hl7console-test.stamp
if [ "$(uname -s)" = Linux ]; then need_packages "${QT_PACKAGES[@]}" xvfb xauth openssl dcmtk || exit 1; fi

export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
export PATH=$PWD/.venv/bin:$PATH
# The same inputs in every run, so that a run fails for its change only; --full goes on searching.
fuzz=(--seconds 60 --seed 2026)
if ((full)); then
  export HL7CONSOLE_FULL=1
  fuzz=(--seconds 600)
fi

step() { printf '\n== %s\n' "$*"; }

step "ruff"
ruff check .
ruff format --check .
step "mypy"
mypy
step "import contracts"
lint-imports
step "fuzzing: ${fuzz[*]}"
python tests/benchmarks/fuzz.py "${fuzz[@]}"
if ((full)); then
  step "coverage per file of the pure packages"
  python packaging/coverage_per_file.py
fi
step "tests"
exec pytest -q -n "${HL7CONSOLE_TEST_JOBS:-2}" --dist loadfile
