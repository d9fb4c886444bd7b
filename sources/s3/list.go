package s3

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"alblens/internal/logname"
	"alblens/sources"
)

// List yields the objects whose keys begin with the URL's, in the order of
// their keys. When one has exactly that key, it alone is meant, and Named,
// unless the key ends in a slash.
func (s *Store) List(ctx context.Context, name string, sel sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		within, stop := context.WithCancel(ctx)
		l := &lister{ctx: within, store: s, name: name, sel: sel, turn: make(chan struct{}, min(max(s.opt.Concurrency, 1), maxLists))}
		l.bucket, l.prefix = split(name)
		defer l.wg.Wait()
		defer stop()
		first := opening(l.prefix, sel)
		more := l.emit(l.begin(first, ""), yield)
		if more && first != "" && ctx.Err() == nil && !l.met.Load() && !l.failed.Load() {
			more = l.emit(l.begin("", ""), yield) // is there anything at all?
		}
		switch {
		case !more:
		case ctx.Err() != nil:
			yield(sources.Ref{}, ctx.Err())
		case !l.met.Load() && !l.failed.Load():
			yield(sources.Ref{}, nothing(name, l.prefix))
		}
	}
}

// opening returns the key behind which the keys of a prefix begin that may be wanted: the first day's, where the prefix is
// that of a region in AWS's layout. Else it returns "".
func opening(prefix string, sel sources.Selection) string {
	day, _ := sel.Days()
	if day.IsZero() {
		return ""
	}
	first := prefix + day.Format(logname.DayLayout)
	if root, _ := logname.Dated(first + "/"); root != prefix {
		return ""
	}
	return first
}

const (
	// maxLists bounds the requests of one listing that are under way at once.
	maxLists = 16
	// patientPages is how many pages of a stretch are asked for one after the other before what remains of it is cut.
	patientPages = 4
)

// A lister lists one URL. It begins with one stretch of keys, and cuts those that turn out to be long into several that
// are listed at once. Wherever a cut falls, the stretches hold all keys and each once: a bad guess costs a request and
// loses nothing.
type lister struct {
	ctx            context.Context
	store          *Store
	name           string
	bucket, prefix string
	sel            sources.Selection
	turn           chan struct{} // taken for a request
	met            atomic.Bool   // there is an object, whatever became of it
	failed         atomic.Bool
	wg             sync.WaitGroup
}

// A stretch is the keys behind after, up to and with end; "" leaves a side open.
type stretch struct {
	after, end string
	pages      chan page
}

// A page is what one request yields, in the order of the keys.
type page struct {
	found []found
	rest  []*stretch // what comes behind it; the stretch ends here
}

type found struct {
	ref sources.Ref
	err error
}

// waitingPages bounds how far a stretch may be ahead of whoever takes the objects.
const waitingPages = 100

func (l *lister) begin(after, end string) *stretch {
	x := &stretch{after, end, make(chan page, waitingPages)}
	l.wg.Go(func() {
		defer close(x.pages)
		l.run(x)
	})
	return x
}

// send hands a page on, and reports false when the listing has ended.
func (l *lister) send(x *stretch, p page) bool {
	select {
	case x.pages <- p:
		return true
	case <-l.ctx.Done():
		return false
	}
}

// emit yields what a stretch holds, and reports whether to go on.
func (l *lister) emit(x *stretch, yield func(sources.Ref, error) bool) bool {
	for page := range x.pages {
		for _, f := range page.found {
			if !yield(f.ref, f.err) {
				return false
			}
		}
		for _, next := range page.rest {
			if !l.emit(next, yield) {
				return false
			}
		}
	}
	return true
}

// run lists a stretch.
func (l *lister) run(x *stretch) {
	in := &s3.ListObjectsV2Input{
		Bucket:       &l.bucket,
		Prefix:       &l.prefix,
		RequestPayer: l.store.payer(),
		EncodingType: types.EncodingTypeUrl, // keys may hold what XML cannot
	}
	if x.after != "" {
		in.StartAfter = &x.after
	}
	whole := x.after == "" && x.end == ""
	for pages := 1; ; pages++ {
		out, err := l.ask(in)
		if err != nil {
			if l.ctx.Err() == nil {
				l.send(x, l.failure(err, whole && pages == 1))
			}
			return
		}
		p, last, ended := l.page(out, x.end, whole && pages == 1)
		if ended || !aws.ToBool(out.IsTruncated) {
			l.send(x, p)
			return
		}
		from := last
		if token := aws.ToString(out.NextContinuationToken); token == "" || token == aws.ToString(in.ContinuationToken) {
			l.send(x, p)
			l.send(x, l.failure(errNoProgress, false))
			return
		}
		in.ContinuationToken, in.StartAfter = out.NextContinuationToken, nil
		if next := after(last, l.sel); next > last {
			from = next
			in.ContinuationToken, in.StartAfter = nil, &next
		}
		switch {
		case x.end != "" && from >= x.end:
			l.send(x, p)
			return
		case pages >= patientPages:
			if cuts := cuts(from, x.end, l.sel); len(cuts) > 0 {
				for _, cut := range append(cuts, x.end) {
					p.rest = append(p.rest, l.begin(from, cut))
					from = cut
				}
				l.send(x, p)
				return
			}
		}
		if !l.send(x, p) {
			return
		}
	}
}

var errNoProgress = errors.New("the server says that there is more, and not how to get it")

func (l *lister) ask(in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	select {
	case l.turn <- struct{}{}:
	case <-l.ctx.Done():
		return nil, l.ctx.Err()
	}
	defer func() { <-l.turn }()
	return do(l.ctx, l.store, l.bucket, func(c *s3.Client) (*s3.ListObjectsV2Output, error) {
		l.store.lists.Add(1)
		return c.ListObjectsV2(l.ctx, in, isListing)
	})
}

// failure is the page of a request that failed. When nothing may be listed, the one object that the URL may name can
// perhaps be read all the same.
func (l *lister) failure(err error, first bool) page {
	l.failed.Store(true)
	err = l.store.problem(l.ctx, l.name, list, err)
	if first {
		if ref, ok := l.store.head(l.ctx, l.name, err); ok {
			return page{found: []found{{ref: ref}}}
		}
	}
	return page{found: []found{{err: err}}}
}

// page takes from an answer what is up to end and wanted. last is the last key of the answer; ended says that nothing
// behind it belongs to the stretch.
func (l *lister) page(out *s3.ListObjectsV2Output, end string, first bool) (p page, last string, ended bool) {
	for i, object := range out.Contents {
		ref, key := refer(l.bucket, out.EncodingType, object)
		if end != "" && key > end {
			return p, last, true
		}
		last = key
		if strings.HasSuffix(key, "/") && ref.Size == 0 {
			continue // stands for a folder
		}
		l.met.Store(true)
		// No key that begins with prefix sorts before prefix itself.
		ref.Named = first && i == 0 && key == l.prefix && !strings.HasSuffix(key, "/")
		if ok, skipped := l.sel.Screen(ref); ok {
			p.found = append(p.found, found{ref: ref})
		} else if skipped != nil {
			p.found = append(p.found, found{err: skipped})
		}
		if ref.Named {
			return p, last, true
		}
	}
	return p, last, false
}

func nothing(name, prefix string) *sources.Problem {
	p := &sources.Problem{Name: name, Kind: sources.NotFound, Err: sources.Nothing("no object has a key that begins so")}
	if strings.ContainsAny(prefix, "*?[{") {
		p.Hint = "globs are for local files: give a prefix"
	}
	return p
}

// after returns a key after which listing may go on once last has been seen:
// no key between the two is wanted. It returns "" or a key up to last when
// there is nothing to jump over.
//
// AWS's keys sort by region and delivery day, and within a day by load balancer
// and end time. So a page that ends before the window of its day, or of its
// load balancer, leads to the window's start, and one that ends after it leads
// past the day's, or the load balancer's, last key. A jump takes the place of
// the request for the next page and so costs nothing.
//
// Note: listing accounts, regions and days with a delimiter needs a request for
// each, knowledge of every layout (organizations add a level), and still reads
// each day in full. What the jump pays for that: a foreign object among AWS's
// own whose name begins like theirs, such as <region>/20-old/x, may be jumped
// over.
func after(last string, sel sources.Selection) string {
	const past = ":" // the character after '9': past all dates
	if root, day := logname.Dated(last); root != "" {
		from, to := sel.Days()
		switch {
		case !from.IsZero() && day.Before(from):
			return root + from.Format(logname.DayLayout)
		case !to.IsZero() && day.After(to):
			return root + past
		}
	}
	n := logname.Parse(last)
	if n.End.IsZero() {
		return ""
	}
	stem := strings.TrimSuffix(last, n.Base) + n.Stem()
	from, to := sel.Ends()
	switch {
	case n.End.Before(from):
		return stem + from.Format(logname.Stamp)
	case !to.IsZero() && !n.End.Before(to):
		return stem + past
	}
	return ""
}

// cuts guesses keys, in order, between which about as many objects may lie, behind from and before end: quarters of the
// load balancer's day at hand, its further days, and the end of what sorts with it.
func cuts(from, end string, sel sources.Selection) []string {
	const past = ":" // as in after
	const day = 24 * time.Hour
	_, until := sel.Ends()
	var all []string
	add := func(key string) {
		if key > from && (end == "" || key < end) && (len(all) == 0 || key > all[len(all)-1]) {
			all = append(all, key)
		}
	}
	root, date := logname.Dated(from)
	if n := logname.Parse(from); !n.End.IsZero() {
		stem := strings.TrimSuffix(from, n.Base) + n.Stem()
		step := day
		if root != "" {
			step = day / 4
		}
		for at := n.End.Truncate(step); at.Before(n.End.Add(cutDays * step)); {
			at = at.Add(step)
			if root != "" && at.After(date.Add(day)) || !until.IsZero() && at.After(until) {
				break
			}
			add(stem + at.Format(logname.Stamp))
		}
		add(stem + past)
	}
	if root != "" {
		for i := range cutDays {
			next := date.AddDate(0, 0, i+1)
			if _, last := sel.Days(); !last.IsZero() && next.After(last) {
				break
			}
			add(root + next.Format(logname.DayLayout))
		}
		add(root + past)
	}
	return all
}

// cutDays is how many days ahead a listing is cut.
const cutDays = 7

func refer(bucket string, encoding types.EncodingType, object types.Object) (sources.Ref, string) {
	key := aws.ToString(object.Key)
	if encoding == types.EncodingTypeUrl {
		if plain, err := url.QueryUnescape(key); err == nil {
			key = plain
		}
	}
	name := join(bucket, key)
	key = name[len(name)-len(key):] // shares memory with the name, for there may be many
	return sources.Ref{
		Name:     name,
		Size:     aws.ToInt64(object.Size),
		ETag:     aws.ToString(object.ETag),
		Modified: aws.ToTime(object.LastModified).UTC(),
		Log:      logname.Parse(key),
	}, key
}

// head looks up a key named in full after listing was denied: to read an object
// whose key one knows, s3:GetObject is enough.
func (s *Store) head(ctx context.Context, name string, denied error) (sources.Ref, bool) {
	bucket, key := split(name)
	p, ok := errors.AsType[*sources.Problem](denied)
	if !ok || p.Kind != sources.Denied || key == "" || strings.HasSuffix(key, "/") {
		return sources.Ref{}, false
	}
	out, err := do(ctx, s, bucket, func(c *s3.Client) (*s3.HeadObjectOutput, error) {
		return c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key, RequestPayer: s.payer()})
	})
	if err != nil {
		return sources.Ref{}, false
	}
	return sources.Ref{
		Name:     name,
		Size:     aws.ToInt64(out.ContentLength),
		ETag:     aws.ToString(out.ETag),
		Modified: aws.ToTime(out.LastModified).UTC(),
		Log:      logname.Parse(key),
		Named:    true,
	}, true
}
