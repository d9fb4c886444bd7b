package s3

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"alblens/sources"
)

// Open streams the object's stored bytes. When ref has an ETag, an object that
// was replaced since is a Problem of kind Changed; a connection that breaks is
// made good by asking for the rest.
func (s *Store) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	o := &object{ctx: ctx, store: s, name: ref.Name, size: -1}
	if ref.ETag != "" {
		o.etag = &ref.ETag
	}
	if err := o.get(); err != nil {
		return nil, err
	}
	return o, nil
}

// object is an open object. It is read by one goroutine.
type object struct {
	ctx   context.Context
	store *Store
	name  string
	etag  *string

	body    io.ReadCloser
	broken  error // why body is of no use any more
	off     int64 // bytes read so far
	size    int64 // of the whole object; -1 when the server does not tell
	resumed int   // times the stream was taken up again
}

// maxResumes bounds how often one object's stream is taken up again. Each is a
// request of its own, with the SDK's own retries.
const maxResumes = 5

// get asks for the object from off on.
func (o *object) get() error {
	bucket, key := split(o.name)
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key, IfMatch: o.etag, RequestPayer: o.store.payer()}
	if o.off > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", o.off))
	}
	out, err := do(o.ctx, o.store, bucket, func(c *s3.Client) (*s3.GetObjectOutput, error) {
		return c.GetObject(o.ctx, in)
	})
	if err != nil {
		return o.store.problem(o.ctx, o.name, get, err)
	}
	if o.off == 0 && out.ContentLength != nil {
		o.size = *out.ContentLength
	}
	if o.off > 0 && out.ContentRange == nil {
		out.Body.Close()
		return &sources.Problem{Name: o.name, Kind: sources.Unreadable,
			Err: fmt.Errorf("broken off after %d bytes, and the server gives no partial content", o.off)}
	}
	// The rest must be the rest of the same content.
	if o.etag == nil {
		o.etag = out.ETag
	}
	o.body = out.Body
	return nil
}

func (o *object) Read(p []byte) (int, error) {
	for {
		if o.broken == nil {
			n, err := o.body.Read(p)
			o.off += int64(n)
			if err == io.EOF {
				return n, io.EOF
			}
			o.broken = err
			if n > 0 || err == nil {
				return n, nil
			}
		}
		if err := o.resume(); err != nil {
			return 0, err
		}
	}
}

// resume takes the stream up again after broken.
func (o *object) resume() error {
	// At the end of the object the bytes are all there, and what is wrong with
	// them (a checksum) will not get better.
	if o.off >= o.size || o.resumed == maxResumes || o.ctx.Err() != nil {
		return o.store.problem(o.ctx, o.name, get, o.broken)
	}
	o.resumed++
	select {
	case <-time.After(50 * time.Millisecond << o.resumed): // 0.1 s to 1.6 s
	case <-o.ctx.Done():
		return o.ctx.Err()
	}
	o.body.Close()
	if err := o.get(); err != nil {
		return err
	}
	o.broken = nil
	return nil
}

// Close ends the request. It never fails: there is nothing to be lost.
func (o *object) Close() error {
	o.body.Close()
	return nil
}
