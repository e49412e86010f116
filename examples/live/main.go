// Command live feeds a recording to a running service as if it happened now: the
// days before at once, then each record of the attack by itself, in the envelope in
// which an event bus delivers it. It follows the live feed meanwhile, and says how
// long after the deciding record was sent the decision was seen.
//
// It ends with status 1 if there is no decision, or it was seen later than a second.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8600", "of the service")
	recording := flag.String("recording", "examples/eight-minutes", "folder with logs/ and truth.json")
	pace := flag.Duration("pace", 5*time.Millisecond, "between two records of the attack; they are sent as fast as that, whatever pace they were recorded at")
	flag.Parse()
	if err := run(*url, *recording, *pace); err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	}
}

// record is one audit record and what is needed to order it.
type record struct {
	EventTime time.Time
	EventID   string
	raw       json.RawMessage
}

func run(url, recording string, pace time.Duration) error {
	all, err := read(filepath.Join(recording, "logs"))
	if err != nil {
		return err
	}
	var truth struct {
		Settings struct{ Start time.Time }
	}
	b, err := os.ReadFile(filepath.Join(recording, "truth.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &truth); err != nil {
		return fmt.Errorf("read the truth: %w", err)
	}
	cut := slices.IndexFunc(all, func(r record) bool { return !r.EventTime.Before(truth.Settings.Start) })
	if cut < 0 {
		return errors.New("the recording ends before the attack begins")
	}
	const batch = 500
	for i := 0; i < cut; i += batch {
		var body bytes.Buffer
		for _, r := range all[i:min(i+batch, cut)] {
			body.Write(r.raw)
			body.WriteByte('\n')
		}
		if err := push(url, body.Bytes()); err != nil {
			return err
		}
	}
	fmt.Printf("%d records of the days before are delivered; now %d come one by one.\n", cut, len(all)-cut)

	seen := make(chan decision, 1)
	if err := follow(url, seen); err != nil {
		return err
	}
	sent := map[string]time.Time{}
	var got *decision
	for _, r := range all[cut:] {
		sent[r.EventID] = time.Now()
		body, _ := json.Marshal(map[string]any{"version": "0", "id": r.EventID, "detail-type": "AWS API Call via CloudTrail", "source": "aws.cloudtrail", "detail": r.raw})
		if err := push(url, body); err != nil {
			return err
		}
		time.Sleep(pace)
		select {
		case d := <-seen:
			got = &d
		default:
			continue
		}
		break
	}
	if got == nil {
		select {
		case d := <-seen:
			got = &d
		case <-time.After(2 * time.Second):
			return errors.New("the recording is over and nothing was decided")
		}
	}
	at, ok := sent[got.event]
	if !ok {
		return fmt.Errorf("decided on %s, which is no record of the attack", got.event)
	}
	took := got.at.Sub(at)
	fmt.Printf("%s\n  decided on event %s; seen in the live feed %d ms after that record was sent (wanted: within 1000 ms)\n", got.title, got.event, took.Milliseconds())
	if took > time.Second {
		return errors.New("later than a second")
	}
	return nil
}

// decision is the first containment of a critical or high incident.
type decision struct {
	title, event string
	at           time.Time
}

func request(method, url, token string, body []byte) (*http.Response, error) {
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+os.Getenv(token))
	return http.DefaultClient.Do(r)
}

func push(url string, body []byte) error {
	res, err := request("POST", url+"/v1/ingest/aws-cloudtrail", "SEKISHO_INGEST_TOKEN", body)
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("deliver: %s %s", res.Status, text)
	}
	return nil
}

// follow reads the live feed until the first decision.
func follow(url string, seen chan<- decision) error {
	res, err := request("GET", url+"/v1/stream", "SEKISHO_ADMIN_TOKEN", nil)
	if err != nil {
		return fmt.Errorf("follow the live feed: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("follow the live feed: %s", res.Status)
	}
	in := bufio.NewScanner(res.Body)
	in.Buffer(nil, 16<<20)
	in.Scan() // the greeting: what comes from here on is not missed
	go func() {
		defer res.Body.Close()
		for in.Scan() {
			data, ok := strings.CutPrefix(in.Text(), "data: ")
			if !ok {
				continue
			}
			var x struct {
				Title       string
				Containment *struct {
					EventID string `json:"event_id"`
				}
			}
			if json.Unmarshal([]byte(data), &x) == nil && x.Containment != nil {
				seen <- decision{x.Title, x.Containment.EventID, time.Now()}
				return
			}
		}
	}()
	return nil
}

// read reads all delivered files of a folder, in order of time.
func read(dir string) ([]record, error) {
	var all []record
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil // no delivered file
		}
		var file struct{ Records []json.RawMessage }
		if err := json.NewDecoder(z).Decode(&file); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, raw := range file.Records {
			r := record{raw: raw}
			if err := json.Unmarshal(raw, &r); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			all = append(all, r)
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b record) int { return a.EventTime.Compare(b.EventTime) })
	return all, err
}
