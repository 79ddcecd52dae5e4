# Ends a private server when its owner is gone, however that went. Reads standard input, a pipe
# whose other end only the owner has: a line means that the owner has cleaned up; the end of the
# pipe without a line means that the owner died.
# $1: the server's folder. $2: its data directory. $3: `keep` when the data belong to somebody.
if read -r _; then exit 0; fi
is_running() {
  [ -s "$2/postmaster.pid" ] && pid=$(head -n 1 "$2/postmaster.pid") &&
    kill -0 "$pid" 2>/dev/null &&
    { [ ! -e "/proc/$pid/cwd" ] || [ "$(readlink "/proc/$pid/cwd")" = "$2" ]; }
}
for signal in INT QUIT KILL; do
  is_running "$@" || break
  kill -s "$signal" "$pid" 2>/dev/null
  tries=0
  while [ "$tries" -lt 100 ] && is_running "$@"; do sleep 0.1; tries=$((tries + 1)); done
done
[ "$3" = keep ] || rm -rf "$2"
rm -rf "$1"
