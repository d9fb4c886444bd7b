package scan

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"alblens/internal/faultproxy"
	"alblens/internal/logname"
	"alblens/internal/s3test"
	"alblens/partial"
	"alblens/plan"
	"alblens/sources"
	"alblens/sources/s3"
)

var update = flag.Bool("update", false, "write the table of docs/reliability.md anew")

// A rig is logs in a bucket of a real S3 server, behind a proxy that spoils its answers.
type rig struct {
	*testing.T
	server *s3test.Server
	bucket string
	keys   []string // of the logs, in the order of the plan
	texts  []string // what they hold
	second s3test.Account
	proxy  *faultproxy.Proxy
	stall  time.Duration
	dial   *atomic.Int64 // dials that will find no address; below 0: all
}

const (
	rigLogs = 24
	// rigBig is every which log is read in two ways: its first part ahead, the rest when its turn comes.
	rigBig = 11
	// Empty objects before and behind the logs, which are not read, make a listing of three pages whose first ends
	// between the logs.
	rigBefore, rigBehind = 1000 - rigLogs/2, 1500
)

func newRig(t *testing.T) *rig {
	server := s3test.Start(t)
	r := &rig{T: t, server: server, bucket: server.Bucket(t), second: server.User(t, "second"), dial: &atomic.Int64{}, stall: 250 * time.Millisecond}
	server.Allow(t, r.bucket, r.second.AccessKey, "s3:ListBucket", "s3:GetObject")
	var puts sync.WaitGroup
	turn := make(chan struct{}, 8)
	put := func(key, content string) {
		turn <- struct{}{}
		puts.Go(func() {
			server.Put(t, r.bucket, key, []byte(content))
			<-turn
		})
	}
	for i := range rigBefore {
		put(fmt.Sprintf("logs/AAA/%04d", i), "")
	}
	for i := range rigBehind {
		put(fmt.Sprintf("logs/ZZZ/%04d", i), "")
	}
	end, from := time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC), 0
	for i := range rigLogs {
		lines := 40
		if i%rigBig == 0 {
			lines = 1200 // 500 KB
		}
		r.keys = append(r.keys, "logs/AWSLogs/111122223333/elasticloadbalancing/eu-west-3/2026/11/20/111122223333_elasticloadbalancing_eu-west-3_app.shop.50dc6c495c0c9188_"+
			end.Add(time.Duration(i)*logname.Slot).Format(logname.Stamp)+"_10.0.0.1_"+strconv.Itoa(i)+".log.gz")
		r.texts = append(r.texts, logText(from, from+lines))
		put(r.keys[i], stored(r.texts[i]))
		from += lines
	}
	puts.Wait()
	r.proxy = faultproxy.Start(t, server.URL)
	server.Setenv(t, server.Root)
	t.Setenv("AWS_ENDPOINT_URL", r.proxy.URL)
	return r
}

func (r *rig) url() string         { return "s3://" + r.bucket + "/logs/" }
func (r *rig) name(log int) string { return "s3://" + r.bucket + "/" + r.keys[log] }
func (r *rig) restore(log int) {
	r.server.Put(r.T, r.bucket, r.keys[log], []byte(stored(r.texts[log])))
}

// key is the key that a request is about; "" for the bucket.
func key(q *http.Request) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(q.URL.Path, "/"), "/")
	return key
}

func isListing(q *http.Request) bool { return q.URL.Query().Has("list-type") }

// read summarizes the bucket, as analyze does. afterListing is called between listing and reading.
func (r *rig) read(choose func(*http.Request) faultproxy.Fault, afterListing func()) *partial.Result {
	r.Helper()
	r.dial.Store(0)
	var dialer net.Dialer
	store := s3.New(s3.Options{Concurrency: 6, Stall: r.stall, Backoff: 2 * time.Millisecond,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if n := r.dial.Load(); n < 0 || n > 0 && r.dial.Add(-1) >= 0 {
				return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "server misbehaving", Name: "s3.example", IsTemporary: true}}
			}
			return dialer.DialContext(ctx, network, address)
		}})
	src, err := sources.Parse([]string{r.url()}, sources.Options{Stores: map[string]sources.Store{s3.Scheme: store}})
	if err != nil {
		r.Fatal(err)
	}
	r.proxy.Use(choose)
	defer r.proxy.Use(nil)
	p, err := plan.Build(r.Context(), src, sources.Selection{})
	if err != nil {
		r.Fatal(err)
	}
	if afterListing != nil {
		afterListing()
	}
	whole, err := Summarize(r.Context(), src, p, options(), Config{Jobs: 2, Ahead: 6})
	if err != nil {
		r.Fatal(err)
	}
	return whole.Freeze()
}

// missing are the problems of a run that are none of the rig's own, by name.
func missing(l *partial.Ledger) map[string]partial.Problem {
	named := map[string]partial.Problem{}
	for _, p := range l.Problems {
		if p.Kind != partial.Skipped {
			named[p.Name] = p
		}
	}
	return named
}

// check holds that the run read every line of every log but for what its problems name.
func (r *rig) check(got *partial.Result) map[string]partial.Problem {
	r.Helper()
	named := missing(&got.Ledger)
	listed := rigLogs
	if _, ok := named[r.url()]; ok { // the listing ended early: what came before it did was read
		listed = int(got.Ledger.Objects - got.Ledger.Skipped - int64(len(named)))
	}
	m := &memory{}
	for i, text := range r.texts[:listed] {
		if p, ok := named[r.name(i)]; ok {
			kept := strings.SplitAfterN(text, "\n", int(p.RecordsKept)+1)
			text = strings.Join(kept[:p.RecordsKept], "")
		}
		if text != "" {
			m.objects = append(m.objects, object{name: r.name(i), body: text})
		}
	}
	whole, err := Summarize(r.Context(), m, m.plan(r.T), options(), Config{Jobs: 1})
	if err != nil {
		r.Fatal(err)
	}
	want := whole.Freeze()
	if got.Ledger.Records != want.Ledger.Records {
		r.Errorf("%d records, want %d; problems %+v", got.Ledger.Records, want.Ledger.Records, named)
	} else if !reflect.DeepEqual(got.Counts, want.Counts) || !reflect.DeepEqual(got.Evidence, want.Evidence) {
		r.Errorf("other counts or evidence than of the lines that were read; problems %+v", named)
	}
	return named
}

// A trouble is a row of the matrix: what goes wrong for one log, or one page of the listing, and the kind of the problem
// that has to come of it; "" where the run has to be as if nothing had been.
type trouble struct {
	what  string
	kind  sources.Kind
	times int // requests that meet it; 0: all from then on
	fault func(share float64) faultproxy.Fault

	garbled bool                  // lines before the damage is noticed may be other ones
	listing bool                  // meets a page of the listing instead of a log
	others  bool                  // may take more logs than the one
	before  func(r *rig)          // prepares the run
	between func(r *rig, log int) // happens when the listing is done
	during  func(r *rig, log int) // happens when the fault does
}

// always makes a fault that knows no place in the body.
func always(f faultproxy.Fault) func(float64) faultproxy.Fault {
	return func(float64) faultproxy.Fault { return f }
}

var (
	slowDown     = faultproxy.Error(503, "SlowDown", "Please reduce your request rate.")
	internal     = faultproxy.Error(500, "InternalError", "We encountered an internal error. Please try again.")
	expiredToken = faultproxy.Error(400, "ExpiredToken", "The provided token has expired.")
)

var troubles = []trouble{
	{what: "`503 SlowDown`, three times", times: 3, fault: always(slowDown)},
	{what: "`503 SlowDown`, for good", kind: sources.Throttled, fault: always(slowDown)},
	{what: "`500 InternalError`, three times", times: 3, fault: always(internal)},
	{what: "`500 InternalError`, for good", kind: sources.Unreadable, fault: always(internal)},
	{what: "no answer, once", times: 1, fault: always(faultproxy.Silence())},
	{what: "no answer, for good", kind: sources.Unreachable, fault: always(faultproxy.Silence())},
	{what: "connection reset in the body, twice", times: 2, fault: faultproxy.Reset},
	{what: "connection reset in the body, for good", kind: sources.Unreachable, fault: faultproxy.Reset},
	{what: "connection closed in the body, twice", times: 2, fault: faultproxy.Close},
	{what: "connection closed in the body, for good", kind: sources.Truncated, fault: faultproxy.Close},
	{what: "silence in the body, once", times: 1, fault: faultproxy.Stall},
	{what: "silence in the body, for good", kind: sources.Unreachable, fault: faultproxy.Stall},
	{what: "body cut short, `Content-Length` to match, twice", times: 2, fault: faultproxy.Short},
	{what: "`Content-Length` too long", fault: always(faultproxy.Long(1000))},
	{what: "more bytes than were listed", kind: sources.Unreadable, fault: always(faultproxy.Surplus(1000))},
	{what: "wrong `Content-Encoding`", fault: always(faultproxy.Encoded("gzip"))},
	{what: "a web page for an answer, twice", times: 2, fault: always(faultproxy.Page())},
	{what: "a web page for an answer, for good", kind: sources.Unreadable, fault: always(faultproxy.Page())},
	{what: "a bit flipped", kind: "corrupt", fault: faultproxy.Flip, garbled: true},
	{what: "no address for the server, for a while", times: 1, fault: faultproxy.Reset,
		during: func(r *rig, _ int) { r.dial.Store(2) }},
	{what: "no address for the server, for good", kind: sources.Unreachable, fault: faultproxy.Reset, others: true,
		during: func(r *rig, _ int) { r.dial.Store(-1) }},
	{what: "credentials expire, and new ones are there", fault: expiredFirst, before: sharedFile,
		during: func(r *rig, _ int) { r.credentials(r.second) }},
	{what: "credentials expire, and no new ones are there", kind: sources.Expired, fault: always(expiredToken), before: sharedFile},
	{what: "redirected to another region", times: 1, fault: always(faultproxy.Redirect("us-west-2"))},
	{what: "object replaced after it was listed", kind: sources.Changed,
		between: func(r *rig, log int) { r.server.Put(r.T, r.bucket, r.keys[log], []byte(stored(logText(0, 7)))) }},
	{what: "object replaced while it is read", kind: sources.Changed, times: 1, fault: faultproxy.Reset,
		during: func(r *rig, log int) { r.server.Put(r.T, r.bucket, r.keys[log], []byte(stored(logText(0, 7)))) }},
	{what: "object deleted after it was listed", kind: sources.NotFound,
		between: func(r *rig, log int) { r.server.Delete(r.T, r.bucket, r.keys[log]) }},
	{what: "`403 AccessDenied` on a key", kind: sources.Denied, fault: always(faultproxy.Error(403, "AccessDenied", "Access Denied"))},
	{what: "`403 InvalidObjectState`: in Glacier", kind: sources.Archived,
		fault: always(faultproxy.Error(403, "InvalidObjectState", "The operation is not valid for the object's storage class"))},
	{what: "`403`, no leave to use the KMS key", kind: sources.Denied,
		fault: always(faultproxy.Error(403, "AccessDenied", "User: arn:aws:iam::1:user/u is not authorized to perform: kms:Decrypt on the resource"))},
	{what: "listing: `503 SlowDown`, three times", times: 3, fault: always(slowDown), listing: true},
	{what: "listing: `503 SlowDown`, for good", kind: sources.Throttled, fault: always(slowDown), listing: true},
	{what: "listing: connection reset, twice", times: 2, fault: faultproxy.Reset, listing: true},
	{what: "listing: answer cut short, twice", times: 2, fault: faultproxy.Short, listing: true},
	{what: "listing: answer cut short, for good", kind: sources.Unreadable, fault: faultproxy.Short, listing: true},
	{what: "listing: an empty answer, twice", times: 2, fault: always(faultproxy.Short(0)), listing: true},
	{what: "listing: a web page for an answer, for good", kind: sources.Unreadable, fault: always(faultproxy.Page()), listing: true},
	{what: "listing: silence in the answer, once", times: 1, fault: faultproxy.Stall, listing: true},
	{what: "listing: credentials expire, and new ones are there", fault: expiredFirst, listing: true, before: sharedFile,
		during: func(r *rig, _ int) { r.credentials(r.second) }},
}

// expiredFirst refuses the first credentials.
func expiredFirst(float64) faultproxy.Fault {
	return func(w http.ResponseWriter, q *http.Request, a *faultproxy.Answer) {
		if strings.Contains(q.Header.Get("Authorization"), "/second") || strings.Contains(q.Header.Get("Authorization"), "=second/") {
			faultproxy.Pass(w, q, a)
			return
		}
		expiredToken(w, q, a)
	}
}

// sharedFile has the credentials stand in the shared file.
func sharedFile(r *rig) {
	r.Setenv("AWS_ACCESS_KEY_ID", "")
	r.Setenv("AWS_SECRET_ACCESS_KEY", "")
	r.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(r.TempDir(), "credentials"))
	r.credentials(r.server.Root)
}

func (r *rig) credentials(a s3test.Account) {
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", a.AccessKey, a.SecretKey)
	if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(text), 0o600); err != nil {
		r.Error(err)
	}
}

// places are where in the run, and where in its body, an answer is spoiled. The last one is past what is read ahead.
var places = []struct {
	when  string
	log   int // and page, from its index
	share float64
}{{"early", 0, 0.01}, {"middle", rigBig, 0.5}, {"late", 2 * rigBig, 0.97}}

// run meets one trouble at one place.
func (tr trouble) run(r *rig, place int) map[string]partial.Problem {
	log, share := places[place].log, places[place].share
	if tr.before != nil {
		tr.before(r)
	}
	met, pages := 0, 0
	pageOf := map[string]int{} // by continuation token
	choose := func(q *http.Request) faultproxy.Fault {
		if isListing(q) {
			token := q.URL.Query().Get("continuation-token")
			if _, known := pageOf[token]; !known {
				pageOf[token] = pages
				pages++
			}
			if !tr.listing || pageOf[token] != place {
				return nil
			}
		} else if tr.listing || tr.fault == nil || key(q) != r.keys[log] {
			return nil
		}
		if met++; tr.times > 0 && met > tr.times {
			return nil
		}
		if tr.during != nil {
			tr.during(r, log)
		}
		return tr.fault(share)
	}
	between := func() {
		if tr.between != nil {
			tr.between(r, log)
		}
	}
	got := r.read(choose, between)
	if tr.fault != nil && met == 0 {
		r.Error("the fault was never met")
	}
	named := missing(&got.Ledger)
	if !tr.garbled {
		r.check(got)
	}
	victim := r.name(log)
	if tr.listing {
		victim = r.url()
		// The first page ends between the logs and the second holds the rest; what comes before the one that fails is read.
		want := rigLogs
		if tr.kind != "" {
			want = []int{0, rigLogs / 2, rigLogs}[place]
		}
		if n := int(got.Ledger.Complete); n != want {
			r.Errorf("%d logs read, want %d", n, want)
		}
	}
	if p := named[victim]; p.Kind != string(tr.kind) {
		r.Errorf("%q: %s, want kind %q", p.Kind, p.Error, tr.kind)
	}
	if _, ok := named[victim]; len(named) > 1 && !tr.others || len(named) == 1 && !ok {
		r.Errorf("problems %+v, want none but of %s", named, victim)
	}
	return named
}

// TestFaultMatrix meets every fault early, in the middle and late in the run. Where it can be survived, the summary is as
// if it had not been; else it lacks just what problems name. The table in docs/reliability.md is written with -update.
func TestFaultMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	base := newRig(t)
	if named := base.check(base.read(nil, nil)); len(named) > 0 {
		t.Fatalf("without a fault: %+v", named)
	}
	table := "| fault | early | middle | late | what is said |\n|---|---|---|---|---|\n"
	for _, tr := range troubles {
		row, said := "| "+tr.what, ""
		for i, place := range places {
			t.Run(tr.what+"/"+place.when, func(t *testing.T) {
				r := *base
				r.T = t
				defer r.restore(place.log)
				cell := "same"
				for _, p := range tr.run(&r, i) {
					cell = "`" + p.Kind + "`"
					if text := wording(&r, p); said == "" || text < said { // some logs may fail of what came of it
						said = text
					}
				}
				row += " | " + cell
			})
		}
		table += row + " | " + said + " |\n"
	}
	if !t.Failed() {
		golden(t, "../docs/reliability.md", "fault matrix", table)
	}
}

// wording is a problem's text without what differs from run to run.
func wording(r *rig, p partial.Problem) string {
	text, _, _ := strings.Cut(p.Error, "; the last ")
	text = strings.ReplaceAll(text, r.bucket, "my-logs")
	text = ports.ReplaceAllString(text, "10.0.0.9:…")
	return bytesRead.ReplaceAllString(text, "… bytes")
}

var (
	ports     = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	bytesRead = regexp.MustCompile(`\d+( of \d+)? bytes`)
)

// TestMixedFaults draws faults for every request: what can be survived is, and what cannot is named. ALBLENS_FAULT_SEEDS
// says how many seeds there are.
func TestMixedFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	seeds := 10
	if n, err := strconv.Atoi(os.Getenv("ALBLENS_FAULT_SEEDS")); err == nil {
		seeds = n
	}
	r := newRig(t)
	r.stall = time.Second // on a busy machine a true answer may take its time, and not every fault is survived six times
	passing := []func(float64) faultproxy.Fault{always(slowDown), always(internal), faultproxy.Reset, faultproxy.Close, faultproxy.Short,
		always(faultproxy.Long(100)), always(faultproxy.Encoded("br"))}
	lasting := []func(float64) faultproxy.Fault{always(slowDown), always(faultproxy.Error(403, "AccessDenied", "Access Denied")),
		always(faultproxy.Error(403, "InvalidObjectState", "archived")), always(faultproxy.Error(404, "NoSuchKey", "gone")), faultproxy.Reset, faultproxy.Close}
	lost := 0
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(uint64(seed), 17))
		var doomed []string
		doom := map[string]faultproxy.Fault{}
		for i, key := range r.keys {
			if rnd.IntN(12) == 0 {
				doom[key] = lasting[rnd.IntN(len(lasting))](0.1 + 0.8*rnd.Float64())
				doomed = append(doomed, r.name(i))
			}
		}
		met := map[string]int{}
		got := r.read(func(q *http.Request) faultproxy.Fault {
			if fault := doom[key(q)]; fault != nil {
				return fault
			}
			// A request is tried six times: three faults in a row it bears.
			if met[q.URL.String()]++; met[q.URL.String()] > 3 || rnd.IntN(3) > 0 {
				return nil
			}
			if rnd.IntN(20) == 0 {
				return faultproxy.Stall(rnd.Float64())
			}
			return passing[rnd.IntN(len(passing))](rnd.Float64())
		}, nil)
		var named []string
		for name := range r.check(got) {
			named = append(named, name)
		}
		slices.Sort(named)
		if !slices.Equal(named, doomed) {
			t.Errorf("seed %d: problems %+v, want of %v", seed, missing(&got.Ledger), doomed)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		lost += len(named)
	}
	if lost == 0 {
		t.Error("no seed lost anything: the test sees too little")
	}
}

// A store that is gone for good is given up once, not object by object for hours.
func TestBudget(t *testing.T) {
	r := newRig(t)
	asked := 0
	got := r.read(func(q *http.Request) faultproxy.Fault {
		if isListing(q) || key(q) == "" {
			return nil
		}
		asked++
		return slowDown
	}, nil)
	if named := r.check(got); len(named) != rigLogs {
		t.Errorf("%d problems, want %d", len(named), rigLogs)
	}
	// 6 at once make for 2 × 6 × 10 retries (10 at least), and every object is asked for once anyway.
	if most := 120 + rigLogs; asked > most || asked < 100 {
		t.Errorf("%d requests, want at most %d", asked, most)
	}
}

// golden compares, or writes with -update, what stands in a file between the comments that name the part.
func golden(t *testing.T, file, part, want string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+part+" -->\n", "<!-- end of "+part+" -->"
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Fatalf("%s has no %q", file, begin)
	case got == want:
	case *update:
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s differs from what was seen; go test ./scan -update writes it:\n%s", file, want)
	}
}
