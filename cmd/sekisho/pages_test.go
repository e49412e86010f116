package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the generated pages anew")

// TestGeneratedPages holds the pages that are written from what the program
// does to what it does now. "make docs" writes them anew.
func TestGeneratedPages(t *testing.T) {
	for _, page := range []struct {
		name  string
		write func(*testing.T) string
	}{
		{"escalation-paths.md", escalationPage},
	} {
		t.Run(page.name, func(t *testing.T) {
			path := filepath.Join("..", "..", "docs", page.name)
			text := page.write(t)
			if t.Failed() {
				return
			}
			if *update {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if old, err := os.ReadFile(path); err != nil || string(old) != text {
				t.Errorf("%s is not what the program does now (%v): run make docs, and read what changed", path, err)
			}
		})
	}
}
