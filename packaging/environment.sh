# Sourced by run.sh and test.sh: makes a Python environment in .venv and sees to the system libraries.
# Every step is skipped when it is already done, so that a second start takes no time.

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# What Qt's xcb platform and its fonts need beyond Debian's base.
QT_PACKAGES=(
  libegl1 libgl1 libfontconfig1 libdbus-1-3 libglib2.0-0 libxkbcommon0 libxkbcommon-x11-0
  libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
  libxcb-render-util0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 fonts-dejavu-core
)

is_debian() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

is_installed() {
  # Ubuntu 24.04 renamed some libraries with a t64 at the end.
  dpkg-query -W -f '${Status}\n' "$1" "$1t64" 2>/dev/null | grep -q '^install ok installed'
}

# need_packages NAME...: installs what is missing, or prints the command that does and returns 1.
need_packages() {
  is_debian || return 0
  local name missing=()
  for name in "$@"; do is_installed "$name" || missing+=("$name"); done
  ((${#missing[@]})) || return 0
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      say "These system packages are missing, and this user may not install them. Please run:"
      say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
      return 1
    fi
  fi
  say "Installing system packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${missing[@]}" >/dev/null
}

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

# make_environment LOCKFILE STAMP: .venv with exactly the locked packages and this checkout.
make_environment() {
  local lock=$1 stamp=.venv/$2 python want
  want=$(cat "$lock" pyproject.toml | cksum)
  if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then return 0; fi
  python=$(find_python) || {
    if is_debian; then need_packages python3 || exit 1; fi
    python=$(find_python) || die "hl7console needs Python 3.11 or newer. Install it, or set PYTHON to its path."
  }
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if is_debian; then
      need_packages "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" || exit 1
    else
      die "This Python has no venv module with pip in it. Install your system's python venv package."
    fi
  fi
  say "Setting up the Python environment in .venv (this happens once)."
  # A broken or half-made environment is made anew.
  .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" >&2
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation \
    --no-deps -e . >&2
  .venv/bin/python -m compileall -q hl7console >/dev/null 2>&1 || true
  printf '%s' "$want" > "$stamp"
}
