package s3

import (
	"encoding/xml"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alblens/internal/logname"
	"alblens/internal/s3test"
	"alblens/sources"
)

// shelf answers ListObjectsV2 out of keys in memory, some at a time, and counts.
type shelf struct {
	keys     []string // sorted
	size     int      // of a page
	delay    time.Duration
	deny     func(first string) bool // whether to refuse the page that begins behind a key
	asked    atomic.Int64
	now, top atomic.Int64 // requests under way, and the most there were
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	now := s.now.Add(1)
	defer s.now.Add(-1)
	for top := s.top.Load(); now > top && !s.top.CompareAndSwap(top, now); top = s.top.Load() {
	}
	time.Sleep(s.delay)
	q := r.URL.Query()
	behind := max(q.Get("start-after"), q.Get("continuation-token"))
	if s.deny != nil && s.deny(behind) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	from, found := slices.BinarySearch(s.keys, behind)
	if found {
		from++
	}
	prefix := q.Get("prefix")
	if first, _ := slices.BinarySearch(s.keys, prefix); from < first {
		from = first
	}
	to, _ := slices.BinarySearch(s.keys, prefix+"\xff")
	rest := s.keys[from:max(from, to)]
	page := rest[:min(len(rest), s.size)]
	type content struct {
		Key  string
		Size int
	}
	answer := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		EncodingType          string
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []content
	}{EncodingType: "url", IsTruncated: len(page) < len(rest)}
	for _, key := range page {
		answer.Contents = append(answer.Contents, content{url.QueryEscape(key), 1})
	}
	if answer.IsTruncated {
		answer.NextContinuationToken = page[len(page)-1]
	}
	xml.NewEncoder(w).Encode(answer)
}

// store lists the shelf as bucket b.
func (s *shelf) store(t *testing.T) *Store {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s3test.Isolate(t)
	return New(Options{EndpointURL: server.URL, Region: "eu-west-3", NoSignRequest: true, Concurrency: 32, Backoff: time.Millisecond})
}

// listAll returns the keys in the order in which they are listed.
func listAll(t *testing.T, store *Store, sel sources.Selection) (keys []string, problems []*sources.Problem) {
	t.Helper()
	return listBelow(t, store, "", sel)
}

func listBelow(t *testing.T, store *Store, prefix string, sel sources.Selection) (keys []string, problems []*sources.Problem) {
	t.Helper()
	for ref, err := range store.List(t.Context(), "s3://b/"+prefix, sel) {
		if problem, ok := errors.AsType[*sources.Problem](err); ok {
			if problem.Kind != sources.Skipped {
				problems = append(problems, problem)
			}
		} else if err != nil {
			t.Fatal(err)
		} else {
			keys = append(keys, strings.TrimPrefix(ref.Name, "s3://b/"))
		}
	}
	return keys, problems
}

// However a long listing is cut, it finds every key that is wanted, once and in order. The buckets are those of TestAfter.
func TestListCuts(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	cut := 0
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		s := &shelf{keys: bucket(rnd), size: 1 + rnd.IntN(6)}
		sel := sources.Selection{}
		if rnd.IntN(2) == 0 {
			sel.Since = time.Date(2026, 11, 19, rnd.IntN(72), 0, 0, 0, time.UTC)
		}
		if rnd.IntN(2) == 0 {
			sel.Until = time.Date(2026, 11, 19, rnd.IntN(72), 0, 0, 0, time.UTC)
		}
		var want []string
		for _, key := range s.keys {
			if ok, _ := sel.Screen(sources.Ref{Name: key, Size: 1, Log: logname.Parse(key)}); ok {
				want = append(want, key)
			}
		}
		got, problems := listAll(t, s.store(t), sel)
		if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
			t.Fatalf("seed %d: problems %v, keys (-want +got):\n%s", seed, problems, diff)
		}
		if s.top.Load() > 1 {
			cut++
		}
	}
	if cut < 20 {
		t.Errorf("only %d listings were cut", cut)
	}
}

// year is a bucket of two load balancers in three regions, 40 days of two nodes.
func year() (keys []string) {
	for _, region := range []string{"ap-south-1", "eu-west-3", "us-east-1"} {
		for slot := range 40 * 288 {
			end := time.Date(2026, 1, 1, 0, 5, 0, 0, time.UTC).Add(time.Duration(slot) * logname.Slot)
			for _, lb := range []string{"app.one.01", "app.two.02"} {
				keys = append(keys, fmt.Sprintf("AWSLogs/111111111111/elasticloadbalancing/%s/%s/111111111111_elasticloadbalancing_%s_%s_%s_10.0.0.1_x.log.gz",
					region, end.Format(logname.DayLayout), region, lb, end.Format(logname.Stamp)))
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// A listing of the last hour, as a poll makes it every time, takes few requests however much history there is: one where
// the region is named, and else one for what came before and one for what is wanted of each region.
func TestListRecent(t *testing.T) {
	all := year()
	s := &shelf{keys: all, size: 1000}
	store := s.store(t)
	last := time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		prefix string
		keys   int // an hour and ten minutes to spare: 15 files of each load balancer, both ends included
		asked  int64
	}{
		{"AWSLogs/111111111111/elasticloadbalancing/eu-west-3/", 2 * 15, 1},
		{"AWSLogs/", 3 * 2 * 15, 6},
		{"", 3 * 2 * 15, 6},
	} {
		s.asked.Store(0)
		got, problems := listBelow(t, store, c.prefix, sources.Selection{Since: last.Add(-time.Hour)})
		if len(got) != c.keys || len(problems) > 0 || s.asked.Load() > c.asked {
			t.Errorf("%q: %d keys, want %d, by %d requests, want %d; problems %v", c.prefix, len(got), c.keys, s.asked.Load(), c.asked, problems)
		}
	}
	// A region that delivers no more still has objects: there is no problem, and none is wanted.
	got, problems := listBelow(t, store, "AWSLogs/111111111111/elasticloadbalancing/eu-west-3/", sources.Selection{Since: last.AddDate(0, 0, 7)})
	if len(got) > 0 || len(problems) > 0 {
		t.Errorf("%d keys, problems %v", len(got), problems)
	}
	_, problems = listBelow(t, store, "AWSLogs/111111111111/elasticloadbalancing/eu-west-9/", sources.Selection{Since: last})
	if len(problems) != 1 || problems[0].Kind != sources.NotFound {
		t.Errorf("problems %v of a region without objects", problems)
	}
}

// The requests of a long listing are under way together, for few more of them.
func TestListParallel(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	s := &shelf{keys: year(), size: 250, delay: 20 * time.Millisecond}
	began := time.Now()
	got, problems := listAll(t, s.store(t), sources.Selection{})
	if !slices.Equal(got, s.keys) || len(problems) > 0 {
		t.Fatalf("%d keys of %d, problems %v", len(got), len(s.keys), problems)
	}
	pages := int64(len(s.keys)+s.size-1) / int64(s.size) // 277
	t.Logf("%d requests for %d pages in %v, at most %d at once", s.asked.Load(), pages, time.Since(began), s.top.Load())
	if n := s.asked.Load(); n > pages*2 {
		t.Errorf("%d requests for %d pages", n, pages)
	}
	if top := s.top.Load(); top > maxLists || top < maxLists/2 {
		t.Errorf("at most %d requests at once, want up to %d", top, maxLists)
	}
}

// When a stretch of a long listing is refused, what comes before it is listed, and the listing is a problem.
func TestListPartlyDenied(t *testing.T) {
	s := &shelf{keys: year(), size: 1000}
	denied := "AWSLogs/111111111111/elasticloadbalancing/eu-west-3/"
	s.deny = func(first string) bool { return strings.HasPrefix(first, denied) }
	got, problems := listAll(t, s.store(t), sources.Selection{})
	if len(problems) == 0 || problems[0].Kind != sources.Denied || problems[0].Name != "s3://b/" {
		t.Errorf("problems %v", problems)
	}
	first := slices.IndexFunc(s.keys, func(key string) bool { return strings.HasPrefix(key, denied) })
	if len(got) < first || !slices.Equal(got[:first], s.keys[:first]) || !slices.IsSorted(got) {
		t.Errorf("%d keys, want the %d before those denied", len(got), first)
	}
}

// A folder is meant with all in it, though some program left an object under its very name.
func TestListFolderObject(t *testing.T) {
	s := &shelf{keys: []string{"logs/", "logs/a.log", "logs/b.log"}, size: 1000}
	got, problems := listBelow(t, s.store(t), "logs/", sources.Selection{})
	if !slices.Equal(got, s.keys) || len(problems) > 0 {
		t.Errorf("keys %q, problems %v", got, problems)
	}
}

// Whoever stops listening early is not kept waiting, and nothing goes on behind their back.
func TestListStopped(t *testing.T) {
	s := &shelf{keys: year(), size: 50}
	store := s.store(t)
	for range store.List(t.Context(), "s3://b/", sources.Selection{}) {
		break
	}
	time.Sleep(20 * time.Millisecond) // what was sent may still arrive
	asked := s.asked.Load()
	if time.Sleep(20 * time.Millisecond); s.now.Load() != 0 || s.asked.Load() != asked {
		t.Errorf("%d requests under way, %d more than before", s.now.Load(), s.asked.Load()-asked)
	}
}
