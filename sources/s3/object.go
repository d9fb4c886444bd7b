package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"alblens/sources"
)

// Open streams the object's stored bytes, and returns when the first of them are in memory, see prefetch. When ref has
// an ETag, an object that was replaced since is a Problem of kind Changed, and one that ends before ref.Size is one of
// kind Truncated; a connection that breaks or falls silent is made good by asking for the rest.
func (s *Store) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	o := &object{ctx: ctx, store: s, name: ref.Name, size: -1}
	if ref.ETag != "" {
		o.etag, o.size = &ref.ETag, ref.Size
	}
	if err := o.get(); err != nil {
		return nil, err
	}
	o.prefetch()
	return o, nil
}

// prefetch is how much of an object is read ahead of whoever reads it, and prefetchAll how much of all that are open at
// once: most log objects are smaller, so that their requests are over, and the connections free, before their turn comes.
//
// Objects below smallObject have a buffer of their size: the others are kept, one for each object that may be open.
//
// Note: larger objects are not read in parts on several connections. One connection yields more than a core inflates, and
// as many objects are under way at once as there are connections.
const (
	prefetch    = 256 << 10
	prefetchAll = 64 << 20
	smallObject = 16 << 10
)

// object is an open object. It is read by one goroutine.
type object struct {
	ctx   context.Context
	store *Store
	name  string
	etag  *string

	ahead  *[]byte       // what was prefetched, perhaps of store.buffers; nil once it is given back
	rest   []byte        // what of it is not handed out yet
	after  error         // what reading on would give; nil: the body does
	body   io.ReadCloser // the answer at hand
	broken error         // why body is of no use any more
	off    int64         // bytes taken from bodies so far
	size   int64         // of the whole object; -1 when nobody told
	vain   int           // times the stream was taken up again since it last got on
	mark   int64         // off then
}

const (
	// maxVain bounds how often one object's stream is taken up again without getting on. Each time is a request of its
	// own, with the SDK's own retries.
	maxVain = 5
	// progress is how many bytes more count as getting on.
	progress = 64 << 10
)

// get asks for the object from off on.
func (o *object) get() error {
	bucket, key := split(o.name)
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key, IfMatch: o.etag, RequestPayer: o.store.payer()}
	if o.off > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", o.off))
	}
	var checks []func(*s3.Options)
	if o.etag != nil {
		checks = append(checks, isObject)
	}
	o.store.gets.Add(1)
	out, err := do(o.ctx, o.store, bucket, func(c *s3.Client) (*s3.GetObjectOutput, error) {
		return c.GetObject(o.ctx, in, checks...)
	})
	if err != nil {
		return o.store.problem(o.ctx, o.name, get, err)
	}
	if o.etag != nil && bareETag(*out.ETag) != bareETag(*o.etag) { // not every server heeds If-Match
		out.Body.Close()
		return &sources.Problem{Name: o.name, Kind: sources.Changed, Err: errReplaced}
	}
	if o.off > 0 && !startsAt(out.ContentRange, o.off) {
		out.Body.Close()
		return &sources.Problem{Name: o.name, Kind: sources.Unreadable,
			Err: fmt.Errorf("broken off after %d bytes, and the server does not give the rest", o.off)}
	}
	if o.off == 0 && o.size < 0 && out.ContentLength != nil {
		o.size = *out.ContentLength
	}
	// The rest must be the rest of the same content.
	if o.etag == nil {
		o.etag = out.ETag
	}
	o.body = out.Body
	return nil
}

// bareETag is an ETag without its quotes and the mark that proxies put on it who packed what they passed on.
func bareETag(etag string) string { return strings.Trim(strings.TrimPrefix(etag, "W/"), `"`) }

// startsAt reports whether a Content-Range, such as "bytes 7-11/12", begins at off.
func startsAt(contentRange *string, off int64) bool {
	text, ok := strings.CutPrefix(aws.ToString(contentRange), "bytes ")
	first, _, ok2 := strings.Cut(text, "-")
	return ok && ok2 && first == strconv.FormatInt(off, 10)
}

// prefetch fills ahead. What goes wrong meanwhile is told by Read, in its turn.
func (o *object) prefetch() {
	var buffer *[]byte
	if o.size >= 0 && o.size < smallObject {
		buffer = new(make([]byte, o.size+1)) // and its end
	} else if buffer, _ = o.store.buffers.Get().(*[]byte); buffer == nil {
		buffer = new(make([]byte, min(prefetch, prefetchAll/max(o.store.opt.Concurrency, 1))))
	}
	n := 0
	for n < len(*buffer) && o.after == nil {
		var m int
		m, o.after = o.read((*buffer)[n:])
		n += m
	}
	o.ahead, o.rest = buffer, (*buffer)[:n]
	if o.after != nil {
		o.body.Close()
	}
}

func (o *object) Read(p []byte) (int, error) {
	if len(o.rest) > 0 {
		n := copy(p, o.rest)
		o.rest = o.rest[n:]
		return n, nil
	}
	o.release()
	if o.after != nil {
		return 0, o.after
	}
	n, err := o.read(p)
	o.after = err
	return n, err
}

// release gives the buffer of prefetch back, if it is one to keep.
func (o *object) release() {
	if o.ahead != nil && len(*o.ahead) > smallObject {
		o.store.buffers.Put(o.ahead)
	}
	o.ahead, o.rest = nil, nil
}

// read reads from the bodies, one after the other if they break.
func (o *object) read(p []byte) (int, error) {
	for {
		if o.broken == nil {
			n, err := o.body.Read(p)
			o.off += int64(n)
			if surplus := o.off - o.size; o.size >= 0 && surplus > 0 {
				return n - int(min(surplus, int64(n))), &sources.Problem{Name: o.name, Kind: sources.Unreadable,
					Err: fmt.Errorf("the server sends more than the %d bytes it told of", o.size)}
			}
			if err == io.EOF && o.off < o.size {
				err = io.ErrUnexpectedEOF // the answer was shorter than the object
			}
			if err == io.EOF {
				o.gotOn()
				return n, io.EOF
			}
			o.broken = err
			if n > 0 || err == nil {
				return n, nil
			}
		}
		if done, err := o.resume(); done {
			return 0, err
		}
	}
}

// resume takes the stream up again after broken, or says how it ends.
func (o *object) resume() (done bool, err error) {
	if o.off == o.size && !isChecksum(o.broken) {
		o.gotOn()
		return true, io.EOF // it broke when all was there: the server promised more than there is
	}
	if o.off-o.mark >= progress {
		o.gotOn()
	}
	// A checksum that does not match will not get better.
	if o.off >= o.size || o.vain == maxVain {
		return true, o.ended()
	}
	if err := o.store.patience.pause(o.ctx, o.vain+1); err != nil {
		o.broken = &unretried{o.broken, err}
		return true, o.ended()
	}
	o.vain++
	o.body.Close()
	if err := o.get(); err != nil {
		return true, err
	}
	o.broken = nil
	return false, nil
}

// gotOn begins to count anew how often the stream was taken up again, which went well: it costs nothing of the budget.
func (o *object) gotOn() {
	o.store.patience.refund(o.vain)
	o.mark, o.vain = o.off, 0
}

// isChecksum reports whether the SDK read a body whose checksum is another than the header's. It has no type for that.
func isChecksum(err error) bool { return strings.Contains(err.Error(), "checksum did not match") }

// ended is why the stream is not taken up again.
func (o *object) ended() error {
	if o.ctx.Err() == nil && errors.Is(o.broken, io.ErrUnexpectedEOF) {
		text := fmt.Sprintf("every answer broke off early, the last after %d of %d bytes: %v", o.off, o.size, o.broken)
		if spent(o.broken) {
			text += spentSuffix
		}
		return &sources.Problem{Name: o.name, Kind: sources.Truncated, Hint: "run again later", Err: &plain{text, o.broken}}
	}
	return o.store.problem(o.ctx, o.name, get, o.broken)
}

// Close ends the request. It never fails: there is nothing to be lost.
func (o *object) Close() error {
	o.release()
	o.body.Close()
	return nil
}
