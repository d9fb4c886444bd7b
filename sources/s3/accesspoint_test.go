package s3_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"alblens/internal/s3test"
	"alblens/sources"
	"alblens/sources/s3"
)

// What is sent for an access point goes to a host of its own, whose path is the key alone, and is signed for the region
// of the ARN, whatever --region says; that for several regions for all of them.
func TestAccessPoint(t *testing.T) {
	const one = "arn:aws:s3:eu-west-1:111122223333:accesspoint/logs"
	for _, c := range []struct{ arn, endpoint, host, signed string }{
		{one, "", "logs-111122223333.s3-accesspoint.eu-west-1.amazonaws.com", "/eu-west-1/s3/"},
		{one, "https://accesspoint.vpce-1a2b3c4d.s3.eu-west-1.vpce.amazonaws.com", "logs-111122223333.accesspoint.vpce-1a2b3c4d.s3.eu-west-1.vpce.amazonaws.com", "/eu-west-1/s3/"},
		{"arn:aws-cn:s3:cn-north-1:111122223333:accesspoint:logs", "", "logs-111122223333.s3-accesspoint.cn-north-1.amazonaws.com.cn", "/cn-north-1/s3/"},
		{"arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap", "", "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com", "AWS4-ECDSA-P256-SHA256"},
		{"arn:aws:s3-outposts:us-west-2:111122223333:outpost/op-01234567890123456/accesspoint/logs", "",
			"logs-111122223333.op-01234567890123456.s3-outposts.us-west-2.amazonaws.com", "/s3-outposts/aws4_request"},
	} {
		var mu sync.Mutex
		var asked []string
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			asked = append(asked, fmt.Sprintf("%s %s%s %v", r.Method, r.Host, r.URL.Path, strings.Contains(r.Header.Get("Authorization"), c.signed)))
			mu.Unlock()
			w.Header().Set("ETag", `"e"`)
			if r.URL.Query().Has("list-type") {
				io.WriteString(w, `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>AWSLogs/a.log</Key><Size>7</Size><ETag>"e"</ETag></Contents></ListBucketResult>`)
				return
			}
			io.WriteString(w, "content")
		}))
		defer server.Close()
		s3test.Isolate(t)
		t.Setenv("AWS_ACCESS_KEY_ID", "key")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
		store := s3.New(s3.Options{Region: "ap-south-1", EndpointURL: c.endpoint, NoVerifySSL: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		}})
		ref, err := first(t, store, "s3://"+c.arn+"/AWSLogs/")
		if err != nil || ref.Name != "s3://"+c.arn+"/AWSLogs/a.log" {
			t.Errorf("%s: %s, %v", c.arn, ref.Name, err)
			continue
		}
		r, err := store.Open(t.Context(), ref)
		if err != nil {
			t.Error(err)
			continue
		}
		body, err := io.ReadAll(r)
		r.Close()
		if string(body) != "content" || err != nil {
			t.Errorf("%q, %v", body, err)
		}
		if want := []string{"GET " + c.host + "/ true", "GET " + c.host + "/AWSLogs/a.log true"}; !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q", asked, want)
		}
	}
}

func TestAccessPointDenied(t *testing.T) {
	const arn = "arn:aws:s3:eu-west-1:111122223333:accesspoint/logs"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
	}))
	defer server.Close()
	s3test.Isolate(t)
	store := s3.New(s3.Options{EndpointURL: "http://store.example", Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}})
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	_, err := first(t, store, "s3://"+arn+"/AWSLogs/")
	wantProblem(t, err, sources.Denied, "needs s3:ListBucket on "+arn+", and on the bucket)")
	_, err = store.Open(t.Context(), sources.Ref{Name: "s3://" + arn + "/x"})
	wantProblem(t, err, sources.Denied, "needs s3:GetObject on "+arn+"/object/*, and on the bucket's objects)")
}
