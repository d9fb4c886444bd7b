package s3

import (
	"errors"
	"net/url"
	"strconv"
)

// isEndpoint reports whether requests can be sent to a URL.
func isEndpoint(base string) bool {
	u, err := url.Parse(base)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// An endpointError is an endpoint that is none.
type endpointError struct{ base string }

func (e *endpointError) Error() string {
	return "the endpoint " + strconv.Quote(e.base) + " is not the URL of a server"
}

// endpoint is where the request that failed with err was sent to, a URL without a path.
func endpoint(err error) string {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		if to, err := url.Parse(failed.URL); err == nil {
			return (&url.URL{Scheme: to.Scheme, Host: to.Host}).String()
		}
	}
	return "the endpoint"
}
