#!/bin/sh
# Scans the recorded takeover, shows what sekisho makes of it, and holds that
# against what really happened; then feeds it to the service as if it happened now,
# and sees when the decision is there. Exit status 0: all claims hold.
set -u
sekisho=$1
here=examples/eight-minutes
work=$(mktemp -d)
service=
stop() {
	[ -n "$service" ] && kill "$service" 2>/dev/null && wait "$service" 2>/dev/null
	rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' INT TERM

echo "\$ sekisho scan $here/logs"
"$sekisho" scan "$here/logs"
[ $? -eq 10 ] || { echo "demo: scan was expected to find incidents (exit status 10)"; exit 1; }

"$sekisho" scan "$here/logs" --format json --out "$work/report.json"
[ $? -eq 10 ] || { echo "demo: scan --format json was expected to find incidents (exit status 10)"; exit 1; }
echo
echo "Held against $here/truth.json:"
go run ./cmd/sekisho-gen verify "$work/report.json" "$here/truth.json" || exit 1

echo
echo "\$ sekisho serve &    # and the same records over HTTP, as if they happened now"
go build -o "$work/live" ./examples/live || exit 1
SEKISHO_INGEST_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
SEKISHO_ADMIN_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export SEKISHO_INGEST_TOKEN SEKISHO_ADMIN_TOKEN
"$sekisho" serve --data "$work/data" --listen 127.0.0.1:0 2>"$work/serve.log" &
service=$!
url=
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	url=$(sed -n 's/.*address=\(http:[^ ]*\).*/\1/p' "$work/serve.log" | head -1)
	[ -n "$url" ] && break
	sleep 0.5
done
[ -n "$url" ] || { echo "demo: the service did not start:"; cat "$work/serve.log"; exit 1; }
"$work/live" -url "$url" -recording "$here" || { cat "$work/serve.log"; exit 1; }
echo
echo "\$ sekisho incidents"
"$sekisho" incidents --url "$url" --since 876000h --severity medium || exit 1
