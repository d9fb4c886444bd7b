package s3

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/logging"

	"alblens/sources"
)

// Options are the AWS CLI's, with its meanings. The zero value is its default.
type Options struct {
	Profile       string // --profile
	Region        string // --region; "": the environment's, the profile's, or the bucket's own
	EndpointURL   string // --endpoint-url, a server that is not AWS's; addressed by path, and asked for objects only, not for credentials
	NoSignRequest bool   // --no-sign-request
	RequestPayer  string // --request-payer: "requester" or ""
	CABundle      string // --ca-bundle, a PEM file
	NoVerifySSL   bool   // --no-verify-ssl
	Concurrency   int    // objects open at once: how many idle connections are kept; at least 1

	// Dial reaches a server; nil: net.Dialer. Tests use it to fail.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Stall is how long a server may send nothing while something is waited for, before the request is given up and
	// made anew. Default: 30 s.
	Stall time.Duration
	// Backoff is the longest wait between two attempts. Default: 20 s.
	Backoff time.Duration
}

const (
	defaultStall   = 30 * time.Second
	defaultBackoff = 20 * time.Second
)

// Store reads s3:// URLs. Its methods may be called from several goroutines at
// once. It implements sources.Store.
type Store struct {
	opt      Options
	http     *awshttp.BuildableClient
	patience *patience
	buffers  sync.Pool // of *[]byte, see object.prefetch

	lists, gets atomic.Int64 // requests

	mu      sync.Mutex            // held while a client is made, so that it is made once
	loaded  bool                  // cfg and err are set
	cfg     aws.Config            //
	err     error                 // why cfg is of no use
	clients map[string]*s3.Client // by bucket: buckets differ in region
	vain    time.Time             // when renew last found no other credentials
}

var (
	_ sources.Store   = (*Store)(nil)
	_ sources.Counter = (*Store)(nil)
	_ sources.Checker = (*Store)(nil)
)

// Requests implements sources.Counter.
func (s *Store) Requests() sources.Requests {
	return sources.Requests{List: s.lists.Load(), Get: s.gets.Load()}
}

// New returns a Store that loads its configuration when it is first used.
func New(opt Options) *Store {
	opt.Stall, opt.Backoff = cmp.Or(opt.Stall, defaultStall), cmp.Or(opt.Backoff, defaultBackoff)
	s := &Store{opt: opt, clients: map[string]*s3.Client{}, patience: newPatience(opt.Concurrency, opt.Backoff)}
	s.http = awshttp.NewBuildableClient().WithTransportOptions(s.transport).WithReadTimeout(opt.Stall)
	return s
}

// fallbackRegion signs requests when nothing tells a region.
const fallbackRegion = "us-east-1"

// client returns the bucket's client.
func (s *Store) client(ctx context.Context, bucket string) (*s3.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clients[bucket]; c != nil {
		return c, nil
	}
	if !s.loaded {
		s.cfg, s.err = s.load(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err // says nothing about the configuration
		}
		s.loaded = true
	}
	if s.err != nil {
		return nil, s.err
	}
	region := cmp.Or(regionOfARN(bucket), s.cfg.Region)
	c := s.dial(bucket, cmp.Or(region, fallbackRegion))
	if base := c.Options().BaseEndpoint; base != nil && !isEndpoint(*base) {
		return nil, &endpointError{*base}
	}
	if region == "" && !isARN(bucket) {
		if region = discover(ctx, c, bucket); region != "" {
			c = s.dial(bucket, region)
		}
	}
	s.clients[bucket] = c
	return c, nil
}

// move makes region the bucket's, and returns the client to use from now on.
func (s *Store) move(bucket, region string) *s3.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[bucket]
	if c == nil || c.Options().Region != region {
		c = s.dial(bucket, region)
		s.clients[bucket] = c
	}
	return c
}

// dial makes a client; all of them share cfg's connections.
func (s *Store) dial(bucket, region string) *s3.Client {
	return s3.NewFromConfig(s.cfg, func(o *s3.Options) {
		o.Region = region
		o.Retryer = s.patience
		o.APIOptions = append(o.APIOptions, s.patience.hear)
		o.DisableLogOutputChecksumValidationSkipped = true
		// Of the configuration it would be the endpoint of STS and SSO too, which the credentials come from.
		if s.opt.EndpointURL != "" {
			o.BaseEndpoint = &s.opt.EndpointURL
		}
		// The endpoint may come from the flag, the environment or the profile.
		if o.BaseEndpoint != nil {
			o.UsePathStyle = !isARN(bucket) // an access point has a host name only
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}
	})
}

func (s *Store) load(ctx context.Context) (aws.Config, error) {
	opts := []func(*config.LoadOptions) error{
		config.WithHTTPClient(s.http),
		config.WithLogger(logging.Nop{}), // it would write to standard error
	}
	if s.opt.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(s.opt.Profile))
	}
	if s.opt.Region != "" {
		opts = append(opts, config.WithRegion(s.opt.Region))
	}
	if s.opt.NoSignRequest {
		opts = append(opts, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	}
	if s.opt.CABundle != "" {
		pem, err := os.Open(s.opt.CABundle)
		if err != nil {
			return aws.Config{}, fmt.Errorf("CA bundle: %w", err)
		}
		defer pem.Close()
		opts = append(opts, config.WithCustomCABundle(pem))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return aws.Config{}, err
	}
	// Asked for here, a lack of credentials is told apart from all else that
	// may go wrong in a request; the answer is cached for the requests.
	if !s.opt.NoSignRequest && cfg.Credentials != nil {
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
			return aws.Config{}, &credentialsError{err}
		}
	}
	return cfg, nil
}

func (s *Store) transport(t *http.Transport) {
	// Objects are wanted as stored. Go would unpack those whose
	// Content-Encoding says gzip, and AWS has written logs with and without.
	t.DisableCompression = true
	t.MaxIdleConnsPerHost = max(s.opt.Concurrency, 1)
	t.MaxIdleConns = max(t.MaxIdleConns, t.MaxIdleConnsPerHost)
	// The wait that Stall bounds begins when a connection falls idle: one that is used again has half of it left.
	t.IdleConnTimeout = s.opt.Stall / 2
	if s.opt.Dial != nil {
		t.DialContext = s.opt.Dial
	}
	if s.opt.NoVerifySSL {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{}
		}
		t.TLSClientConfig.InsecureSkipVerify = true
	}
}

// discoverAttempts is how often the bucket's region is asked for.
const discoverAttempts = 3

// discover asks which region the bucket is in; "" when nobody tells. S3 answers
// even where it denies access or the request is unsigned, in a header.
func discover(ctx context.Context, c *s3.Client, bucket string) string {
	out, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket}, func(o *s3.Options) {
		o.Credentials = nil // unsigned
		// What is wrong for good shows in the request that follows.
		o.Retryer = retry.AddWithMaxAttempts(o.Retryer, min(o.Retryer.MaxAttempts(), discoverAttempts))
	})
	if err != nil {
		return regionOf(err)
	}
	return aws.ToString(out.BucketRegion)
}

// renewPause is how long renew takes it that there are no other credentials, once there were none: to ask for them may
// take a second each time, and every object that is left would wait for it in turn.
const renewPause = 10 * time.Second

// renew makes a client with credentials obtained anew, after those of c turned out to have ended; nil when there are no
// others. Of many requests that fail at once the first one renews for all.
func (s *Store) renew(ctx context.Context, bucket string, c *s3.Client) *s3.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.clients[bucket]; now != nil && now != c {
		return now
	}
	if s.opt.NoSignRequest || s.cfg.Credentials == nil || time.Since(s.vain) < renewPause {
		return nil
	}
	s.vain = time.Now()
	old, err := s.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil
	}
	// The configuration is read again too: whoever renews them may write them into the shared file.
	cfg, err := s.load(ctx)
	if err != nil {
		return nil
	}
	if now, err := cfg.Credentials.Retrieve(ctx); err != nil || now.AccessKeyID == old.AccessKeyID && now.SessionToken == old.SessionToken {
		return nil
	}
	s.cfg, s.vain = cfg, time.Time{}
	for name, client := range s.clients {
		s.clients[name] = s.dial(name, client.Options().Region)
	}
	return s.clients[bucket]
}

// maxMoves is how many regions a request is sent on to.
const maxMoves = 2

// do runs op, once more with new credentials if the old ones have ended, and again in the bucket's own region if that is
// why it failed: as in the AWS CLI, a region in a flag or a profile does not keep one from reading a bucket elsewhere.
func do[T any](ctx context.Context, s *Store, bucket string, op func(*s3.Client) (T, error)) (T, error) {
	c, err := s.client(ctx, bucket)
	if err != nil {
		var none T
		return none, err
	}
	out, err := op(c)
	if expired(err) {
		if renewed := s.renew(ctx, bucket, c); renewed != nil {
			c = renewed
			out, err = op(c)
		}
	}
	for moves := 0; moves < maxMoves && wrongRegion(err); moves++ {
		region := regionOf(err)
		if region == "" {
			region = discover(ctx, c, bucket)
		}
		if region == "" || region == c.Options().Region {
			break
		}
		c = s.move(bucket, region)
		out, err = op(c)
	}
	return out, err
}

func (s *Store) payer() types.RequestPayer { return types.RequestPayer(s.opt.RequestPayer) }
