package s3

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// The SDK takes whatever comes with a good status for what was asked for: nothing at all for a listing without keys, the
// web page of a proxy for an object. These are options of a request by which such an answer is asked for again, like any
// other that makes no sense.
var (
	isListing = sound("it is no listing", func(out *s3.ListObjectsV2Output) bool { return out.IsTruncated != nil })
	isObject  = sound("it is no object of S3", func(out *s3.GetObjectOutput) bool {
		if out.ETag == nil {
			out.Body.Close()
		}
		return out.ETag != nil
	})
)

// sound is the option by which answers fail that are not as they should be.
func sound[T any](fault string, ok func(T) bool) func(*s3.Options) {
	check := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, meta, err := next.HandleDeserialize(ctx, in)
		if answer, is := out.Result.(T); err == nil && !(is && ok(answer)) {
			err = &smithy.DeserializationError{Err: errors.New(fault)}
		}
		return out, meta, err
	}
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("Sound", check), middleware.Before)
	})
}
