package s3

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
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
			err = &pageError{err, status(out.RawResponse), first}
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
	err    error
	status int
	first  bool // nothing shows yet that there is S3 at all
}

func (e *pageError) Error() string {
	if e.status == http.StatusOK {
		return "the answer is a web page"
	}
	return "the answer is a web page, with status " + statusText(e.status)
}

func (e *pageError) Unwrap() error { return e.err }

// hopeless reports whether it is unlikely that there is S3 at all.
func (e *pageError) hopeless() bool { return e.first && e.status < http.StatusInternalServerError }

// notS3 is what to do about an answer that is not S3's, by its status.
func notS3(status int) string {
	if status < http.StatusInternalServerError {
		return "check --endpoint-url, and what stands in between: that is not S3"
	}
	return "that is not S3, but a proxy or load balancer before it: run again later, and check --endpoint-url"
}

// failure is the status of an answer that failed; 0: err is no such.
func failure(err error) int {
	if r, ok := errors.AsType[*awshttp.ResponseError](err); ok && r.HTTPStatusCode() >= http.StatusMultipleChoices {
		return r.HTTPStatusCode()
	}
	return 0
}

// statusText is a status as a person knows it.
func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

func isPage(raw any) bool {
	r, ok := raw.(*smithyhttp.Response)
	return ok && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html")
}
