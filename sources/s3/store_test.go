package s3_test

import (
	"bytes"
	"compress/gzip"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"alblens/internal/s3test"
	"alblens/sources"
	"alblens/sources/s3"
)

// first returns what listing the URL yields first.
func first(t *testing.T, store *s3.Store, url string) (sources.Ref, error) {
	t.Helper()
	for ref, err := range store.List(t.Context(), url, sources.Selection{}) {
		return ref, err
	}
	return sources.Ref{}, nil
}

// wantProblem expects err to be a Problem of this kind that says all of parts.
func wantProblem(t *testing.T, err error, kind sources.Kind, parts ...string) {
	t.Helper()
	p, ok := errors.AsType[*sources.Problem](err)
	if !ok || p.Kind != kind {
		t.Errorf("got %v, want kind %s", err, kind)
		return
	}
	for _, part := range parts {
		if !strings.Contains(p.Error(), part) {
			t.Errorf("%q does not say %q", p.Error(), part)
		}
	}
}

func TestAccess(t *testing.T) {
	server := s3test.Start(t)
	name := server.Bucket(t)
	server.Put(t, name, "logs/a.log", []byte("content"))
	prefix, object := "s3://"+name+"/logs/", "s3://"+name+"/logs/a.log"
	user := server.User(t, "reader")
	server.Setenv(t, user)
	open := func(store *s3.Store) error {
		r, err := store.Open(t.Context(), sources.Ref{Name: object})
		if err == nil {
			r.Close()
		}
		return err
	}

	store := s3.New(s3.Options{})
	_, err := first(t, store, prefix)
	wantProblem(t, err, sources.Denied, prefix+": AccessDenied", "needs s3:ListBucket on arn:aws:s3:::"+name+")")
	_, err = first(t, store, object)
	wantProblem(t, err, sources.Denied, object)
	wantProblem(t, open(store), sources.Denied, object+": AccessDenied", "needs s3:GetObject on arn:aws:s3:::"+name+"/*)")

	server.Allow(t, name, user.AccessKey, "s3:GetObject")
	if ref, err := first(t, store, object); err != nil || !ref.Named || ref.Size != 7 || ref.Name != object || ref.ETag == "" {
		t.Errorf("an object named in full, without leave to list: %+v, %v", ref, err)
	}
	if err := open(store); err != nil {
		t.Error(err)
	}

	server.Allow(t, name, user.AccessKey, "s3:ListBucket")
	if ref, err := first(t, store, prefix); err != nil || ref.Name != object {
		t.Errorf("with leave to list: %+v, %v", ref, err)
	}

	unsigned := s3.New(s3.Options{NoSignRequest: true})
	_, err = first(t, unsigned, prefix)
	wantProblem(t, err, sources.Denied, "leave out --no-sign-request")
	server.Allow(t, name, "*", "s3:ListBucket", "s3:GetObject")
	if ref, err := first(t, unsigned, prefix); err != nil || ref.Name != object {
		t.Errorf("unsigned: %+v, %v", ref, err)
	}
	if err := open(unsigned); err != nil {
		t.Errorf("unsigned: %v", err)
	}

	_, err = first(t, store, "s3://no-such-bucket/logs/")
	wantProblem(t, err, sources.NotFound, "s3://no-such-bucket/logs/: NoSuchBucket", "check the bucket's name")
	_, err = first(t, unsigned, "s3://"+name+"/logs/*.gz")
	wantProblem(t, err, sources.NotFound, "globs are for local files")

	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	_, err = first(t, s3.New(s3.Options{}), prefix)
	wantProblem(t, err, sources.Denied, "SignatureDoesNotMatch", "aws sts get-caller-identity")
	t.Setenv("AWS_ACCESS_KEY_ID", "nobody")
	_, err = first(t, s3.New(s3.Options{}), prefix)
	wantProblem(t, err, sources.Denied, "InvalidAccessKeyId")
}

func TestExactKey(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	p := bucket{server, server.Bucket(t), s3.New(s3.Options{})}
	p.put(t, "logs/a.log", "a")
	p.put(t, "logs/a.log.gz", "gz")
	p.put(t, "logs/a/", "") // a folder, as the console makes them
	for arg, want := range map[string][]string{
		"logs/a.log": {"logs/a.log"},
		"logs/a.lo":  {"logs/a.log", "logs/a.log.gz"},
		"":           {"logs/a.log", "logs/a.log.gz"},
	} {
		got, _ := list(t, p, sources.Selection{}, arg)
		if diff := cmp.Diff(want, keys(p, got.refs)); diff != "" || got.refs[0].Named != (arg == "logs/a.log") {
			t.Errorf("%q: %+v (-want +got):\n%s", arg, got.refs, diff)
		}
	}
	got, _ := list(t, p, sources.Selection{}, "logs/a/")
	if len(got.refs) != 0 || len(got.problems) != 1 || !strings.HasPrefix(got.problems[0], "not-found logs/a/:") {
		t.Errorf("a folder's object alone: %+v", got)
	}
}

// An object replaced between listing and reading would make the listing a lie.
func TestReplaced(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	p := bucket{server, server.Bucket(t), s3.New(s3.Options{})}
	p.put(t, "logs/a.log", "old")
	got, src := list(t, p, sources.Selection{}, "logs/")
	p.put(t, "logs/a.log", "new")
	_, err := src.Open(t.Context(), got.refs[0])
	wantProblem(t, err, sources.Changed, p.arg("logs/a.log")+": replaced since it was listed")
}

// Content-Encoding says what a client should do for its user; logs are wanted
// as stored.
func TestStoredBytes(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("line\n"))
	z.Close()
	store := fake(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed.Bytes())
	}, s3.Options{})
	r, err := store.Open(t.Context(), sources.Ref{Name: "s3://b/k"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, packed.Bytes()) {
		t.Errorf("got %d bytes %q, %v", len(got), got, err)
	}
}

var quiet = log.New(io.Discard, "", 0)

// proxy stands between a store and a server.
type proxy struct {
	*httputil.ReverseProxy
	lists atomic.Int64
	cut   atomic.Int64 // objects' answers to break off after half
}

func newProxy(t *testing.T, server *s3test.Server) *proxy {
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ReverseProxy: &httputil.ReverseProxy{ErrorLog: quiet, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // as signed
	}}}
	p.ModifyResponse = func(r *http.Response) error {
		if r.Request.URL.Query().Has("list-type") {
			p.lists.Add(1)
		} else if r.Request.Method == http.MethodGet && p.cut.Add(-1) >= 0 {
			r.Body = io.NopCloser(io.LimitReader(r.Body, r.ContentLength/2))
		}
		return nil
	}
	front := httptest.NewServer(p)
	t.Cleanup(front.Close)
	t.Setenv("AWS_ENDPOINT_URL", front.URL)
	return p
}

// A window on a long listing costs few requests: pages outside are not asked
// for.
func TestListRequests(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	proxy := newProxy(t, server)
	p := bucket{server, server.Bucket(t), s3.New(s3.Options{})}
	end := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for slot := range 288 {
		end := end.Add(time.Duration(slot) * 5 * time.Minute)
		for _, lb := range []string{"aaa", "bbb"} {
			for node := range 5 { // 1 440 keys a load balancer
				p.put(t, awsFolder+"2026/11/20/"+awsFile(lb, end, fmt.Sprintf("10.0.0.%d", node), "r"), "x")
			}
		}
	}
	count := func(sel sources.Selection) (refs int, lists int64) {
		proxy.lists.Store(0)
		got, _ := list(t, p, sel, "")
		return len(got.refs), proxy.lists.Load()
	}
	if refs, lists := count(sources.Selection{}); refs != 2880 || lists != 3 {
		t.Errorf("all: %d objects in %d requests, want 2880 in 3", refs, lists)
	}
	// 21:50 to 23:55 is less than a page for each: one to find the day, one
	// that ends in the first hours of bbb, one from its window to its end.
	evening := sources.Selection{Since: end.Add(22 * time.Hour)}
	if refs, lists := count(evening); refs != 2*26*5 || lists != 3 {
		t.Errorf("evening: %d objects in %d requests, want 260 in 3", refs, lists)
	}
	if refs, lists := count(sources.Selection{Since: end.Add(72 * time.Hour)}); refs != 0 || lists != 2 {
		t.Errorf("days later: %d objects in %d requests, want 0 in 2", refs, lists)
	}
	if refs, lists := count(sources.Selection{Until: end.Add(-72 * time.Hour)}); refs != 0 || lists != 2 {
		t.Errorf("days before: %d objects in %d requests, want 0 in 2", refs, lists)
	}
}

func TestResume(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	proxy := newProxy(t, server)
	p := bucket{server, server.Bucket(t), s3.New(s3.Options{Backoff: time.Millisecond})}
	content := strings.Repeat("0123456789abcdef", 1<<15)
	p.put(t, "logs/a.log", content)
	got, src := list(t, p, sources.Selection{}, "logs/")

	proxy.cut.Store(3)
	if read(t, src, got.refs[0]) != content {
		t.Error("other content after three broken connections")
	}

	proxy.cut.Store(1)
	r, err := src.Open(t.Context(), got.refs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p.put(t, "logs/a.log", strings.ToUpper(content))
	_, err = io.ReadAll(r)
	wantProblem(t, err, sources.Changed)

	proxy.cut.Store(100)
	r, err = src.Open(t.Context(), sources.Ref{Name: p.arg("logs/a.log")})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = io.ReadAll(r)
	wantProblem(t, err, sources.Truncated, "of 524288 bytes: unexpected EOF")
}

// A stream that gets on after each of very many breaks is read to its end: what went well costs nothing of the budget,
// which has 120 retries for so few objects at once.
func TestResumeOftenAndWell(t *testing.T) {
	const step, breaks = 90 << 10, 300
	content := strings.Repeat("0123456789abcdef", step*breaks/16)
	for name, size := range map[string]int{"one object": step * breaks, "many objects": step + 10} {
		t.Run(name, func(t *testing.T) {
			store := fake(t, func(w http.ResponseWriter, r *http.Request) {
				from := 0
				fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
				w.Header().Set("Content-Length", strconv.Itoa(size-from))
				w.Header().Set("ETag", `"e"`)
				if from > 0 {
					w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, size-1, size))
					w.WriteHeader(http.StatusPartialContent)
				}
				io.WriteString(w, content[from:min(from+step, size)]) // and breaks off where that is not all
			}, s3.Options{Concurrency: 1, Backoff: time.Microsecond})
			for range breaks * step / size {
				r, err := store.Open(t.Context(), sources.Ref{Name: "s3://b/k", Size: int64(size), ETag: `"e"`})
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(r)
				r.Close()
				if err != nil || string(got) != content[:size] {
					t.Fatalf("%d of %d bytes: %v", len(got), size, err)
				}
			}
		})
	}
}

// A body that is not taken up again since the budget, 120 retries for so few objects at once, is used up says so; one that
// had its five retries does not.
func TestBudgetOfBodies(t *testing.T) {
	for name, c := range map[string]struct {
		breaks func(w http.ResponseWriter)
		kind   sources.Kind
		says   string
	}{
		"closed": {func(w http.ResponseWriter) {}, sources.Truncated, "every answer broke off early, the last after 7 of 12 bytes: unexpected EOF"},
		"reset": {func(w http.ResponseWriter) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
		}, sources.Unreachable, "connection reset by peer"},
	} {
		t.Run(name, func(t *testing.T) {
			store := fake(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"e"`)
				if r.Header.Get("Range") == "" {
					w.Header().Set("Content-Length", "12")
					io.WriteString(w, "content")
				} else {
					w.Header().Set("Content-Length", "5")
					w.Header().Set("Content-Range", "bytes 7-11/12")
					w.WriteHeader(http.StatusPartialContent)
				}
				w.(http.Flusher).Flush()
				time.Sleep(time.Millisecond) // so that what was sent arrives before the reset
				c.breaks(w)
			}, s3.Options{Concurrency: 1, Backoff: time.Microsecond})
			// Each object draws five retries, and its six answers give back a little more than one.
			objects, told := 0, false
			for ; objects < 60 && !told; objects++ {
				r, err := store.Open(t.Context(), sources.Ref{Name: "s3://b/k", Size: 12, ETag: `"e"`})
				if err != nil {
					t.Fatal(err)
				}
				_, err = io.ReadAll(r)
				r.Close()
				wantProblem(t, err, c.kind, c.says)
				const spent = "; not tried again, for the run had too many failures: 12 retries for each of --s3-concurrency are used up"
				told = strings.Contains(err.Error(), spent)
			}
			if objects <= 24 || !told {
				t.Errorf("that the budget is used up is told with object %d: %v", objects, told)
			}
		})
	}
}

// What a server sends that does not heed If-Match is held to the listing all the same.
func TestReplacedUnheeded(t *testing.T) {
	for listed, want := range map[string]sources.Kind{`"new"`: "", `new`: "", `"old"`: sources.Changed} {
		store := fake(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `W/"new"`)
			io.WriteString(w, "content")
		}, s3.Options{})
		r, err := store.Open(t.Context(), sources.Ref{Name: "s3://b/k", Size: 7, ETag: listed})
		if want != "" {
			wantProblem(t, err, want, "replaced since it was listed")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", listed, err)
			continue
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "content" {
			t.Errorf("%s: %q, %v", listed, got, err)
		}
		r.Close()
	}
}

// fake returns a store in front of a handler.
func fake(t *testing.T, handler http.HandlerFunc, opt s3.Options) *s3.Store {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s3test.Isolate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	opt.EndpointURL = server.URL
	if opt.Region == "" {
		opt.Region = "eu-west-3"
	}
	return s3.New(opt)
}

// The answers are AWS's own, which no server at hand gives.
func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		status        int
		code, message string
		opt           s3.Options
		kind          sources.Kind
		hint          string
	}{
		{400, "ExpiredToken", "The provided token has expired.", s3.Options{}, sources.Expired, "(run: aws sso login)"},
		{403, "InvalidObjectState", "The operation is not valid for the object's storage class", s3.Options{}, sources.Archived, "restore-object"},
		{403, "AccessDenied", "User: arn:aws:iam::1:user/u is not authorized to perform: kms:Decrypt on the resource", s3.Options{}, sources.Denied, "needs kms:Decrypt"},
		{400, "KMS.DisabledException", "arn:aws:kms:… is disabled.", s3.Options{}, sources.Denied, "needs kms:Decrypt"},
		{403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", s3.Options{}, sources.Denied, "clock"},
		{403, "AccessDenied", "Access Denied", s3.Options{Region: "cn-north-1"}, sources.Denied, "needs s3:GetObject on arn:aws-cn:s3:::b/*"},
		{403, "AccessDenied", "Access Denied", s3.Options{Region: "us-gov-west-1"}, sources.Denied, "needs s3:GetObject on arn:aws-us-gov:s3:::b/*"},
		{301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.", s3.Options{}, sources.Unreadable, "give --region"},
		{404, "NoSuchKey", "The specified key does not exist.", s3.Options{}, sources.NotFound, ""},
		{500, "InternalError", "We encountered an internal error. Please try again.", s3.Options{}, sources.Unreadable, "run again later"},
		{503, "SlowDown", "Please reduce your request rate.", s3.Options{}, sources.Throttled, "lower --s3-concurrency"},
		{503, "ServiceUnavailable", "Reduce your request rate.", s3.Options{}, sources.Throttled, "run again later"},
	} {
		t.Run(tt.code, func(t *testing.T) {
			store := fake(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(tt.status)
				fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message><RequestId>R</RequestId></Error>`, tt.code, tt.message)
			}, tt.opt)
			_, err := store.Open(t.Context(), sources.Ref{Name: "s3://b/k"})
			wantProblem(t, err, tt.kind, "s3://b/k: "+tt.code+": "+tt.message, tt.hint)
		})
	}
}

// S3 answers a request in the wrong region with the right one in a header.
func TestRegionFollowed(t *testing.T) {
	store := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/ap-south-1/s3/") {
			io.WriteString(w, "content")
			return
		}
		w.Header().Set("X-Amz-Bucket-Region", "ap-south-1")
		w.WriteHeader(http.StatusMovedPermanently)
	}, s3.Options{Region: "us-west-2"})
	r, err := store.Open(t.Context(), sources.Ref{Name: "s3://b/k"})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}

func TestRegionFollowedByServer(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	p := bucket{server, server.Bucket(t), s3.New(s3.Options{Region: "us-west-2"})}
	p.put(t, "a.log", "a")
	if got, _ := list(t, p, sources.Selection{}, ""); len(got.refs) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestRequests(t *testing.T) {
	var heard []string
	store := fake(t, func(w http.ResponseWriter, r *http.Request) {
		heard = append(heard, r.Method+" "+r.URL.Path+" payer="+r.Header.Get("X-Amz-Request-Payer")+" if="+r.Header.Get("If-Match"))
		w.Header().Set("ETag", `"e"`)
		// Keys may hold what XML cannot: they come encoded.
		io.WriteString(w, `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>
			<Contents><Key>logs/a%01+b%2Bc.log</Key><Size>1</Size><ETag>&quot;e&quot;</ETag></Contents></ListBucketResult>`)
	}, s3.Options{RequestPayer: "requester"})
	ref, err := first(t, store, "s3://b/logs/")
	if err != nil || ref.Name != "s3://b/logs/a\x01 b+c.log" || ref.ETag != `"e"` {
		t.Fatalf("%+v, %v", ref, err)
	}
	r, err := store.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	want := []string{"GET /b payer=requester if=", "GET /b/logs/a\x01 b+c.log payer=requester if=\"e\""}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A key is a name and no path: nothing in it is resolved, on the way out or back.
func TestHostileKeys(t *testing.T) {
	keys := []string{"../../etc/passwd", "logs/../../x", "logs//double", "/leading", "logs/./x", "logs/a\nb\x1b[31m\u202e", "logs/100%", "logs/?a=b#c",
		"logs/" + strings.Repeat("k", 1019)}
	var heard []string
	store := fake(t, func(w http.ResponseWriter, r *http.Request) {
		if !r.URL.Query().Has("list-type") {
			heard = append(heard, strings.TrimPrefix(r.URL.Path, "/b/"))
			io.WriteString(w, "x")
			return
		}
		io.WriteString(w, "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>")
		for _, key := range keys {
			fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>1</Size></Contents>", url.QueryEscape(key))
		}
		io.WriteString(w, "</ListBucketResult>")
	}, s3.Options{})
	for ref, err := range store.List(t.Context(), "s3://b/", sources.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := store.Open(t.Context(), ref)
		if err != nil {
			t.Errorf("%q: %v", ref.Name, err)
			continue
		}
		r.Close()
	}
	if diff := cmp.Diff(keys, heard); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
}

// A terabyte that is promised is neither waited for nor made room for.
func TestHugeSize(t *testing.T) {
	store := fake(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Length", "1099511627776")
		io.WriteString(w, "all there is")
	}, s3.Options{Backoff: time.Millisecond})
	r, err := store.Open(t.Context(), sources.Ref{Name: "s3://b/k", Size: 1 << 40, ETag: `"e"`})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	wantProblem(t, err, sources.Unreadable, "does not give the rest")
	if string(got) != "all there is" {
		t.Errorf("got %q", got)
	}
}

// A server that always says that there is more ends the listing, with what came until then.
func TestEndlessListing(t *testing.T) {
	asked := 0
	store := fake(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		io.WriteString(w, `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>
			<Contents><Key>a.log</Key><Size>1</Size></Contents></ListBucketResult>`)
	}, s3.Options{})
	refs := 0
	var problem error
	for _, err := range store.List(t.Context(), "s3://b/", sources.Selection{}) {
		if err != nil {
			problem = err
		} else {
			refs++
		}
	}
	wantProblem(t, problem, sources.Unreadable, "says that there is more")
	if asked != 2 || refs != 2 {
		t.Errorf("%d requests, %d objects", asked, refs)
	}
}

func TestTLS(t *testing.T) {
	s3test.Isolate(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x") }))
	server.Config.ErrorLog = quiet
	server.StartTLS()
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	open := func(opt s3.Options) error {
		opt.EndpointURL, opt.Region, opt.NoSignRequest = server.URL, "eu-west-3", true
		r, err := s3.New(opt).Open(t.Context(), sources.Ref{Name: "s3://b/k"})
		if err == nil {
			r.Close()
		}
		return err
	}
	wantProblem(t, open(s3.Options{}), sources.Unreadable, "--ca-bundle")
	wantProblem(t, open(s3.Options{CABundle: bundle + ".gone"}), sources.Unreadable, "CA bundle: open")
	if err := open(s3.Options{CABundle: bundle}); err != nil {
		t.Error(err)
	}
	if err := open(s3.Options{NoVerifySSL: true}); err != nil {
		t.Error(err)
	}
}

// When credentials have ended and there are no others, they are asked for once, not again for every object that is left.
func TestNoOtherCredentials(t *testing.T) {
	expired := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>")
	}
	store := fake(t, expired, s3.Options{Profile: "process"})
	dir := t.TempDir()
	asked := filepath.Join(dir, "asked")
	text := fmt.Sprintf("[profile process]\ncredential_process = sh -c 'echo >>%s; echo {\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"k\\\",\\\"SecretAccessKey\\\":\\\"s\\\"}'\n", asked)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		_, err := store.Open(t.Context(), sources.Ref{Name: "s3://b/k"})
		wantProblem(t, err, sources.Expired, "ExpiredToken")
	}
	lines, err := os.ReadFile(asked)
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 2 { // at first, and when they had ended
		t.Errorf("credentials were asked for %d times, want 2", len(lines))
	}
}

func TestConfiguration(t *testing.T) {
	s3test.Isolate(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	home := t.TempDir()
	t.Setenv("HOME", home)
	configuration := filepath.Join(home, "config")
	if err := os.WriteFile(configuration, []byte(`[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = reader
region = eu-west-3
[profile sso&co]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = reader
region = eu-west-3
[profile process]
credential_process = false
region = eu-west-3
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/reader
mfa_serial = arn:aws:iam::123456789012:mfa/me
source_profile = base
[profile base]
aws_access_key_id = key
aws_secret_access_key = secret
[sso-session corp]
sso_region = eu-west-3
sso_start_url = https://corp.invalid/start
`), 0o644); err != nil {
		t.Fatal(err)
	}

	_, err := first(t, s3.New(s3.Options{Region: "eu-west-3"}), "s3://b/")
	wantProblem(t, err, sources.Denied, "s3://b/: no AWS credentials: none in the environment or the AWS configuration, and none from a role of this machine (give --profile", "--no-sign-request")

	t.Setenv("AWS_CONFIG_FILE", configuration)
	_, err = first(t, s3.New(s3.Options{Profile: "sso"}), "s3://b/")
	wantProblem(t, err, sources.Expired, "(run: aws sso login --profile sso)")
	_, err = first(t, s3.New(s3.Options{Profile: "sso&co"}), "s3://b/")
	wantProblem(t, err, sources.Expired, "(run: aws sso login --profile 'sso&co')")
	_, err = first(t, s3.New(s3.Options{Profile: "process"}), "s3://b/")
	wantProblem(t, err, sources.Denied, "no AWS credentials: ", "exit status 1 (aws sts get-caller-identity --profile process shows why)")
	_, err = first(t, s3.New(s3.Options{Profile: "mfa"}), "s3://b/")
	wantProblem(t, err, sources.Unreadable, "s3://b/: the role of the profile asks for an MFA code", `eval "$(aws configure export-credentials --profile mfa --format env)"`)
	_, err = first(t, s3.New(s3.Options{Profile: "nobody"}), "s3://b/")
	wantProblem(t, err, sources.Unreadable, "nobody", "aws configure list-profiles")

	_, err = first(t, s3.New(s3.Options{Region: "eu-west-3", NoSignRequest: true, EndpointURL: "http://127.0.0.1:1"}), "s3://b/")
	wantProblem(t, err, sources.Unreachable, "s3://b/: dial tcp 127.0.0.1:1: connect: connection refused (nothing listens at http://127.0.0.1:1, or a firewall is in between: check --endpoint-url")
}
