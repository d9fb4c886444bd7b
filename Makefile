# Needs Go, make and a POSIX shell; `make lint`, `fuzz` and `cover` need bash too, `make race` a C compiler.

export GOTOOLCHAIN := local
# git may refuse to tell a version where another user owns the folder; the build does not hang on it.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := $(if $(VERSION),-ldflags "-X main.version=$(VERSION)")

GORELEASER := go run github.com/goreleaser/goreleaser/v2@v2.16.0

FUZZTIME ?= 30s
BENCH    ?= .
COUNT    ?= 10

.DEFAULT_GOAL := help
.PHONY: help build demo test race race-all lint fuzz bench bench-base bench-compare corpus pgo peers proof screenshots rig cover cross release-check snapshot release clean

# Tests prove the same without the profile, and build in half the time.
test race race-all lint fuzz cover cross: export GOFLAGS := $(GOFLAGS) -pgo=off

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## bin/alblens, one static binary
	CGO_ENABLED=0 go build -trimpath $(LDFLAGS) -o bin/alblens ./cmd/alblens

demo: build ## build, then analyse the simulated incident inside the binary
	bin/alblens demo

test: ## all tests of all modules; TESTFLAGS="-run Foo" passes flags on
	go run ./internal/tools/testsum $(TESTFLAGS)

race: ## the short tests of all modules under the race detector
	CGO_ENABLED=1 go run ./internal/tools/testsum -short -race -timeout 20m $(TESTFLAGS)

race-all: ## all tests of all modules under the race detector: an hour or more
	CGO_ENABLED=1 go run ./internal/tools/testsum -race -timeout 3h $(TESTFLAGS)

lint: ## gofmt, go vet, staticcheck and tidy go.mod files
	bash scripts/lint.sh

fuzz: ## each fuzz target that FUZZ matches (all) for FUZZTIME (30s; also a count, 100000x)
	bash scripts/fuzz.sh $(FUZZTIME) $(FUZZ)

bench: ## BENCH (all) COUNT times (10) into out/bench.txt, for benchstat
	@mkdir -p out
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) -timeout 0 ./... | tee out/bench.txt

bench-base: ## keep out/bench.txt as the base that bench-compare compares with
	cp out/bench.txt out/base.txt

bench-compare: ## benchstat of out/base.txt and out/bench.txt
	go tool -modfile=tools/benchstat/go.mod benchstat out/base.txt out/bench.txt

corpus: ## out/corpus: 2.25 million lines in 50 objects, from a seed
	go run ./bench -shape plain -o out/corpus

pgo: ## renew the profile that builds are guided by, cmd/alblens/default.pgo, on out/corpus
	test -d out/corpus || $(MAKE) corpus
	ALBLENS_CORPUS=$(CURDIR)/out/corpus go test ./bench -run '^$$' -bench Corpus -benchtime 10x -o out/bench.test -cpuprofile cmd/alblens/default.pgo

peers: build ## alblens beside igzip, libdeflate, gzip and DuckDB on out/corpus
	test -d out/corpus || $(MAKE) corpus
	go -C bench/peers run . -alblens $(CURDIR)/bin/alblens $(CURDIR)/out/corpus

proof: ## what takes long: accuracy on 129 simulated days, 200 seeds of S3 faults, 100 of diff, a day followed
	go run ./internal/tools/accuracy -o docs/accuracy.md
	ALBLENS_FAULT_SEEDS=200 go test ./scan -run MixedFaults -count=1 -timeout 30m
	ALBLENS_PROOF=1 go test ./follow -count=1 -v -run MemoryOfADay -timeout 30m
	ALBLENS_PROOF=1 go test ./compare -count=1 -v -run 'AlikeDays|DoubledRate' -timeout 60m

screenshots: ## the pictures in docs/img, of the HTML report in chromium
	go -C tools/browsercheck test -count=1 -run TestScreenshots -screenshots ../../docs/img .

rig: ## real servers, broken in known ways, behind a small load balancer; a minute
	go test -count=1 -v -run 'TestRig$$' ./bench/rig

cover: ## coverage of parser and aggregate; fails below 90 % of either
	bash scripts/cover.sh 90 parser aggregate

cross: ## build for every system that is released for, and go vet on the other two
	for os in linux darwin windows; do for arch in amd64 arm64; do \
	  GOOS=$$os GOARCH=$$arch CGO_ENABLED=0 go build -o out/cross/$$os-$$arch/ ./cmd/alblens || exit; done; done
	GOOS=windows go vet ./...
	GOOS=darwin GOARCH=arm64 go vet ./...

release-check: ## is .goreleaser.yaml one that GoReleaser takes?
	$(GORELEASER) check

snapshot: ## all of a release but SBOMs into out/release; see docs/release.md
	$(GORELEASER) release --snapshot --clean --skip=sbom

release: ## the release of the tag that is checked out; see docs/release.md
	$(GORELEASER) release --clean

clean: ## remove what the other targets made
	rm -rf bin out
