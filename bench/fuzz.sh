#!/bin/sh
# Runs every fuzz test of the module for the time given, one after another.
set -eu
for dir in $(go list -f '{{.Dir}}' ./...); do
	for name in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go 2>/dev/null | cut -d' ' -f2); do
		echo "$dir $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "${1:-20s}" -fuzzminimizetime 20x -parallel 2 "$dir"
	done
done
