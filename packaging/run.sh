#!/usr/bin/env bash
# Sets up everything that hl7console needs and starts the demo: bash packaging/run.sh
# Arguments are passed to hl7console instead of "demo": bash packaging/run.sh serve
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. packaging/environment.sh

make_environment packaging/requirements.lock hl7console-run.stamp

if (($#)); then exec .venv/bin/hl7console "$@"; fi

if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  say "No display was found, so the window cannot be shown. Running the demo without it for 15 seconds."
  exec .venv/bin/hl7console demo --headless --seconds 15
fi
if [ "$(uname -s)" = Linux ]; then need_packages "${QT_PACKAGES[@]}" || exit 1; fi
exec .venv/bin/hl7console demo
