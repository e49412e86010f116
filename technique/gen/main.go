// Command gen writes technique/table.tsv from two published lists of technique
// ids and the map of ids that ATT&CK v19 changed. Run it through go generate in
// package technique, with the folder that holds the lists as its argument:
//
//	SEKISHO_TECHNIQUES=DIR go generate ./technique
//
// Only ids, names and tactics are taken; no description is.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	dir := os.Getenv("SEKISHO_TECHNIQUES")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data", "techniques")
	}
	table, err := build(dir)
	if err == nil {
		err = os.WriteFile("table.tsv", table, 0o644)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "write technique table: %v; set SEKISHO_TECHNIQUES to the folder that holds attack-18.1.tsv, atlas.tsv and attack-18-to-19.tsv\n", err)
		os.Exit(1)
	}
}

// build makes the table: one line per id, "kind id name tactics" separated by
// tabs, sorted by kind and id. Kinds are attack (active), gone (an ATT&CK id
// that is revoked or deprecated), atlas, and renamed (v18 id, v19 name, v19 id).
func build(dir string) ([]byte, error) {
	var lines [][]string

	attack, err := read(filepath.Join(dir, "attack-18.1.tsv"), 5)
	if err != nil {
		return nil, err
	}
	for _, r := range attack {
		kind := "attack"
		if r[4] != "active" {
			kind = "gone"
		}
		tactics := strings.Split(r[2], ",")
		slices.Sort(tactics)
		lines = append(lines, []string{kind, r[0], r[1], strings.Join(tactics, ",")})
	}

	atlas, err := read(filepath.Join(dir, "atlas.tsv"), 3)
	if err != nil {
		return nil, err
	}
	for _, r := range atlas {
		lines = append(lines, []string{"atlas", r[0], r[1], r[2]})
	}

	renamed, err := read(filepath.Join(dir, "attack-18-to-19.tsv"), 3)
	if err != nil {
		return nil, err
	}
	for _, r := range renamed {
		lines = append(lines, []string{"renamed", r[0], r[2], r[1]})
	}

	slices.SortFunc(lines, func(a, b []string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	var out bytes.Buffer
	for _, l := range lines {
		out.WriteString(strings.Join(l, "\t") + "\n")
	}
	return out.Bytes(), nil
}

// read returns the rows of a tab-separated file without its header, each padded
// to the wanted number of columns.
func read(path string, columns int) ([][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for i, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		if i == 0 {
			continue
		}
		row := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if len(row) > columns {
			return nil, fmt.Errorf("%s line %d: %d columns, want at most %d", path, i+1, len(row), columns)
		}
		for len(row) < columns {
			row = append(row, "")
		}
		rows = append(rows, row)
	}
	return rows, nil
}
