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
// whose S3 is gone for now is a 5xx as any other, but for what is said of it, whether its page happens to be XML or not.
func TestWebPage(t *testing.T) {
	const (
		html = "text/html; charset=utf-8"
		page = "<!DOCTYPE html>\n<html><head><title>Welcome!</title></head><body><p>It works<br></body></html>\n"
		tidy = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n"
	)
	for _, c := range []struct {
		status     int
		mime, body string
		says       string
		tries      int64
	}{
		{200, html, page, "the answer is a web page (check --endpoint-url", 6},
		{403, html, page, "the answer is a web page, with status 403 Forbidden (check --endpoint-url", 1},
		{404, html, tidy, "the answer is a web page, with status 404 Not Found (check --endpoint-url", 1},
		{502, html, page, "the answer is a web page, with status 502 Bad Gateway (that is not S3, but a proxy or load balancer before it", 6},
		{503, html, tidy, "the answer is a web page, with status 503 Service Unavailable (that is not S3, but a proxy or load balancer before it", 6},
		{520, html, page, "the answer is a web page, with status 520 (that is not S3, but a proxy or load balancer before it", 1},
		{504, "text/xml", page, "the answer makes no sense, with status 504 Gateway Timeout (that is not S3, but a proxy or load balancer before it", 6},
		{400, "text/xml", page, "the answer makes no sense, with status 400 Bad Request (check --endpoint-url", 1},
	} {
		var lists atomic.Int64
		opt := s3.Options{}
		if c.status >= http.StatusInternalServerError {
			opt.Backoff = time.Millisecond // these waits are long
		}
		store := fake(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				lists.Add(1)
			}
			w.Header().Set("Content-Type", c.mime)
			w.WriteHeader(c.status)
			w.Write([]byte(c.body))
		}, opt)
		t.Setenv("AWS_MAX_ATTEMPTS", "6")
		began := time.Now()
		_, err := first(t, store, "s3://bucket/logs/")
		if took := time.Since(began); took > 3500*time.Millisecond {
			t.Errorf("%d: told after %v", c.status, took)
		}
		wantProblem(t, err, sources.Unreadable, c.says)
		if got := lists.Load(); got != c.tries {
			t.Errorf("%d: asked %d times, want %d", c.status, got, c.tries)
		}
	}
}
