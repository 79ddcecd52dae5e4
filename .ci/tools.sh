# Sourced by the checks: where their tools are kept, and how Python's are fetched.
# Tools come with pinned versions, so that a check says tomorrow what it says today.

target="${CARGO_TARGET_DIR:-$PWD/target}/debug"
tools="${CARGO_TARGET_DIR:-$PWD/target}/check-tools"
mkdir -p "$tools"

# built ARGUMENTS...: `cargo build`, unless `make test` has just built everything (.ci/run says so):
# parts of the workspace have other features than the whole, so they would be compiled anew.
built() {
  [ -n "${ALL_IS_BUILT:-}" ] || cargo build --locked --quiet "$@"
}

# stevedore_program: has $STEVEDORE_BIN name the program, built if nobody has named one.
stevedore_program() {
  if [ -z "${STEVEDORE_BIN:-}" ]; then
    built --package stevedore-cli
    export STEVEDORE_BIN="$target/stevedore"
  fi
}

# with_private_server COMMAND...: becomes it, with DATABASE_URL naming a fresh database.
with_private_server() {
  built -p stevedore-database --example with_private_server
  exec "$target/examples/with_private_server" "$@"
}

# python_tools NAME REQUIREMENT...: installs them into a folder of their own, once, and has
# `python3` and the shell find them.
python_tools() {
  local folder="$tools/$1"
  shift
  local wanted="$*"
  if [ "$(cat "$folder/.requirements" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$folder"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
      --target "$folder" "$@"
    printf '%s' "$wanted" >"$folder/.requirements"
  fi
  export PYTHONPATH="$folder${PYTHONPATH:+:$PYTHONPATH}" PATH="$folder/bin:$PATH"
}

# prometheus_tools: has the shell find `prometheus`, `promtool` and `amtool`; those of the machine
# if it has them, else Debian's, unpacked and not installed.
prometheus_tools() {
  if command -v prometheus >/dev/null && command -v promtool >/dev/null &&
    command -v amtool >/dev/null; then return; fi
  local folder="$tools/prometheus"
  if [ ! -x "$folder/usr/bin/amtool" ]; then
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || {
      echo "prometheus, promtool and amtool are needed: install Prometheus 2.42 and Alertmanager"
      return 1
    }
    rm -rf "$folder" && mkdir -p "$folder/download"
    # The package lists may be missing or old; refreshing them needs root.
    local packages=(prometheus prometheus-alertmanager)
    (cd "$folder/download" && apt-get download --quiet "${packages[@]}" >/dev/null 2>&1) ||
      (apt-get update --quiet >/dev/null && cd "$folder/download" &&
        apt-get download --quiet "${packages[@]}" >/dev/null)
    for package in "$folder"/download/*.deb; do dpkg -x "$package" "$folder"; done
  fi
  export PATH="$folder/usr/bin:$PATH"
}

# blackbox_tools: has the shell find `prometheus-blackbox-exporter`; Debian's, unpacked, where the
# machine has none. Needs prometheus_tools before it, which has the package lists refreshed.
blackbox_tools() {
  if command -v prometheus-blackbox-exporter >/dev/null; then return; fi
  local folder="$tools/blackbox"
  if [ ! -x "$folder/usr/bin/prometheus-blackbox-exporter" ]; then
    rm -rf "$folder" && mkdir -p "$folder/download"
    local package=prometheus-blackbox-exporter
    (cd "$folder/download" && apt-get download --quiet "$package" >/dev/null 2>&1) ||
      (apt-get update --quiet >/dev/null && cd "$folder/download" &&
        apt-get download --quiet "$package" >/dev/null)
    for package in "$folder"/download/*.deb; do dpkg -x "$package" "$folder"; done
  fi
  export PATH="$folder/usr/bin:$PATH"
}

# debian_packages COMPLAINT PACKAGE...: installs them, or says what is missing where that can't be.
debian_packages() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || {
    echo "$1"
    return 1
  }
  apt-get update --quiet >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends \
    "${@:2}" >/dev/null
}

# systemd_tools: has the shell find `systemd-analyze`; Debian's, when the machine has none.
systemd_tools() {
  if command -v systemd-analyze >/dev/null; then return; fi
  debian_packages "systemd-analyze is needed and not found: install systemd" systemd
}

# ip_tools: has the shell find `ip` and `ps`.
ip_tools() {
  if command -v ip >/dev/null && command -v ps >/dev/null; then return; fi
  debian_packages "ip and ps are needed and not found: install iproute2 and procps" iproute2 procps
}

# pgbouncer_tools: names in $PGBOUNCERS, with a comma between them, Debian's PgBouncers of two
# releases: 1.18, and 1.24 which carries prepared statements. Each comes with the libraries of its
# release, so that both run on any machine.
pgbouncer_tools() {
  export PGBOUNCERS=
  local release program
  for release in bookworm trixie; do
    program="$tools/pgbouncer-$release/pgbouncer"
    [ -x "$program" ] || fetch_pgbouncer "$release" || return 1
    PGBOUNCERS="${PGBOUNCERS:+$PGBOUNCERS,}$program"
  done
}

fetch_pgbouncer() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || {
    echo "the PgBouncers that are tested are Debian's, and there is no apt-get"
    return 1
  }
  local folder="$tools/pgbouncer-$1"
  rm -rf "$folder" && mkdir -p "$folder/lists/partial" "$folder/cache" "$folder/root"
  # Lists of its own, and nothing installed: the machine's packages are of one release.
  touch "$folder/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
    "http://deb.debian.org/debian $1 main" >"$folder/sources.list"
  local own=(-o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache"
    -o "Dir::State::status=$folder/status" -o Acquire::Languages=none
    -o APT::Sandbox::User=root)
  apt-get -qq "${own[@]}" update >/dev/null
  local libraries
  libraries=$(apt-cache "${own[@]}" depends --recurse --important pgbouncer |
    grep -E '^(lib|zlib)' | grep -vE '^lib(perl|python|json-perl|.*-perl)' | sort -u)
  (cd "$folder/root" && apt-get -qq "${own[@]}" download pgbouncer $libraries >/dev/null &&
    for package in *.deb; do dpkg -x "$package" . && rm "$package"; done)
  rm -rf "$folder/lists" "$folder/cache"
  cat >"$folder/pgbouncer" <<'END'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
libraries=$(find "$root" -type d -name '*-linux-gnu' | paste -sd:)
loader=$(find "$root" -name 'ld-linux-*.so.*' | head -n 1)
exec "$loader" --library-path "$libraries" "$root/usr/sbin/pgbouncer" "$@"
END
  chmod -R a+rX "$folder" && chmod +x "$folder/pgbouncer"
}

# chromium_tools: has the shell find `chromium`; Debian's, when the machine has none.
chromium_tools() {
  if command -v chromium >/dev/null; then return; fi
  debian_packages "chromium is needed and not found: install it" chromium fonts-dejavu-core
}

# node_tools NAME PACKAGE@VERSION...: installs them into a folder of their own, once; that folder is
# in $node_folder then. Node is Debian's, when the machine has none.
node_tools() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    debian_packages "node and npm are needed and not found: install Node 18 or newer" nodejs npm
  fi
  node_folder="$tools/$1"
  shift
  local wanted="$*"
  if [ "$(cat "$node_folder/.requirements" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$node_folder" && mkdir -p "$node_folder"
    npm install --prefix "$node_folder" --no-audit --no-fund --ignore-scripts --loglevel=error "$@"
    printf '%s' "$wanted" >"$node_folder/.requirements"
  fi
}
