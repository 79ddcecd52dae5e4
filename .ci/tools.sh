# Sourced by the checks: where their tools are kept, and how Python's are fetched.
# Tools come with pinned versions, so that a check says tomorrow what it says today.

tools="${CARGO_TARGET_DIR:-$PWD/target}/check-tools"
mkdir -p "$tools"

# python_tools NAME REQUIREMENT...: installs them into a folder of their own, once, and has `python3`
# and the shell find them.
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
