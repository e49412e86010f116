#!/bin/sh
# Scans the recorded takeover, shows what sekisho makes of it, and holds that
# against what really happened. Exit status 0: all claims hold.
set -u
sekisho=$1
here=examples/eight-minutes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

echo "\$ sekisho scan $here/logs"
"$sekisho" scan "$here/logs"
[ $? -eq 10 ] || { echo "demo: scan was expected to find incidents (exit status 10)"; exit 1; }

"$sekisho" scan "$here/logs" --format json --out "$work/report.json"
[ $? -eq 10 ] || { echo "demo: scan --format json was expected to find incidents (exit status 10)"; exit 1; }
echo
echo "Held against $here/truth.json:"
go run ./cmd/sekisho-gen verify "$work/report.json" "$here/truth.json"
