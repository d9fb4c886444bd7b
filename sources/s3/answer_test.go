package s3_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"alblens/sources"
	"alblens/sources/s3"
)

// An endpoint that is a web server is told soon, and for what it is: five waits of half a second at most. That of a proxy
// whose S3 is gone for now is a 5xx as any other.
func TestWebPage(t *testing.T) {
	for _, c := range []struct {
		status int
		kind   sources.Kind
		says   string
		tries  int64
	}{
		{200, sources.Unreadable, "the answer is a web page (check --endpoint-url", 6},
		{403, sources.Unreadable, "the answer is a web page (check --endpoint-url", 1},
		{404, sources.Unreadable, "the answer is a web page (check --endpoint-url", 1},
		{502, sources.Unreadable, "StatusCode: 502", 6},
	} {
		var lists atomic.Int64
		opt := s3.Options{}
		if c.status >= 500 {
			opt.Backoff = time.Millisecond // these waits are long
		}
		store := fake(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				lists.Add(1)
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(c.status)
			w.Write([]byte("<!DOCTYPE html>\n<html><head><title>Welcome!</title></head><body><p>It works<br></body></html>\n"))
		}, opt)
		t.Setenv("AWS_MAX_ATTEMPTS", "6")
		began := time.Now()
		_, err := first(t, store, "s3://bucket/logs/")
		if took := time.Since(began); took > 3500*time.Millisecond {
			t.Errorf("%d: told after %v", c.status, took)
		}
		wantProblem(t, err, c.kind, c.says)
		if got := lists.Load(); got != c.tries {
			t.Errorf("%d: asked %d times, want %d", c.status, got, c.tries)
		}
	}
}
