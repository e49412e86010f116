package sekisho_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sekisho/sekisho"

// rank orders the packages: a package imports only lower ranks, and equal
// ranks do not know each other. A new package needs a line here.
var rank = map[string]int{
	"":                          0,
	"technique":                 0,
	"detect":                    1,
	"normalize/rawjson":         0,
	"normalize":                 1,
	"config":                    2,
	"ingest":                    2,
	"inventory":                 2,
	"lineage":                   2,
	"baseline":                  2,
	"correlate":                 2,
	"detections":                2,
	"respond":                   3,
	"provider/aws":              3,
	"provider/aws/awsapi":       4,
	"provider/aws/awsec2":       4,
	"provider/kafka":            4,
	"provider/poll":             3,
	"emulator":                  0,
	"provider/example":          3,
	"provider/okta":             3,
	"provider/github":           3,
	"provider/okta/oktaapi":     4,
	"provider/github/githubapi": 4,
	"provider/guardduty":        3,
	"provider/vpcflow":          3,
	"provider/self":             3,
	"model":                     3,
	"engine":                    4,
	"store":                     1,
	"live":                      5,
	"view":                      6,
	"console":                   7,
	"calibrate":                 6,
	"report":                    4,
	"sim":                       5,
	"bench":                     6,
	"bench/live":                6,
	"examples/live":             0,
	"cmd/sekisho":               8,
	"cmd/sekisho-gen":           6,
	"technique/gen":             6,
	"docs/picture":              6,
	"docs/browser":              6,
	"measure":                   6,
}

// core packages are pure: the same events give the same bits.
var core = []string{"", "detect", "normalize", "normalize/rawjson", "inventory", "lineage", "baseline", "correlate", "detections", "respond", "engine"}

// files parses all Go files of the module, by package directory.
func files(t *testing.T) map[string]map[string]*ast.File {
	t.Helper()
	out := map[string]map[string]*ast.File{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == ".work" || d.Name() == "bin") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if dir == "." {
			dir = ""
		}
		if out[dir] == nil {
			out[dir] = map[string]*ast.File{}
		}
		out[dir][path] = f
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// imports of a file that are ours, as package directories.
func imports(f *ast.File) []string {
	var out []string
	for _, im := range f.Imports {
		p, _ := strconv.Unquote(im.Path.Value)
		if p == module {
			out = append(out, "")
		} else if rest, ok := strings.CutPrefix(p, module+"/"); ok {
			out = append(out, rest)
		}
	}
	return out
}

// TestImportsPointOneWay holds the arrows of ARCHITECTURE.md.
func TestImportsPointOneWay(t *testing.T) {
	for dir, fs := range files(t) {
		own, ok := rank[dir]
		if !ok {
			t.Errorf("package %q has no rank: add it to rank in arch_test.go", dir)
			continue
		}
		for path, f := range fs {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			for _, im := range imports(f) {
				if r, ok := rank[im]; !ok || r >= own {
					t.Errorf("%s (rank %d) imports %q (rank %d): a package imports only lower ranks", path, own, im, r)
				}
			}
		}
	}
}

// TestGeneratorSharesNothing: what makes test data may not know the detector.
func TestGeneratorSharesNothing(t *testing.T) {
	for path, f := range files(t)["sim"] {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, im := range f.Imports {
			if p, _ := strconv.Unquote(im.Path.Value); strings.Contains(p, ".") {
				t.Errorf("%s imports %s: the generator uses the standard library only", path, p)
			}
		}
	}
}

// TestRootIsStandardLibrary: the nouns depend on nothing.
func TestRootIsStandardLibrary(t *testing.T) {
	for path, f := range files(t)[""] {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, im := range f.Imports {
			if p, _ := strconv.Unquote(im.Path.Value); strings.Contains(p, ".") {
				t.Errorf("%s imports %s: the root package imports the standard library only", path, p)
			}
		}
	}
}

// vendors are the words that no exported name of the contracts may contain.
var vendors = []string{"aws", "amazon", "cloudtrail", "okta", "entra", "azure", "google", "gcp", "github", "kubernetes"}

// TestNoContractNamesAVendor: a second provider must fit without a change.
func TestNoContractNamesAVendor(t *testing.T) {
	all := files(t)
	for _, dir := range core {
		for path, f := range all[dir] {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				if !ok {
					return true
				}
				for _, v := range vendors {
					if strings.Contains(strings.ToLower(id.Name), v) {
						t.Errorf("%s: the name %s contains %q", path, id.Name, v)
					}
				}
				return true
			})
			if strings.HasPrefix(dir, "provider/") {
				continue
			}
			for _, im := range imports(f) {
				if strings.HasPrefix(im, "provider/") {
					t.Errorf("%s imports %s: no stage knows a provider", path, im)
				}
			}
		}
	}
}

// forbidden are the imports and calls that would make a step impure.
var forbiddenImports = map[string]string{
	"math/rand":    "chance is an input",
	"math/rand/v2": "chance is an input",
	"crypto/rand":  "chance is an input",
	"os":           "the core does no I/O",
	"net":          "the core does no I/O",
	"net/http":     "the core does no I/O",
	"sync":         "the core has no goroutines",
	"sync/atomic":  "the core has no goroutines",
	"context":      "the core does not wait",
	"hash/maphash": "its seed differs from run to run",
	"unsafe":       "the core is checked by the compiler",
}

var forbiddenCalls = map[string]bool{"time.Now": true, "time.Since": true, "time.Until": true, "time.After": true, "time.Sleep": true,
	"time.NewTimer": true, "time.NewTicker": true, "time.Tick": true, "time.AfterFunc": true}

// TestCoreIsPure: no clock, no goroutine, no I/O, no global chance, no global
// variable that a step could change.
func TestCoreIsPure(t *testing.T) {
	all := files(t)
	for _, dir := range core {
		for path, f := range all[dir] {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			for _, im := range f.Imports {
				p, _ := strconv.Unquote(im.Path.Value)
				if why, bad := forbiddenImports[p]; bad {
					t.Errorf("%s imports %s: %s", path, p, why)
				}
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
					t.Errorf("%s: goroutines and channels have no place in the core", path)
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && forbiddenCalls[x.Name+"."+n.Sel.Name] {
						t.Errorf("%s calls %s.%s: time is an argument", path, x.Name, n.Sel.Name)
					}
				}
				return true
			})
		}
	}
}

// TestEveryExportedNameIsDocumented in the packages that others build on.
func TestEveryExportedNameIsDocumented(t *testing.T) {
	for dir, fs := range files(t) {
		if strings.HasPrefix(dir, "cmd/") || dir == "bench" || dir == "technique/gen" || dir == "docs/picture" {
			continue
		}
		for path, f := range fs {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
						t.Errorf("%s: %s has no doc comment", path, d.Name.Name)
					}
				case *ast.GenDecl:
					for _, s := range d.Specs {
						if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
							t.Errorf("%s: type %s has no doc comment", path, ts.Name.Name)
						}
					}
				}
			}
		}
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if s, ok := typ.(*ast.StarExpr); ok {
		typ = s.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

// TestNothingLeftUndone: what is unfinished is named in a note, not in code.
func TestNothingLeftUndone(t *testing.T) {
	words := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:"}
	_ = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == ".work") {
				return fs.SkipDir
			}
			return err
		}
		if !slices.Contains([]string{".go", ".md", ".sh", ".yaml"}, filepath.Ext(path)) {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for n, line := range strings.Split(string(b), "\n") {
			for _, w := range words {
				if strings.Contains(line, w) {
					t.Errorf("%s:%d: %s", path, n+1, strings.TrimSpace(line))
				}
			}
		}
		return nil
	})
}
