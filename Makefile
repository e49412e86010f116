# Every target is safe to repeat. `make` alone lists them.
GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null)
BIN         := bin/sekisho
SOURCES     := $(shell find . -name "*.go" -not -path "./.work/*") $(wildcard detections/testdata/* report/schema.json report/html.* technique/*.tsv config/*.yaml) go.mod go.sum

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

PYTHON      ?= python3

.PHONY: setup
setup: deps .venv/ready ## fetch what build, tests and measurements need; the emulated cloud goes into .venv

.PHONY: deps
deps:
	@$(GO) mod download

# Nothing is needed of it where another Python is named that has it.
.venv/ready: emulator/requirements.txt
	@if [ -n "$$SEKISHO_RANGE_PYTHON" ]; then exit 0; fi; \
	echo "installing the emulated cloud into .venv"; \
	{ [ -x .venv/bin/python ] || $(PYTHON) -m venv .venv; } && \
	.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r emulator/requirements.txt && touch $@

.PHONY: build
build: deps $(BIN) ## bin/sekisho

$(BIN): $(SOURCES)
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./cmd/sekisho

.PHONY: demo
demo: build ## scan the recorded eight-minute takeover, then feed it to the service live
	@sh examples/eight-minutes.sh $(BIN)

.PHONY: test
test: setup ## all tests, with the race detector
	$(GO) test -race -timeout 30m ./...
	$(GO) test -run '^(TestSimulated|TestLeads|TestLargeBody|TestGzipBombs|TestChunkedBodies)' ./live ./calibrate ./console

.PHONY: kafka
kafka: deps ## the Kafka source against a real broker, out of Maven (needs a JDK)
	@mvn -q -f provider/kafka/testdata/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.work/kafka -DincludeScope=runtime
	SEKISHO_KAFKA=$(CURDIR)/.work/kafka $(GO) test ./provider/kafka -run '^TestBroker$$' -count 1 -v

.PHONY: lint
lint: ## formatting, vet, staticcheck
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "not formatted; run gofmt -w on:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@$(GO) mod tidy -diff || { echo "go.mod or go.sum is not tidy; run: go mod tidy"; exit 1; }

.PHONY: fuzz
fuzz: setup ## each fuzz test for 20 seconds
	@sh bench/fuzz.sh 20s

SCHEMATHESIS := schemathesis==4.32.5

.PHONY: fuzz-api
fuzz-api: build ## the running service against its contract, by a schema-driven fuzzer
	@[ -x .work/schemathesis/bin/schemathesis ] || { $(PYTHON) -m venv .work/schemathesis && .work/schemathesis/bin/pip install -q --disable-pip-version-check $(SCHEMATHESIS); }
	@sh bench/fuzz-api.sh $(BIN) .work/schemathesis/bin/schemathesis

.PHONY: bench
bench: build ## speed and memory of scan against its yardstick, and by number of identities
	$(GO) run ./bench

.PHONY: bench-live
bench-live: build ## the service under open load, beside a bare server (six minutes)
	@mkdir -p .work
	@$(GO) build -o .work/bench-live ./bench/live
	@.work/bench-live

.PHONY: bench-live-flat
bench-live-flat: build ## whether the service's memory is flat over ten minutes of steady load
	@mkdir -p .work
	@$(GO) build -o .work/bench-live ./bench/live
	@.work/bench-live -flat 600

.PHONY: soak
soak: setup ## the service killed a hundred times over two hundred thousand records, by queue and files, and once more by pushes (at most 20 minutes)
	SEKISHO_SOAK=1 $(GO) test ./cmd/sekisho -run '^TestServe(Killed|Soak)$$' -count 1 -timeout 20m -v

.PHONY: eval
eval: build ## what is found in labelled recordings and examples, and in made-up campaigns, with intervals
	@mkdir -p .work/eval
	@$(GO) test -c -o .work/eval/eval.test ./cmd/sekisho
	@cd cmd/sekisho && ../../.work/eval/eval.test -test.run '^(TestRecordings|TestExamplesFoundWhole)$$' -test.timeout 5m -eval "$(CURDIR)/.work/eval"
	@$(GO) run ./measure --page .work/eval/measure.html
	@$(GO) run ./measure --surfaces

.PHONY: eval-surfaces
eval-surfaces: ## attacks that go over several systems, and what their ordinary records cost in false incidents
	@$(GO) run ./measure --surfaces

.PHONY: eval-long
eval-long: ## false alarms in 60 made-up accounts over 90 days, with their upper bound
	@$(GO) run ./measure --long

.PHONY: fit
fit: build ## fit the shipped model anew, on made-up organisations of the fitting half
	$(BIN) fit --made-up --out model/model.json

.PHONY: lead
lead: build ## measure anew how long before the point of no return each behaviour fires
	$(BIN) fit --leads --out detections/lead.tsv

.PHONY: docs
docs: ## write docs/behaviours.md, docs/escalation-paths.md and the technique layers anew
	@$(GO) test -count=1 -run '^TestGeneratedPages$$' ./cmd/sekisho -update

.PHONY: picture
picture: build ## draw the README's picture from real output
	script -qec "stty cols 100; TERM=xterm $(BIN) scan examples/eight-minutes/logs" /dev/null | $(GO) run ./docs/picture -lines 58 > docs/incident.svg.new
	mv docs/incident.svg.new docs/incident.svg

# Not part of the tests: it needs a Chromium, in PATH or named in $CHROMIUM.
.PHONY: html-picture
html-picture: build ## draw the README's picture of the HTML report, and check that it asks the network for nothing
	@mkdir -p .work
	@$(BIN) scan examples/eight-minutes/logs --format html --out .work/report.html; [ $$? -eq 10 ]
	@for how in "-width 1240 -scheme dark" "-width 390" "-width 1240 -media print"; do echo "$$how"; $(GO) run ./docs/browser $$how .work/report.html || exit 1; done
	$(GO) run ./docs/browser -width 1240 -height 1690 -out docs/report.png.new .work/report.html
	mv docs/report.png.new docs/report.png

.PHONY: clean
clean: ## remove what was built
	rm -rf bin .work .venv
