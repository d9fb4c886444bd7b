package s3

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"alblens/sources"
)

// Scheme is that of this package's URLs, s3://bucket/key.
const Scheme = "s3"

// Options are the AWS CLI's, with its meanings. The zero value is its default.
type Options struct {
	Profile       string // --profile
	Region        string // --region; "": the environment's, the profile's, or the bucket's own
	EndpointURL   string // --endpoint-url, a server that is not AWS's; addressed by path
	NoSignRequest bool   // --no-sign-request
	RequestPayer  string // --request-payer: "requester" or ""
	CABundle      string // --ca-bundle, a PEM file
	NoVerifySSL   bool   // --no-verify-ssl
	Concurrency   int    // objects open at once: how many idle connections are kept; at least 1
}

// Store reads s3:// URLs. Its methods may be called from several goroutines at
// once. It implements sources.Store.
type Store struct {
	opt Options

	mu      sync.Mutex            // held while a client is made, so that it is made once
	loaded  bool                  // cfg and err are set
	cfg     aws.Config            //
	err     error                 // why cfg is of no use
	clients map[string]*s3.Client // by bucket: buckets differ in region
}

var _ sources.Store = (*Store)(nil)

// New returns a Store that loads its configuration when it is first used.
func New(opt Options) *Store {
	return &Store{opt: opt, clients: map[string]*s3.Client{}}
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
	region := s.cfg.Region
	if region == "" {
		region = discover(ctx, s.dial(fallbackRegion), bucket)
	}
	if region == "" {
		region = fallbackRegion
	}
	c := s.dial(region)
	s.clients[bucket] = c
	return c, nil
}

// move makes region the bucket's, and returns the client to use from now on.
func (s *Store) move(bucket, region string) *s3.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[bucket]
	if c == nil || c.Options().Region != region {
		c = s.dial(region)
		s.clients[bucket] = c
	}
	return c
}

// dial makes a client; all of them share cfg's connections.
func (s *Store) dial(region string) *s3.Client {
	return s3.NewFromConfig(s.cfg, func(o *s3.Options) {
		o.Region = region
		o.DisableLogOutputChecksumValidationSkipped = true
		// The endpoint may come from the flag, the environment or the profile.
		if o.BaseEndpoint != nil {
			o.UsePathStyle = true
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}
	})
}

func (s *Store) load(ctx context.Context) (aws.Config, error) {
	opts := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(s.transport)),
	}
	if s.opt.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(s.opt.Profile))
	}
	if s.opt.Region != "" {
		opts = append(opts, config.WithRegion(s.opt.Region))
	}
	if s.opt.EndpointURL != "" {
		opts = append(opts, config.WithBaseEndpoint(s.opt.EndpointURL))
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
	if s.opt.NoVerifySSL {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{}
		}
		t.TLSClientConfig.InsecureSkipVerify = true
	}
}

// discover asks which region the bucket is in; "" when nobody tells. S3 answers
// even where it denies access or the request is unsigned, in a header.
func discover(ctx context.Context, c *s3.Client, bucket string) string {
	out, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket}, func(o *s3.Options) {
		o.Credentials = nil          // unsigned
		o.Retryer = aws.NopRetryer{} // what is wrong shows in the request that follows
	})
	if err != nil {
		return regionOf(err)
	}
	return aws.ToString(out.BucketRegion)
}

// do runs op, and once more in the bucket's own region if that is why it
// failed: as in the AWS CLI, a region in a flag or a profile does not keep one
// from reading a bucket elsewhere.
func do[T any](ctx context.Context, s *Store, bucket string, op func(*s3.Client) (T, error)) (T, error) {
	c, err := s.client(ctx, bucket)
	if err != nil {
		var none T
		return none, err
	}
	out, err := op(c)
	if !wrongRegion(err) {
		return out, err
	}
	region := regionOf(err)
	if region == "" {
		region = discover(ctx, c, bucket)
	}
	if region == "" || region == c.Options().Region {
		return out, err
	}
	return op(s.move(bucket, region))
}

func (s *Store) payer() types.RequestPayer { return types.RequestPayer(s.opt.RequestPayer) }

// split takes a URL apart. Keys are taken literally: nothing is unescaped.
func split(url string) (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(url, Scheme+"://"), "/")
	return bucket, key
}

func join(bucket, key string) string { return Scheme + "://" + bucket + "/" + key }
