#!/usr/bin/env bash
# Fuzzes a running API from its own OpenAPI document, with schemathesis (PyPI): no 5xx, no answer
# that the document does not describe, no bad request that is taken.
#
# Starts everything itself: a private PostgreSQL, the schema, a key, a small shop, `stevedore api`.
# FUZZ_SECONDS (default 60) bounds the time, FUZZ_SEED repeats a run. Five minutes are the end of it
# in any case.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
version=4.32.5

. .ci/tools.sh
if [ -z "${STEVEDORE_FUZZ_BINARY:-}" ]; then
  stevedore_program
  export STEVEDORE_FUZZ_BINARY="$STEVEDORE_BIN"
  # Runs this script again with DATABASE_URL naming a database on a server of its own, whatever
  # DATABASE_URL named before: nobody's data is fuzzed.
  with_private_server "$here/fuzz-api.sh"
fi

python_tools schemathesis "schemathesis==$version"

work=$(mktemp -d)
api=
finish() {
  status=$?
  trap - EXIT
  [ -z "$api" ] || { kill "$api" 2>/dev/null; wait "$api" 2>/dev/null; } || true
  if [ "$status" != 0 ]; then
    echo "--- the API's log:" >&2
    grep -v ' INFO ' "$work/api.log" | tail -n 30 >&2 || true
  fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Orders need something to be ordered. Without psql every order is refused as unknown_sku.
psql=
for program in "${STEVEDORE_POSTGRES_BIN:-/nowhere}/psql" psql /usr/lib/postgresql/*/bin/psql; do
  command -v "$program" >/dev/null 2>&1 && psql=$program && break
done
if [ -n "$psql" ]; then
  "$psql" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file "$here/shop.sql" \
    "$DATABASE_URL" >/dev/null
else
  echo "no psql: fuzzing an empty shop" >&2
fi

key=$("$STEVEDORE_FUZZ_BINARY" keys create --name fuzz --scope admin 2>"$work/api.log" |
  grep -o 'stv_[0-9a-f]*_[0-9a-f]*' | head -n 1)
[ -n "$key" ] || { echo "stevedore keys create printed no key" >&2; exit 1; }

# Guessed keys and links are what it is fuzzed with: they must get further than the limit.
STEVEDORE_API_BIND=127.0.0.1:0 STEVEDORE_API_RATE_LIMIT_ADDRESS=off \
  "$STEVEDORE_FUZZ_BINARY" api >"$work/api.out" 2>"$work/api.log" &
api=$!
url=
for _ in $(seq 300); do
  url=$(sed -n 's|^stevedore api listening on \(http://.*\)$|\1|p' "$work/api.out")
  [ -z "$url" ] || break
  kill -0 "$api" 2>/dev/null || { echo "stevedore api ended before it listened" >&2; exit 1; }
  sleep 0.1
done
[ -n "$url" ] || { echo "stevedore api did not listen within 30 s" >&2; exit 1; }

cd "$work"
# positive_data_acceptance is off: whether a SKU exists and a price is right no schema can say.
timeout --kill-after=10 300 st run "$url/api/openapi.json" \
  --header "Authorization: Bearer $key" \
  --exclude-checks positive_data_acceptance \
  --max-time "${FUZZ_SECONDS:-60}" \
  ${FUZZ_SEED:+--seed "$FUZZ_SEED"} \
  --no-color
kill -0 "$api" || { echo "the API did not survive" >&2; exit 1; }
