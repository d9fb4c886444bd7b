package s3

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The SDK takes whatever comes with a good status for what was asked for: nothing at all for a listing without keys, the
// web page of a proxy for an object. These are options of a request by which such an answer is asked for again, like any
// other that makes no sense.
var (
	isListing = sound("it is no listing", true, func(out *s3.ListObjectsV2Output) bool { return out.IsTruncated != nil })
	isObject  = sound("it is no object of S3", false, func(out *s3.GetObjectOutput) bool {
		if out.ETag == nil {
			out.Body.Close()
		}
		return out.ETag != nil
	})
)

// sound is the option by which answers fail that are not as they should be. A run opens with requests that are first.
func sound[T any](fault string, first bool, ok func(T) bool) func(*s3.Options) {
	check := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, meta, err := next.HandleDeserialize(ctx, in)
		if answer, is := out.Result.(T); err == nil && !(is && ok(answer)) {
			err = &smithy.DeserializationError{Err: errors.New(fault)}
		}
		if err != nil && isPage(out.RawResponse) {
			err = &pageError{err, first}
		}
		return out, meta, err
	}
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("Sound", check), middleware.Before)
	})
}

// A pageError is a web page for an answer, which no server of S3 gives: it is another that was asked, or something stands
// in between.
type pageError struct {
	err   error
	first bool // nothing shows yet that there is S3 at all
}

func (e *pageError) Error() string { return "the answer is a web page" }
func (e *pageError) Unwrap() error { return e.err }

// isPage reports whether an answer is a web page. That of a proxy whose server is gone, a 5xx, says nothing about that.
func isPage(raw any) bool {
	r, ok := raw.(*smithyhttp.Response)
	return ok && r.StatusCode < http.StatusInternalServerError && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html")
}
