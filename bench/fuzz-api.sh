#!/bin/sh
# Holds a running service against its contract, console/openapi.yaml, with requests that
# a fuzzer makes out of it: no server error, no undocumented answer, nothing that does not
# fit its schema. The live feed never ends and is left to its own tests.
#
#   sh bench/fuzz-api.sh BINARY SCHEMATHESIS
set -eu
binary=$1 fuzzer=$2
work=$(mktemp -d)
export SEKISHO_INGEST_TOKEN=ingest-token-of-a-fuzzer SEKISHO_ADMIN_TOKEN=admin-token-of-a-fuzzer
"$binary" serve --data "$work/data" --listen 127.0.0.1:0 --watch examples/eight-minutes/logs 2>"$work/log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
url=
for _ in $(seq 100); do
	url=$(sed -n 's/.*msg=ready address=\(http[^ ]*\).*/\1/p' "$work/log")
	[ -n "$url" ] && break
	sleep 0.1
done
[ -n "$url" ] || { echo "the service did not start:"; cat "$work/log"; exit 1; }
sleep 5 # until there are incidents to ask for
# 503 is in the contract, for what the service does not take now; any other server error
# is a defect, and so is a 503 where the contract does not name it.
cat >"$work/schemathesis.toml" <<'END'
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 503]
END
run() {
	if "$fuzzer" --config-file "$work/schemathesis.toml" run console/openapi.yaml --url "$url" -H "Authorization: Bearer $SEKISHO_ADMIN_TOKEN" --rate-limit 40/s --max-time 60 --seed 1 \
		--phases examples,coverage,fuzzing --request-timeout 20 --warnings off "$@" >"$work/out" 2>&1; then
		grep -E 'generated' "$work/out"
		sed -n 's/^ *\([0-9]*\) generated.*/\1/p' "$work/out" >>"$work/cases"
		return 0
	fi
	cat "$work/out"
	return 1
}
status=0
# What may be delivered are records of a vendor, which this contract does not describe:
# that a body of the right form is refused is no defect there.
echo "== everything but deliveries and the live feed"
run --exclude-path /v1/stream --exclude-path '/v1/ingest/{source}' || status=1
echo "== deliveries"
run --include-path '/v1/ingest/{source}' --exclude-checks positive_data_acceptance || status=1
kill -0 $server || { echo "the service ended:"; tail -20 "$work/log"; exit 1; }
if grep -q 'panic' "$work/log"; then echo "it panicked:"; grep -A20 panic "$work/log"; status=1; fi
awk '{ n += $1 } END { print n + 0 " cases in all" }' "$work/cases" 2>/dev/null || true
[ $status -eq 0 ] && echo "no server error, and nothing that the contract does not say"
exit $status
