// Package s3test runs a real S3 server for tests: versity/versitygw with its
// posix backend, on a free port of the loopback interface and with a temporary
// directory.
//
// [Start] builds the server once for each of its versions, from the module in
// tools/versitygw, and keeps it in the user's cache folder; the environment
// variable ALBLENS_VERSITYGW names a ready binary instead. A test that cannot
// have a server is skipped with the reason, or fails when ALBLENS_REQUIRE_ALL
// is 1.
package s3test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Region is the one the server is in. It is not the SDK's fallback, so that
// code which fails to find a bucket's region fails here as well.
const Region = "eu-west-3"

// Account is a pair of keys.
type Account struct{ AccessKey, SecretKey string }

// Server is a running gateway. Its methods may be used by parallel tests and
// end the test on errors.
type Server struct {
	URL  string  // "http://127.0.0.1:port"
	Root Account // may do everything

	binary  string
	client  *s3.Client
	buckets atomic.Int64
}

// Start runs a server that stops when tb ends.
func Start(tb testing.TB) *Server {
	tb.Helper()
	binary, err := binary()
	if err != nil {
		missing(tb, "no S3 server: %v", err)
	}
	// The port is free when it is chosen; another process may take it before
	// the server does.
	for try := 1; ; try++ {
		s, err := start(tb, binary)
		if err == nil {
			return s
		}
		if try == 3 {
			missing(tb, "the S3 server does not start: %v", err)
		}
	}
}

func missing(tb testing.TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("ALBLENS_REQUIRE_ALL") == "1" {
		tb.Fatalf(format, args...)
	}
	tb.Skipf(format, args...)
}

func start(tb testing.TB, binary string) (*Server, error) {
	dir := tb.TempDir()
	for _, sub := range []string{"data", "meta", "iam"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()

	s := &Server{URL: "http://" + addr, Root: Account{"root-access", "root-secret"}, binary: binary}
	s.client = s.Client(s.Root)

	// The shell ends the server when its own input ends, so that no server
	// outlives a test binary that dies without cleaning up.
	cmd := exec.Command("/bin/sh", "-c", `"$@" & pid=$!; cat >/dev/null; kill $pid; wait $pid`, "sh",
		binary, "--port", addr, "--region", Region, "--keep-alive", "--quiet", "--health", "/health",
		"--access", s.Root.AccessKey, "--secret", s.Root.SecretKey,
		"--iam-dir", filepath.Join(dir, "iam"), "--iam-cache-disable",
		// Beside the data rather than in extended attributes, which not every
		// temporary folder's file system has.
		"posix", "--sidecar", filepath.Join(dir, "meta"), filepath.Join(dir, "data"))
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = 10 * time.Second
	alive, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() { alive.Close(); cmd.Wait() }

	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get(s.URL + "/health"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				tb.Cleanup(stop)
				return s, nil
			}
		}
		if time.Now().After(deadline) {
			stop()
			return nil, fmt.Errorf("not ready after 20 s: %s", strings.TrimSpace(output.String()))
		}
	}
}

// Env returns the variables that make a child process, or a testscript, use
// this server and nothing of the user's own AWS configuration.
func (s *Server) Env(who Account) []string {
	env := append(Isolated(), "AWS_ENDPOINT_URL="+s.URL)
	if who == (Account{}) {
		return env
	}
	return append(env, "AWS_ACCESS_KEY_ID="+who.AccessKey, "AWS_SECRET_ACCESS_KEY="+who.SecretKey)
}

// Setenv sets Env for the test itself.
func (s *Server) Setenv(tb testing.TB, who Account) {
	setenv(tb, s.Env(who))
}

// Isolated returns variables that hide the user's own AWS configuration.
func Isolated() []string {
	return []string{
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_PROFILE=", "AWS_REGION=", "AWS_DEFAULT_REGION=",
		"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN=", "AWS_CA_BUNDLE=",
		"AWS_ENDPOINT_URL=", "AWS_ENDPOINT_URL_S3=",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=", "AWS_CONTAINER_CREDENTIALS_FULL_URI=",
		"AWS_WEB_IDENTITY_TOKEN_FILE=", "AWS_ROLE_ARN=",
	}
}

// Isolate sets Isolated for the test itself.
func Isolate(tb testing.TB) { setenv(tb, Isolated()) }

func setenv(tb testing.TB, env []string) {
	for _, kv := range env {
		key, value, _ := strings.Cut(kv, "=")
		tb.Setenv(key, value)
	}
}

// Client returns a client that acts as who.
func (s *Server) Client(who Account) *s3.Client {
	return s3.New(s3.Options{
		Region: Region, BaseEndpoint: &s.URL, UsePathStyle: true,
		Credentials:                credentials.NewStaticCredentialsProvider(who.AccessKey, who.SecretKey, ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
}

// Bucket makes a bucket and returns its name.
func (s *Server) Bucket(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("logs-%d", s.buckets.Add(1))
	if _, err := s.client.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		tb.Fatalf("create bucket: %v", err)
	}
	return name
}

// Put stores an object.
func (s *Server) Put(tb testing.TB, bucket, key string, content []byte) {
	tb.Helper()
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(content)}
	if _, err := s.client.PutObject(context.Background(), in); err != nil {
		tb.Fatalf("put %s/%s: %v", bucket, key, err)
	}
}

// Delete removes an object.
func (s *Server) Delete(tb testing.TB, bucket, key string) {
	tb.Helper()
	if _, err := s.client.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}); err != nil {
		tb.Fatalf("delete %s/%s: %v", bucket, key, err)
	}
}

// Get returns an object's content.
func (s *Server) Get(tb testing.TB, bucket, key string) []byte {
	tb.Helper()
	out, err := s.client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		tb.Fatalf("get %s/%s: %v", bucket, key, err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil {
		tb.Fatalf("get %s/%s: %v", bucket, key, err)
	}
	return content
}

// User makes an account that may do nothing until a bucket's policy lets it.
func (s *Server) User(tb testing.TB, name string) Account {
	tb.Helper()
	who := Account{name, name + "-secret"}
	out, err := exec.Command(s.binary, "admin", "--allow-insecure", "--endpoint-url", s.URL, "--region", Region,
		"--access", s.Root.AccessKey, "--secret", s.Root.SecretKey,
		"create-user", "--access", who.AccessKey, "--secret", who.SecretKey, "--role", "user").CombinedOutput()
	if err != nil {
		tb.Fatalf("create user %s: %v: %s", name, err, out)
	}
	return who
}

// Allow makes it the whole policy of the bucket that principal (an access key,
// or "*" for everyone) may do the actions, such as "s3:GetObject".
func (s *Server) Allow(tb testing.TB, bucket, principal string, actions ...string) {
	tb.Helper()
	var statements []string
	for _, action := range actions {
		resource := "arn:aws:s3:::" + bucket
		if strings.HasSuffix(action, "Object") {
			resource += "/*"
		}
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":[%q]},"Action":[%q],"Resource":[%q]}`,
			principal, action, resource))
	}
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[%s]}`, strings.Join(statements, ","))
	if _, err := s.client.PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &policy}); err != nil {
		tb.Fatalf("policy of %s: %v", bucket, err)
	}
}
