# Sourced by the checks: where their tools are kept, and how Python's are fetched.
# Tools come with pinned versions, so that a check says tomorrow what it says today.

tools="${CARGO_TARGET_DIR:-$PWD/target}/check-tools"
mkdir -p "$tools"

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

# systemd_tools: has the shell find `systemd-analyze`; Debian's, when the machine has none.
systemd_tools() {
  if command -v systemd-analyze >/dev/null; then return; fi
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || {
    echo "systemd-analyze is needed and not found: install systemd"
    return 1
  }
  apt-get update --quiet >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends \
    systemd >/dev/null
}

# chromium_tools: has the shell find `chromium`; Debian's, when the machine has none.
chromium_tools() {
  if command -v chromium >/dev/null; then return; fi
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || {
    echo "chromium is needed and not found: install it"
    return 1
  }
  apt-get update --quiet >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends \
    chromium fonts-dejavu-core >/dev/null
}

# node_tools NAME PACKAGE@VERSION...: installs them into a folder of their own, once; that folder is
# in $node_folder then. Node is Debian's, when the machine has none.
node_tools() {
  command -v node >/dev/null && command -v npm >/dev/null || {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || {
      echo "node and npm are needed and not found: install Node 18 or newer"
      return 1
    }
    apt-get update --quiet >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends \
      nodejs npm >/dev/null
  }
  node_folder="$tools/$1"
  shift
  local wanted="$*"
  if [ "$(cat "$node_folder/.requirements" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$node_folder" && mkdir -p "$node_folder"
    npm install --prefix "$node_folder" --no-audit --no-fund --ignore-scripts --loglevel=error "$@"
    printf '%s' "$wanted" >"$node_folder/.requirements"
  fi
}
