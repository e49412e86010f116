// Command browser opens a page in a headless Chromium, draws it as PNG, and
// counts what the page asked for outside itself and what the browser
// complained about. It ends with status 1 if either is not zero.
//
// It speaks the DevTools protocol over two pipes (JSON texts, each ended by a
// zero byte), so that it needs no library and opens no port:
// https://chromedevtools.github.io/devtools-protocol/
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// timeout is for the whole run: a page is drawn in a second or two.
const timeout = 60 * time.Second

func main() {
	out := flag.String("out", "", "PNG to write; none: only check the page")
	width := flag.Int("width", 1240, "width of the window in CSS pixels")
	height := flag.Int("height", 1600, "height of the picture; 0: the whole page")
	from := flag.Int("from", 0, "where the picture begins, from the top of the page")
	scheme := flag.String("scheme", "light", "colour scheme: light or dark")
	media := flag.String("media", "screen", "medium: screen or print")
	script := flag.String("eval", "", "script to run in the page before, whose value is printed")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: browser [flags] PAGE.html")
		os.Exit(1)
	}
	r, err := run(flag.Arg(0), *out, *width, *height, *from, *scheme, *media, *script)
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
	for _, text := range append(r.outside, r.errors...) {
		fmt.Println(text)
	}
	if *script != "" {
		fmt.Println(r.value)
	}
	fmt.Printf("requests outside the page: %d; console errors: %d; wider than the window: %v\n", len(r.outside), len(r.errors), r.wide)
	if len(r.outside)+len(r.errors) > 0 || r.wide {
		os.Exit(1)
	}
}

// result is what a page did.
type result struct {
	outside, errors []string
	wide            bool // the page itself scrolls sideways
	value           string
}

// chromium is the browser: $CHROMIUM, or the first in PATH.
func chromium() (string, error) {
	if name := os.Getenv("CHROMIUM"); name != "" {
		return name, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium in PATH; install one (Debian: apt-get install chromium) or name it in $CHROMIUM")
}

func run(page, out string, width, height, from int, scheme, media, script string) (r result, err error) {
	path, err := filepath.Abs(page)
	if err != nil {
		return r, err
	}
	if _, err := os.Stat(path); err != nil {
		return r, err
	}
	b, err := start()
	if err != nil {
		return r, err
	}
	defer b.stop()
	url := "file://" + filepath.ToSlash(path)
	b.heard = func(method string, params json.RawMessage) {
		var p struct {
			Request struct{ URL string }
			Type    string
			Entry   struct{ Level, Text, URL string }
			Details struct {
				Text      string
				Exception struct{ Description string }
			} `json:"exceptionDetails"`
		}
		if json.Unmarshal(params, &p) != nil {
			return
		}
		switch method {
		case "Network.requestWillBeSent":
			if u := p.Request.URL; u != url && !strings.HasPrefix(u, "data:") {
				r.outside = append(r.outside, "asked for "+u)
			}
		case "Log.entryAdded":
			if p.Entry.Level == "error" || p.Entry.Level == "warning" {
				r.errors = append(r.errors, p.Entry.Level+": "+p.Entry.Text)
			}
		case "Runtime.exceptionThrown":
			r.errors = append(r.errors, "exception: "+p.Details.Text+" "+p.Details.Exception.Description)
		case "Runtime.consoleAPICalled":
			if p.Type == "error" || p.Type == "warning" {
				r.errors = append(r.errors, "console: "+string(params))
			}
		case "Page.javascriptDialogOpening":
			r.errors = append(r.errors, "the page opened a dialog")
		}
	}
	if err := b.open(url, width, max(height, 800), scheme, media); err != nil {
		return r, err
	}
	var value struct{ Result struct{ Value any } }
	if script != "" {
		if err := b.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true}, &value); err != nil {
			return r, err
		}
		r.value = fmt.Sprint(value.Result.Value)
	}
	if err := b.call("Runtime.evaluate", map[string]any{"returnByValue": true,
		"expression": "document.documentElement.scrollWidth > document.documentElement.clientWidth"}, &value); err != nil {
		return r, err
	}
	r.wide, _ = value.Result.Value.(bool)
	var m struct {
		CSSContentSize struct{ Width, Height float64 } `json:"cssContentSize"`
	}
	if err := b.call("Page.getLayoutMetrics", nil, &m); err != nil {
		return r, err
	}
	if height == 0 {
		height = int(m.CSSContentSize.Height) - from
	}
	if out == "" {
		return r, nil
	}
	var shot struct{ Data string }
	if err := b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true, "optimizeForSpeed": false,
		"clip": map[string]any{"x": 0, "y": from, "width": width, "height": height, "scale": 1}}, &shot); err != nil {
		return r, err
	}
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		return r, err
	}
	return r, os.WriteFile(out, png, 0o644)
}

// browser is a running Chromium and its one page.
type browser struct {
	cmd     *exec.Cmd
	profile string
	to      *os.File
	from    *bufio.Reader
	session string
	last    int
	heard   func(method string, params json.RawMessage)
	timer   *time.Timer
}

// start runs the browser with a profile of its own. Its sandbox needs rights
// that a container's root lacks; the page is ours and its policy forbids all.
func start() (*browser, error) {
	path, err := chromium()
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "sekisho-browser-")
	if err != nil {
		return nil, err
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answers, theirsToo, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	args := []string{"--headless", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--no-first-run", "--disable-gpu", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND", "about:blank"}
	if os.Geteuid() == 0 {
		args = append([]string{"--no-sandbox"}, args...)
	}
	cmd := exec.Command(path, args...)
	cmd.ExtraFiles = []*os.File{theirs, theirsToo} // 3 and 4, as the flag wants
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	theirs.Close()
	theirsToo.Close()
	b := &browser{cmd: cmd, profile: profile, to: ours, from: bufio.NewReaderSize(answers, 1<<20)}
	b.timer = time.AfterFunc(timeout, func() { cmd.Process.Kill() })
	return b, nil
}

func (b *browser) stop() {
	b.session = ""
	_ = b.call("Browser.close", nil, nil)
	b.to.Close()
	_ = b.cmd.Wait()
	b.timer.Stop()
	os.RemoveAll(b.profile)
}

// open loads the page in a window of that size and waits until it is drawn.
func (b *browser) open(url string, width, height int, scheme, media string) error {
	var target struct{ TargetID string }
	if err := b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return err
	}
	var at struct{ SessionID string }
	if err := b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &at); err != nil {
		return err
	}
	b.session = at.SessionID
	for _, c := range []struct {
		method string
		params any
	}{
		{"Network.enable", nil}, {"Log.enable", nil}, {"Runtime.enable", nil}, {"Page.enable", nil},
		{"Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}},
		{"Emulation.setEmulatedMedia", map[string]any{"media": media, "features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}},
	} {
		if err := b.call(c.method, c.params, nil); err != nil {
			return err
		}
	}
	loaded := false
	heard := b.heard
	b.heard = func(method string, params json.RawMessage) {
		loaded = loaded || method == "Page.loadEventFired"
		heard(method, params)
	}
	if err := b.call("Page.navigate", map[string]any{"url": url}, nil); err != nil {
		return err
	}
	for !loaded {
		if _, err := b.read(); err != nil {
			return err
		}
	}
	// Two frames later fonts and layout stand.
	return b.call("Runtime.evaluate", map[string]any{"awaitPromise": true,
		"expression": "new Promise(f => requestAnimationFrame(() => requestAnimationFrame(() => f(1))))"}, nil)
}

// message is a command's answer, or an event.
type message struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// call sends one command and waits for its answer.
func (b *browser) call(method string, params, result any) error {
	b.last++
	m := map[string]any{"id": b.last, "method": method}
	if params != nil {
		m["params"] = params
	}
	if b.session != "" {
		m["sessionId"] = b.session
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	for {
		m, err := b.read()
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		if m.ID != b.last {
			continue
		}
		if m.Error != nil {
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	}
}

// read takes the next message and hands events on.
func (b *browser) read() (m message, err error) {
	text, err := b.from.ReadBytes(0)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the browser ended; run it by hand to see why")
		}
		return m, err
	}
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		return m, err
	}
	if m.Method != "" && b.heard != nil {
		b.heard(m.Method, m.Params)
	}
	return m, nil
}
