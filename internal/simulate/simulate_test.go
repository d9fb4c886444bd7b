package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// small is every fault and all the noise in a few thousand records.
func small(seed uint64) Config {
	return Config{
		Seed:              seed,
		Start:             time.Date(2026, 11, 20, 23, 52, 30, 0, time.UTC), // over midnight, not on a slot
		Duration:          14 * time.Minute,
		RequestsPerSecond: 8,
		Nodes:             3,
		Targets:           7,
		ApplicationError:  0.01,
		Faults: []Fault{
			{Cause: IdleTimeout, From: time.Minute, Path: "/api/reports/{int}", Median: 45 * time.Second},
			{Cause: ConnectTimeout, From: 3 * time.Minute, For: 4 * time.Minute, Group: "web", Target: 3, Share: 0.5},
		},
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b, c := collect(t, small(1)), collect(t, small(1)), collect(t, small(2))
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gave other objects")
	}
	if bytes.Equal(a[0].Body, c[0].Body) || a[0].Key == c[0].Key {
		t.Error("another seed gave the same object")
	}
	seq, err := Generate(small(1))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a sequence can be ranged over again
		for o := range seq {
			if !reflect.DeepEqual(o, a[0]) {
				t.Error("the first object differs")
			}
			break
		}
	}
}

func TestFaultChangesOnlyWhatItHits(t *testing.T) {
	lines := func(cfg Config) map[string]string {
		byTrace := map[string]string{}
		for _, o := range collect(t, cfg) {
			for text := range strings.SplitSeq(string(o.text(t)), "\n") {
				if text != "" {
					byTrace[cut(t, text).fields[fConnTrace]+cut(t, text).fields[fTrace]] = text
				}
			}
		}
		return byTrace
	}
	cfg := small(3)
	cfg.Faults = cfg.Faults[1:]
	faulty := lines(cfg)
	cfg.Faults = nil
	changed := 0
	for trace, text := range lines(cfg) {
		if other, ok := faulty[trace]; ok && other != text {
			changed++
			if !strings.Contains(other, " -1 -1 -1 504 - ") {
				t.Errorf("changed without a fault:\n%s\n%s", text, other)
			}
		}
	}
	if changed < 20 {
		t.Errorf("%d records changed, want more", changed)
	}
}

var lineForms = map[int]*regexp.Regexp{
	fType:        regexp.MustCompile(`^(http|https|h2|wss)$`),
	fTime:        regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`),
	fELB:         regexp.MustCompile(`^app/shop/50dc6c495c0c9188$`),
	fStatus:      regexp.MustCompile(`^\d{3}$`),
	fReceived:    regexp.MustCompile(`^\d+$`),
	fSent:        regexp.MustCompile(`^\d+$`),
	fRequest:     regexp.MustCompile(`^([A-Z]+ https?://[^ /]+:(80|443)/.* HTTP/(1\.1|2\.0)|- http://www\.example\.com:80- -)$`),
	fAgent:       regexp.MustCompile(`^[ -~]+$`),
	fGroup:       regexp.MustCompile(`^(-|arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/(web|api)/[0-9a-f]{16})$`),
	fTrace:       regexp.MustCompile(`^(-|Root=1-[0-9a-f]{8}-[0-9a-f]{24})$`),
	fDomain:      regexp.MustCompile(`^(-|www\.example\.com|api\.example\.com)$`),
	fCertificate: regexp.MustCompile(`^(-|session-reused|arn:aws:acm:us-east-1:111122223333:certificate/[0-9a-f-]{36})$`),
	fRule:        regexp.MustCompile(`^(-|\d+)$`),
	fCreated:     regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z$`),
	fActions:     regexp.MustCompile(`^(-|forward|redirect|fixed-response)$`),
	fRedirect:    regexp.MustCompile(`^(-|https://.*)$`),
	fConnTrace:   regexp.MustCompile(`^TID_[0-9a-f]{32}$`),
	fNode:        regexp.MustCompile(`^203\.0\.113\.\d+$`),
}

var bare = []int{fType, fTime, fELB, fClient, fTarget, fRequestTime, fTargetTime, fResponseTime, fStatus, fTargetStatus,
	fReceived, fSent, fCipher, fTLS, fGroup, fRule, fCreated, fConnTrace, fNode}

func TestLines(t *testing.T) {
	documentation := []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/32"),
	}
	types, statuses, seen := map[string]int{}, map[string]int{}, map[string]bool{}
	inversions, ipv6, spaces := 0, 0, 0
	for _, o := range collect(t, small(4)) {
		var before time.Time
		for _, l := range o.lines(t) {
			f := l.fields
			if len(f) != fieldCount || fieldCount != 36 {
				t.Fatalf("%d fields: %q", len(f), f)
			}
			for i, form := range lineForms {
				if !form.MatchString(f[i]) {
					t.Errorf("field %d: %q", i+1, f[i])
				}
			}
			for i, quoted := range l.quoted {
				if quoted == slices.Contains(bare, i) {
					t.Errorf("field %d of %q: quoted %v", i+1, f, quoted)
				}
			}
			for _, i := range []int{fErrorReason, fClassification, fClassificationReason, fTransformedHost, fTransformedURI,
				fTransformStatus, fTargetError, fELBError} {
				if f[i] != "-" {
					t.Errorf("field %d: %q", i+1, f[i])
				}
			}
			if f[fTarget] != f[fTargetList] || f[fTargetStatus] != f[fTargetStatusList] {
				t.Errorf("lists differ from fields: %q", f)
			}
			if (f[fTarget] == "-") != (f[fGroup] == "-") || (f[fTarget] == "-") != (f[fActions] != "forward") {
				t.Errorf("target, group and action do not agree: %q", f)
			}
			if (f[fCipher] == "-") != (f[fType] == "http") || (f[fTLS] == "-") != (f[fType] == "http") {
				t.Errorf("type and TLS do not agree: %q", f)
			}
			colon := strings.LastIndexByte(f[fClient], ':')
			address := netip.MustParseAddr(f[fClient][:colon])
			if !slices.ContainsFunc(documentation, func(p netip.Prefix) bool { return p.Contains(address) }) {
				t.Errorf("client %v is not for documentation", address)
			}
			if address.Is6() {
				ipv6++
			}
			if strings.Count(f[fRequest], " ") > 2 {
				spaces++
			}
			if seen[f[fTrace]] && f[fTrace] != "-" {
				t.Errorf("trace id twice: %s", f[fTrace])
			}
			seen[f[fTrace]] = true
			if f[fTrace] != "-" {
				epoch, err := strconv.ParseInt(f[fTrace][7:15], 16, 64)
				if created := l.time(t, fCreated); err != nil || epoch != created.Unix() {
					t.Errorf("trace id %s of %v", f[fTrace], created)
				}
			}
			checkTimes(t, l)
			if at := l.time(t, fTime); at.Before(before) {
				inversions++
			} else {
				before = at
			}
			types[f[fType]]++
			statuses[f[fStatus]]++
		}
	}
	for _, typ := range []string{"http", "https", "h2", "wss"} {
		if types[typ] == 0 {
			t.Errorf("no %s among %v", typ, types)
		}
	}
	for _, status := range []string{"101", "200", "301", "302", "304", "400", "403", "404", "500", "504"} {
		if statuses[status] == 0 {
			t.Errorf("no %s among %v", status, statuses)
		}
	}
	n := len(seen)
	if inversions == 0 || inversions > n/5 {
		t.Errorf("%d of %d lines out of order", inversions, n)
	}
	if ipv6 < n/5 || ipv6 > n/2 {
		t.Errorf("%d of %d clients have IPv6", ipv6, n)
	}
	if spaces == 0 {
		t.Error("no URL with a blank")
	}
}

// checkTimes holds the wall to the three times.
func checkTimes(t *testing.T, l line) {
	t.Helper()
	wall := l.wall(t)
	if wall < 90*time.Microsecond {
		t.Errorf("wall %v: %q", wall, l.fields)
	}
	r, okR := l.seconds(t, fRequestTime)
	tgt, okT := l.seconds(t, fTargetTime)
	p, okP := l.seconds(t, fResponseTime)
	sent, _ := strconv.Atoi(l.fields[fSent])
	if okT != okP || okT && !okR {
		t.Errorf("times %q", l.fields[fRequestTime:fStatus])
	}
	if !okT || l.fields[fType] == "wss" || sent > 256<<10 {
		return
	}
	if extra := wall - r - tgt - p; extra < -200*time.Microsecond || extra > 1300*time.Microsecond {
		t.Errorf("wall is %v more than the times: %q", extra, l.fields)
	}
}

var keyForm = regexp.MustCompile(`^AWSLogs/111122223333/elasticloadbalancing/us-east-1/(\d{4}/\d\d/\d\d)/` +
	`111122223333_elasticloadbalancing_us-east-1_app\.shop\.50dc6c495c0c9188_(\d{8}T\d{4}Z)_(203\.0\.113\.\d+)_[0-9a-z]{8}\.log\.gz$`)

func TestObjects(t *testing.T) {
	cfg := small(5)
	objects := collect(t, cfg)
	if want := 3 * 4; len(objects) != want { // slots ending 23:55, 00:00, 00:05, 00:10
		t.Errorf("%d objects, want %d", len(objects), want)
	}
	keys, records := map[string]bool{}, 0
	last := ""
	for _, o := range objects {
		m := keyForm.FindStringSubmatch(o.Key)
		if m == nil || keys[o.Key] {
			t.Fatalf("key %s", o.Key)
		}
		keys[o.Key] = true
		end, err := time.Parse("20060102T1504Z", m[2])
		if err != nil || end.Minute()%5 != 0 || end.Format("2006/01/02") != m[1] {
			t.Errorf("key %s: %v", o.Key, err)
		}
		if m[2] < last {
			t.Errorf("%s comes after %s", m[2], last)
		}
		last = m[2]
		lines := o.lines(t)
		if len(lines) != o.Records || int64(len(o.text(t))) != o.Bytes {
			t.Errorf("%s: %d lines, %d bytes, said %d, %d", o.Key, len(lines), len(o.text(t)), o.Records, o.Bytes)
		}
		records += o.Records
		for _, l := range lines {
			at := l.time(t, fTime)
			if at.Before(end.Add(-5*time.Minute)) || !at.Before(end) || l.fields[fNode] != m[3] {
				t.Errorf("%q is not of %s", l.fields, o.Key)
			}
			if at.Before(cfg.Start) || !at.Before(cfg.Start.Add(cfg.Duration)) {
				t.Errorf("%v is outside the log", at)
			}
		}
	}
	if want := 8 * 14 * 60; records < want*95/100 || records > want*105/100 {
		t.Errorf("%d records, want about %d", records, want)
	}
}

// checkTruth holds a line to its truth: which records need one, by the words of
// the contract, and what a row of each cause looks like.
func checkTruth(t *testing.T, l line, truth *Truth) {
	t.Helper()
	f := l.fields
	if truth == nil {
		byRule := f[fTarget] == "-"
		if f[fStatus] >= "500" || byRule && f[fStatus] >= "400" || !byRule && f[fStatus] != f[fTargetStatus] {
			t.Errorf("failed without a truth: %q", f)
		}
		return
	}
	if truth.TraceID != f[fTrace] {
		t.Fatalf("truth %+v, line %q", truth, f)
	}
	if target := strings.TrimSuffix(f[fTarget], "-"); truth.Target != target {
		t.Errorf("truth %+v, target %q", truth, target)
	}
	times := strings.Join(f[fRequestTime:fStatus], " ")
	wall := l.wall(t)
	ok := false
	switch truth.Cause {
	case ConnectTimeout:
		ok = f[fStatus] == "504" && f[fTargetStatus] == "-" && times == "-1 -1 -1" && truth.Target != "" &&
			wall >= 10*time.Second && wall <= 10*time.Second+20*time.Millisecond
	case IdleTimeout:
		_, sent := l.seconds(t, fRequestTime)
		ok = f[fStatus] == "504" && f[fTargetStatus] == "-" && sent && strings.HasSuffix(times, " -1 -1") && truth.Target != "" &&
			wall >= 60*time.Second && wall < 60*time.Second+100*time.Millisecond
	case TargetError:
		ok = f[fStatus] == "500" && f[fTargetStatus] == "500"
	case FixedResponse:
		ok = f[fStatus] == "403" && f[fTarget] == "-" && f[fActions] == "fixed-response" && times == "-1 -1 -1"
	case ClientError:
		ok = f[fStatus] == "400" && f[fTarget] == "-" && f[fActions] == "-" && times == "-1 -1 -1"
	}
	if !ok {
		t.Errorf("%s: %q, wall %v", truth.Cause, f, wall)
	}
	if path, _, _ := strings.Cut(truth.Path, "{"); !strings.Contains(f[fRequest], path) {
		t.Errorf("truth %+v, request %q", truth, f[fRequest])
	}
}

func TestTruth(t *testing.T) {
	causes, dead, nearLimit := map[Cause]int{}, map[string]int{}, 0
	for _, o := range collect(t, small(6)) {
		truths := map[int]*Truth{}
		for i := range o.Truth {
			if o.Truth[i].Object != o.Key || i > 0 && o.Truth[i].Line <= o.Truth[i-1].Line {
				t.Errorf("truth %+v of %s", o.Truth[i], o.Key)
			}
			truths[o.Truth[i].Line] = &o.Truth[i]
			causes[o.Truth[i].Cause]++
		}
		for i, l := range o.lines(t) {
			truth := truths[i+1]
			checkTruth(t, l, truth)
			delete(truths, i+1)
			if truth != nil && truth.Cause == ConnectTimeout {
				dead[truth.Target]++
			}
			if d, ok := l.seconds(t, fTargetTime); ok && d > 45*time.Second && l.fields[fStatus] == "200" {
				nearLimit++
			}
		}
		if len(truths) > 0 {
			t.Errorf("truths without a line: %v", truths)
		}
	}
	for _, c := range []Cause{ConnectTimeout, IdleTimeout, TargetError, FixedResponse, ClientError} {
		if causes[c] == 0 {
			t.Errorf("%d of %s", causes[c], c)
		}
	}
	if len(dead) != 1 {
		t.Errorf("dead hosts: %v", dead)
	}
	if nearLimit < 5 {
		t.Errorf("%d successes near the limit", nearLimit)
	}
}

func TestScenarios(t *testing.T) {
	want := map[string][]Cause{
		"demo": {ConnectTimeout, IdleTimeout}, // those of the discrete-event model are TestEveryScenario's
	}
	for _, s := range Scenarios() {
		if got, ok := Lookup(s.Name); !ok || got.Name != s.Name || s.Doc == "" {
			t.Errorf("Lookup(%q) = %v, %v", s.Name, got, ok)
		}
		injected, ok := want[s.Name]
		if !ok {
			continue
		}
		counts, records := map[Cause]int{}, 0
		for _, o := range collect(t, s.Config(1)) {
			records += o.Records
			for _, truth := range o.Truth {
				counts[truth.Cause]++
			}
		}
		for _, c := range []Cause{ConnectTimeout, IdleTimeout} {
			if slices.Contains(injected, c) != (counts[c] >= 50) {
				t.Errorf("%s: %d of %s", s.Name, counts[c], c)
			}
		}
		if share := float64(counts[TargetError]) / float64(records); share < 0.001 || share > 0.002 {
			t.Errorf("%s: %d of %d answers are application errors", s.Name, counts[TargetError], records)
		}
		if s.Name == "demo" && (records < 20_000 || records > 60_000) {
			t.Errorf("demo has %d records", records)
		}
	}
	if _, ok := Lookup("no such"); ok {
		t.Error("found what is not there")
	}
}

func TestCorpus(t *testing.T) {
	for _, test := range []struct{ records, objects int }{{2_250_000, 50}, {22_500_000, 500}, {200_000, 4}, {1, 2}} {
		cfg := CorpusConfig(1, test.records)
		if slots := int(cfg.Duration / slotWidth); slots*cfg.Nodes != test.objects {
			t.Errorf("%d records: %d objects, want %d", test.records, slots*cfg.Nodes, test.objects)
		}
	}
	var records, failed int
	var size, packed int64
	for _, o := range collect(t, CorpusConfig(1, 45_000)) {
		records += o.Records
		failed += len(o.Truth)
		size += o.Bytes
		packed += int64(len(o.Body))
	}
	mean, ratio, share := float64(size)/float64(records), float64(size)/float64(packed), float64(failed)/float64(records)
	if mean < 620 || mean > 700 || ratio < 7 || ratio > 9 || share < 0.008 || share > 0.013 {
		t.Errorf("%d records of %.0f bytes, compressed %.2f to 1, %.4f failed", records, mean, ratio, share)
	}
}

func TestSwing(t *testing.T) {
	cfg := Config{Seed: 8, Start: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), Duration: 24 * time.Hour, RequestsPerSecond: 0.2, Swing: 0.8}
	night, day, all := 0, 0, 0
	for _, o := range collect(t, cfg) {
		all += o.Records
		switch end := keyForm.FindStringSubmatch(o.Key)[2]; {
		case end > "20261120T0000Z" && end <= "20261120T0600Z":
			night += o.Records
		case end > "20261120T1200Z" && end <= "20261120T1800Z":
			day += o.Records
		}
	}
	if want := 0.2 * 86400; float64(all) < 0.95*want || float64(all) > 1.05*want || day < 4*night {
		t.Errorf("%d records, %d by night and %d by day", all, night, day)
	}
}

func TestBadConfig(t *testing.T) {
	for want, cfg := range map[string]Config{
		"Start":             {Start: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)},
		"Duration":          {Duration: -1},
		"RequestsPerSecond": {RequestsPerSecond: -1},
		"Swing":             {Swing: 1},
		"Account":           {Account: "../../etc"},
		"Region":            {Region: "here"},
		"LoadBalancer ":     {LoadBalancer: "a/b"},
		"LoadBalancerID":    {LoadBalancerID: "x"},
		"Nodes":             {Nodes: 65},
		"Targets":           {Targets: 1},
		"IdleTimeout":       {IdleTimeout: time.Millisecond},
		"ApplicationError":  {ApplicationError: 1.5},
		"group":             {Faults: []Fault{{Cause: ConnectTimeout}}},
		"target 3":          {Faults: []Fault{{Cause: ConnectTimeout, Group: "api", Target: 3}}},
		"path":              {Faults: []Fault{{Cause: IdleTimeout, Path: "/nowhere"}}},
		"median":            {Faults: []Fault{{Cause: IdleTimeout, Path: "/", Median: 1}}},
		"cause":             {Faults: []Fault{{Cause: TargetError}}},
		"share":             {Faults: []Fault{{Share: 2}}},
		"negative":          {Faults: []Fault{{From: -1}}},
	} {
		if _, err := Generate(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := Generate(Config{}); err != nil {
		t.Errorf("zero Config: %v", err)
	}
}

func TestWrite(t *testing.T) {
	saved := map[string][]byte{}
	save := func(name string, data []byte) error {
		saved[name] = data
		return nil
	}
	var truth bytes.Buffer
	sum, err := Write(t.Context(), save, &truth, small(9))
	if err != nil {
		t.Fatal(err)
	}
	want := collect(t, small(9))
	if sum.Objects != len(want) || len(saved) != len(want) {
		t.Errorf("%+v and %d objects saved, want %d", sum, len(saved), len(want))
	}
	records := 0
	for _, o := range want {
		records += o.Records
		if !bytes.Equal(saved[o.Key], o.Body) {
			t.Errorf("%s differs", o.Key)
		}
		for _, expected := range o.Truth {
			text, err := truth.ReadBytes('\n')
			var got Truth
			if err != nil || json.Unmarshal(text, &got) != nil || got != expected {
				t.Fatalf("truth %s, want %+v: %v", text, expected, err)
			}
		}
	}
	if sum.Records != records || truth.Len() != 0 {
		t.Errorf("%+v, want %d records; %d bytes of truth left", sum, records, truth.Len())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if sum, err := Write(ctx, save, nil, small(9)); !errors.Is(err, context.Canceled) || sum.Objects != 0 {
		t.Errorf("cancelled: %+v, %v", sum, err)
	}
	full := errors.New("disk full")
	failing := func(name string, _ []byte) error {
		if name == want[1].Key {
			return full
		}
		return nil
	}
	if sum, err := Write(t.Context(), failing, nil, small(9)); err != full || sum.Objects != 1 {
		t.Errorf("where the second object cannot be saved: %+v, %v", sum, err)
	}
}

var full = flag.Bool("simulate.full", false, "generate the whole corpus in BenchmarkGenerate")

func BenchmarkGenerate(b *testing.B) {
	records := 90_000
	if *full {
		records = 2_250_000
	}
	cfg := CorpusConfig(1, records)
	b.ReportAllocs()
	for b.Loop() {
		var size, packed int64
		n := 0
		objects, err := Generate(cfg)
		if err != nil {
			b.Fatal(err)
		}
		for o := range objects {
			size, packed, n = size+o.Bytes, packed+int64(len(o.Body)), n+o.Records
		}
		if n < records*98/100 || n > records*102/100 {
			b.Fatalf("%d records", n)
		}
		b.SetBytes(size)
		b.ReportMetric(float64(size)/float64(n), "bytes/record")
		b.ReportMetric(float64(size)/float64(packed), "ratio")
	}
}
