package s3

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"alblens/internal/logname"
	"alblens/sources"
)

// List yields the objects whose keys begin with the URL's, in the order of
// their keys. When one has exactly that key, it alone is meant, and Named.
func (s *Store) List(ctx context.Context, name string, sel sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		bucket, prefix := split(name)
		in := &s3.ListObjectsV2Input{
			Bucket:       &bucket,
			Prefix:       &prefix,
			RequestPayer: s.payer(),
			EncodingType: types.EncodingTypeUrl, // keys may hold what XML cannot
		}
		for met := false; ; {
			out, err := do(ctx, s, bucket, func(c *s3.Client) (*s3.ListObjectsV2Output, error) {
				return c.ListObjectsV2(ctx, in)
			})
			if err != nil {
				err = s.problem(ctx, name, list, err)
				if ref, ok := s.head(ctx, name, err); ok {
					yield(ref, nil)
				} else {
					yield(sources.Ref{}, err)
				}
				return
			}
			last := ""
			for _, object := range out.Contents {
				ref, key := refer(bucket, out.EncodingType, object)
				last = key
				if strings.HasSuffix(key, "/") && ref.Size == 0 {
					continue // stands for a folder
				}
				// No key that begins with prefix sorts before prefix itself.
				ref.Named = !met && key == prefix
				met = true
				ok, skipped := sel.Screen(ref)
				if ok && !yield(ref, nil) || skipped != nil && !yield(sources.Ref{}, skipped) || ref.Named {
					return
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				if !met {
					yield(sources.Ref{}, nothing(name, prefix))
				}
				return
			}
			in.ContinuationToken, in.StartAfter = out.NextContinuationToken, nil
			if next := after(last, sel); next > last {
				in.ContinuationToken, in.StartAfter = nil, &next
			}
		}
	}
}

func nothing(name, prefix string) *sources.Problem {
	p := &sources.Problem{Name: name, Kind: sources.NotFound, Err: errors.New("no object has a key that begins so")}
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

func refer(bucket string, encoding types.EncodingType, object types.Object) (sources.Ref, string) {
	key := aws.ToString(object.Key)
	if encoding == types.EncodingTypeUrl {
		if plain, err := url.QueryUnescape(key); err == nil {
			key = plain
		}
	}
	return sources.Ref{
		Name:     join(bucket, key),
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
