package s3_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"alblens/internal/s3test"
	"alblens/sources"
	"alblens/sources/s3"
)

// An endpoint that no request can be sent to is told as one, wherever it stands.
func TestNoEndpoint(t *testing.T) {
	s3test.Isolate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	for _, base := range []string{"localhost:9000", "192.0.2.1:9000", "http://", "http:///logs", "ftp://store.example", "http://a b"} {
		want := "s3://b/: the endpoint " + strconv.Quote(base) + " is not the URL of a server (--endpoint-url needs http://"
		_, err := first(t, s3.New(s3.Options{EndpointURL: base}), "s3://b/")
		wantProblem(t, err, sources.Unreadable, want)
		t.Setenv("AWS_ENDPOINT_URL", base)
		_, err = first(t, s3.New(s3.Options{Region: "eu-west-3"}), "s3://b/")
		wantProblem(t, err, sources.Unreadable, want)
		t.Setenv("AWS_ENDPOINT_URL", "")
	}
}

func TestPlainHTTP(t *testing.T) {
	s3test.Isolate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := first(t, s3.New(s3.Options{EndpointURL: strings.Replace(server.URL, "http:", "https:", 1), Region: "eu-west-3"}), "s3://b/")
	wantProblem(t, err, sources.Unreadable, "(the server speaks plain HTTP: --endpoint-url "+server.URL+")")
}

// The endpoint is asked for objects, as in the AWS CLI, and STS for credentials.
func TestEndpointIsOfS3(t *testing.T) {
	var logins atomic.Int64
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		logins.Add(1)
		w.Header().Set("Content-Type", "text/xml")
		io.WriteString(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>`+
			`<AccessKeyId>renewed</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>`+
			`<Expiration>`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
	}))
	defer sts.Close()
	var token string
	store := fake(t, func(w http.ResponseWriter, r *http.Request) {
		token = r.Header.Get("X-Amz-Security-Token")
		io.WriteString(w, "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a.log</Key><Size>1</Size></Contents></ListBucketResult>")
	}, s3.Options{Profile: "role"})
	configuration := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(configuration, []byte(`[profile role]
role_arn = arn:aws:iam::123456789012:role/reader
source_profile = base
[profile base]
aws_access_key_id = key
aws_secret_access_key = secret
`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", configuration)
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	if ref, err := first(t, store, "s3://b/"); err != nil || ref.Name != "s3://b/a.log" {
		t.Errorf("got %+v, %v", ref, err)
	}
	if logins.Load() != 1 || token != "token" {
		t.Errorf("STS was asked %d times, and S3 with the token %q; want once, and STS's", logins.Load(), token)
	}
}
