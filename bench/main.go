// Command bench measures scan against a yardstick, in paired runs of one go.
//
// Each measured run is a process of its own, so that CPU-seconds and peak
// memory are the kernel's count and not ours. The yardstick reads the same
// files with the same gzip library and counts newlines: the least that any
// program must do. Ratios of CPU-seconds are what counts; absolute times on a
// shared machine mean little.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzip"
)

func main() {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "yardstick":
			exit(yardstick(os.Args[2]))
		case "read":
			exit(read(os.Args[2], false))
		case "expand":
			exit(read(os.Args[2], true))
		}
	}
	var (
		gb     = flag.Float64("gb", 1, "size of a corpus, GB raw")
		rounds = flag.Int("rounds", 3, "paired runs of each row")
		rows   = flag.String("rows", "mixed,attack,memory,identities,okta-system-log,github-audit,aws-guardduty,aws-vpc-flow,aws-vpc-flow-wide", "which measurements")
		dir    = flag.String("dir", ".work/bench", "where corpora are kept between runs")
		scan   = flag.String("scan", "bin/sekisho", "the program under test")
	)
	flag.Parse()
	exit((&bench{gb: *gb, rounds: *rounds, dir: *dir, scan: *scan}).run(strings.Split(*rows, ",")))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

type bench struct {
	gb     float64
	rounds int
	dir    string
	scan   string
	self   string
	gen    string
}

// run prepares the tools and measures the rows asked for.
func (b *bench) run(rows []string) error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b.self = self
	b.gen = filepath.Join(b.dir, "sekisho-gen")
	if out, err := exec.Command("go", "build", "-o", b.gen, "./cmd/sekisho-gen").CombinedOutput(); err != nil {
		return fmt.Errorf("build the generator: %w\n%s", err, out)
	}
	fmt.Printf("CPU-seconds of %d paired runs, median; rec/CPU-s is records per CPU-second of scan; read is our own read, gunzip,\nframe, decode and sort; expand adds making events of them; share is read's part of scan.\n\n", b.rounds)
	failed := false
	for _, row := range rows {
		var err error
		switch row {
		case "mixed":
			err = b.speed(row, "95% made-up background, 5% recorded attacks", &failed, b.mixed)
		case "attack":
			err = b.speed(row, "recorded attacks only", &failed, b.attack)
		case "okta-system-log", "github-audit", "aws-guardduty", "aws-vpc-flow":
			err = b.speed(row, "made-up", &failed, func(gb float64) (string, error) { return b.stream(row, gb/2) })
		case "aws-vpc-flow-wide":
			err = b.speed(row, "made-up, in a format of 27 fields", &failed, func(gb float64) (string, error) { return b.stream("aws-vpc-flow", gb/2, "--wide") })
		case "memory":
			err = b.memory(&failed)
		case "identities":
			err = b.identities(&failed)
		default:
			err = fmt.Errorf("no measurement is called %q", row)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", row, err)
		}
	}
	if failed {
		fmt.Println("\nA row marked MISSED is over what is wanted.")
	}
	return nil
}

// speed measures one corpus against the yardstick.
func (b *bench) speed(row, what string, failed *bool, prepare func(gb float64) (string, error)) error {
	corpus, err := prepare(b.gb)
	if err != nil {
		return err
	}
	if corpus == "" {
		fmt.Printf("%-7s skipped: ../shared/data is not here\n", row)
		return nil
	}
	var yard, reading, expanding, scanning []float64
	var peak int64
	var records int64
	for range b.rounds {
		y, err := measure(b.self, "yardstick", corpus)
		if err != nil {
			return err
		}
		r, err := measure(b.self, "read", corpus)
		if err != nil {
			return err
		}
		x, err := measure(b.self, "expand", corpus)
		if err != nil {
			return err
		}
		s, err := b.scanning(corpus)
		if err != nil {
			return err
		}
		yard, reading, expanding, scanning = append(yard, y.cpu), append(reading, r.cpu), append(expanding, x.cpu), append(scanning, s.cpu)
		peak, records = max(peak, s.peak), s.records
	}
	ratio := make([]float64, len(yard)) // each run against the yardstick beside it
	for i := range yard {
		ratio[i] = scanning[i] / yard[i]
	}
	mark := verdict(median(ratio) <= 5 && peak <= 512<<20, failed)
	fmt.Printf("%-7s %s, %d records\n", row, what, records)
	fmt.Printf("        yardstick %.2f  read %.2f  expand %.2f  scan %.2f CPU-s;  scan/yardstick %.2f (wanted ≤ 5)  read's share %.0f%%\n"+
		"        %.0f rec/CPU-s  peak %d MiB (wanted < 512)  %s\n\n",
		median(yard), median(reading), median(expanding), median(scanning), median(ratio), 100*median(reading)/median(scanning),
		float64(records)/median(scanning), peak>>20, mark)
	return nil
}

// memory measures the peak at five times the size, and that cost is linear.
func (b *bench) memory(failed *bool) error {
	small, err := b.mixed(b.gb)
	if err != nil {
		return err
	}
	large, err := b.mixed(5 * b.gb)
	if err != nil {
		return err
	}
	var s, l cost
	var ratios, few, many []float64
	for range b.rounds {
		x, err := b.scanning(small)
		if err != nil {
			return err
		}
		y, err := b.scanning(large)
		if err != nil {
			return err
		}
		ratios = append(ratios, (y.cpu/float64(y.records))/(x.cpu/float64(x.records)))
		few, many = append(few, x.cpu), append(many, y.cpu)
		s.peak, s.records, l.peak, l.records = max(s.peak, x.peak), x.records, max(l.peak, y.peak), y.records
	}
	s.cpu, l.cpu = median(few), median(many)
	growth := median(ratios)
	mark := verdict(l.peak <= 1<<30 && growth < 1.15, failed)
	fmt.Printf("memory  %.0f GB: peak %d MiB, %.0f rec/CPU-s;  %.0f GB: peak %d MiB (wanted < 1024), %.0f rec/CPU-s;  CPU per record ×%.2f (linear is 1)  %s\n\n",
		b.gb, s.peak>>20, float64(s.records)/s.cpu, 5*b.gb, l.peak>>20, float64(l.records)/l.cpu, growth, mark)
	return nil
}

// identities measures how cost grows with the number of principals that act.
func (b *bench) identities(failed *bool) error {
	sizes := []int{10, 10_000, 1_000_000}
	cost := make([][]float64, len(sizes))
	peaks := make([]int64, len(sizes))
	records := make([]int64, len(sizes))
	for i, n := range sizes {
		corpus, err := b.corpus(fmt.Sprintf("identities-%d", n), "--gb", fmt.Sprint(1.5*b.gb), "--identities", strconv.Itoa(n), "--accounts", "20", "--seed", "7")
		if err != nil {
			return err
		}
		for range b.rounds {
			s, err := b.scanning(corpus)
			if err != nil {
				return err
			}
			cost[i] = append(cost[i], s.cpu/float64(s.records)*1e6)
			peaks[i], records[i] = max(peaks[i], s.peak), s.records
		}
	}
	for i, n := range sizes {
		growth := median(cost[i]) / median(cost[0])
		fmt.Printf("identities %8d: %d records, %.2f CPU-µs a record, ×%.2f of the first (wanted ≤ 1.5), peak %d MiB  %s\n",
			n, records[i], median(cost[i]), growth, peaks[i]>>20, verdict(growth <= 1.5, failed))
	}
	return nil
}

func verdict(ok bool, failed *bool) string {
	if ok {
		return "met"
	}
	*failed = true
	return "MISSED"
}

func median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	if len(s) == 0 {
		return 0
	}
	return s[len(s)/2]
}

// cost of one process.
type cost struct {
	cpu     float64 // seconds, user and system
	peak    int64   // bytes resident
	wall    time.Duration
	records int64
}

// measure runs a program and takes the kernel's account of it.
func measure(name string, args ...string) (cost, error) {
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	out, err := cmd.Output()
	if err != nil {
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 10 { // 10: incidents found
			return cost{}, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
		}
	}
	u := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	c := cost{cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), peak: u.Maxrss << 10, wall: time.Since(start)}
	c.records, _ = strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	return c, nil
}

// scanning runs the program under test.
func (b *bench) scanning(corpus string) (cost, error) {
	report := filepath.Join(b.dir, "report.json")
	c, err := measure(b.scan, "scan", corpus, "--format", "json", "--out", report)
	if err != nil {
		return c, err
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		return c, err
	}
	var r struct {
		Stats struct {
			Records         int64 `json:"records"`
			UnreadableTotal int64 `json:"unreadable_total"`
		} `json:"stats"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return c, err
	}
	if r.Stats.Records == 0 {
		return c, fmt.Errorf("scan of %s read no records", corpus)
	}
	c.records = r.Stats.Records
	return c, nil
}

// corpus makes a corpus of the trail.
func (b *bench) corpus(name string, args ...string) (string, error) {
	return b.generate(name, append([]string{"corpus"}, args...)...)
}

// generate makes records once and keeps them.
func (b *bench) generate(name string, args ...string) (string, error) {
	dir := filepath.Join(b.dir, name)
	if _, err := os.Stat(filepath.Join(dir, "complete")); err == nil {
		return filepath.Join(dir, "logs"), nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "making corpus %s …\n", name)
	args = append(args, "--out", filepath.Join(dir, "logs"))
	if out, err := exec.Command(b.gen, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("make corpus %s: %w\n%s", name, err, out)
	}
	return filepath.Join(dir, "logs"), os.WriteFile(filepath.Join(dir, "complete"), nil, 0o644)
}

// mixed is 95% background and 5% recorded attacks grown to size; without the
// recordings it is background alone.
func (b *bench) mixed(gb float64) (string, error) {
	args := []string{"--gb", fmt.Sprint(0.95 * gb), "--identities", "2000", "--accounts", "20", "--seed", "1"}
	grown, err := b.grow(fmt.Sprintf("attack-%g.ndjson", 0.05*gb), 0.05*gb)
	if err != nil {
		return "", err
	}
	if grown != "" {
		args = append(args, "--mix", grown)
	}
	return b.corpus(fmt.Sprintf("mixed-%g", gb), args...)
}

// attack is the recordings alone, grown to size; "" where they are absent.
func (b *bench) attack(gb float64) (string, error) {
	grown, err := b.grow(fmt.Sprintf("attack-%g.ndjson", gb), gb)
	if err != nil || grown == "" {
		return "", err
	}
	return b.corpus(fmt.Sprintf("attack-%g", gb), "--gb", "0", "--mix", grown)
}

// stream is one system's records, half as large as the trail's: they are those of one
// source among several.
func (b *bench) stream(kind string, gb float64, more ...string) (string, error) {
	name := fmt.Sprintf("%s%s-%g", kind, strings.Join(more, ""), gb)
	return b.generate(name, append([]string{"stream", kind, "--gb", fmt.Sprint(gb), "--identities", "2000", "--accounts", "4", "--seed", "1"}, more...)...)
}

// grow expands the recordings to a size, with the tool beside them.
func (b *bench) grow(name string, gb float64) (string, error) {
	in := "../shared/data/invictus-aws-2023/neutral.ndjson.gz"
	if _, err := os.Stat(in); err != nil {
		return "", nil
	}
	out := filepath.Join(b.dir, name)
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	fmt.Fprintf(os.Stderr, "growing recordings to %g GB …\n", gb)
	msg, err := exec.Command("python3", "../shared/tools/expand.py", "--gb", fmt.Sprint(gb), out+".part", in).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("grow the recordings: %w\n%s", err, msg)
	}
	return out, os.Rename(out+".part", out)
}

// yardstick gunzips every file below a folder and counts newlines.
func yardstick(dir string) error {
	var lines int64
	buf := make([]byte, 256<<10)
	zr := new(gzip.Reader)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := zr.Reset(f); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for {
			n, err := zr.Read(buf)
			lines += int64(bytes.Count(buf[:n], []byte{'\n'}))
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
	fmt.Println(lines)
	return err
}
