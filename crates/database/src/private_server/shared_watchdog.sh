# Ends the server that test processes share when nobody has used it for a while.
# $1: the shared folder, with users/<pid> of every user. $2: seconds without a user.
# A user first enters its pid and then looks for `closing`; we first make `closing` and then look
# for users: so either they see us, or we see them.
home="$1/server" data="$1/server/data" idle=0
any_user() {
  for user in "$1/users"/*; do
    [ -e "$user" ] || continue
    if kill -0 "${user##*/}" 2>/dev/null; then return 0; fi
    rm -f "$user"
  done
  return 1
}
is_running() {
  [ -s "$data/postmaster.pid" ] && pid=$(head -n 1 "$data/postmaster.pid") &&
    kill -0 "$pid" 2>/dev/null &&
    { [ ! -e "/proc/$pid/cwd" ] || [ "$(readlink "/proc/$pid/cwd")" = "$data" ]; }
}
while is_running; do
  if any_user "$1"; then
    idle=0
  elif [ "$idle" -ge "$2" ]; then
    : >"$1/closing"
    any_user "$1" || break
    rm -f "$1/closing"
  else
    idle=$((idle + 1))
  fi
  sleep 1
done
: >"$1/closing"
for signal in INT QUIT KILL; do
  is_running || break
  kill -s "$signal" "$pid" 2>/dev/null
  tries=0
  while [ "$tries" -lt 100 ] && is_running; do sleep 0.1; tries=$((tries + 1)); done
done
rm -rf "$home"
rm -f "$1/closing"
