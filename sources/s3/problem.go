package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"

	"alblens/internal/shelltext"
	"alblens/sources"
)

// permission is what an operation needs.
type permission string

const (
	list permission = "s3:ListBucket"
	get  permission = "s3:GetObject"
)

// credentialsError is a failure to obtain credentials, before any request.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// noCredentials reports whether err arose before the request proper. When
// credentials that were good at first cannot be renewed, the SDK tells it only
// in words.
func noCredentials(err error) bool {
	_, first := errors.AsType[*credentialsError](err)
	return first || strings.Contains(err.Error(), "get identity: ")
}

// loginNeeded reports whether credentials come from SSO and a login is missing
// or has ended. The SDK has a type for one of the ways it finds out.
func loginNeeded(err error) bool {
	_, ok := errors.AsType[*ssocreds.InvalidTokenError](err)
	return ok || noCredentials(err) && strings.Contains(err.Error(), "SSO")
}

var errReplaced = errors.New("replaced since it was listed")

// plain says err in fewer words than the SDK does.
type plain struct {
	text string
	err  error
}

func (e *plain) Error() string { return e.text }
func (e *plain) Unwrap() error { return e.err }

// problem says what err means for name and what to do about it. It returns the
// context's error when that is the reason.
func (s *Store) problem(ctx context.Context, name string, need permission, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p := s.judge(name, need, err)
	if spent(err) {
		p.Err = &plain{p.Err.Error() + spentSuffix, err}
	}
	return p
}

func (s *Store) judge(name string, need permission, err error) *sources.Problem {
	p := &sources.Problem{Name: name, Kind: sources.Unreadable, Err: brief(err)}
	bucket, _ := split(name)

	if page, ok := errors.AsType[*pageError](err); ok {
		p.Err, p.Hint = &plain{page.Error(), err}, notS3(page.status)
		return p
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		p.Kind, p.Hint = s.answer(api, need, bucket, err)
		if p.Kind == sources.Changed {
			p.Err = &plain{errReplaced.Error(), err}
		}
		return p
	}
	if loginNeeded(err) {
		p.Kind, p.Hint = sources.Expired, s.login()
	} else if noCredentials(err) {
		text, hint := s.lack(err)
		p.Kind, p.Err, p.Hint = sources.Denied, &plain{text, err}, hint
	} else if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		p.Err = &plain{"the role of the profile asks for an MFA code", err}
		p.Hint = `get credentials first: eval "$(aws configure export-credentials` + s.profileFlag() + ` --format env)", and leave out --profile`
	} else if _, ok := errors.AsType[*endpointError](err); ok {
		p.Hint = "--endpoint-url needs http:// or https://, and a host: http://localhost:9000"
	} else if _, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		p.Hint = "aws configure list-profiles shows those there are"
	} else if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		p.Hint = "--ca-bundle FILE trusts another authority"
	} else if errors.Is(err, http.ErrSchemeMismatch) {
		p.Hint = "the server speaks plain HTTP: --endpoint-url " + strings.Replace(endpoint(err), "https:", "http:", 1)
	} else if _, ok := errors.AsType[*smithy.DeserializationError](err); ok {
		p.Hint = "run again later, and check --endpoint-url"
	} else if kind, hint := network(err); kind != "" {
		p.Kind, p.Hint = kind, hint
	} else if status := failure(err); status > 0 {
		p.Hint = notS3(status)
	}
	return p
}

// lack says that credentials could not be obtained, and what to do.
func (s *Store) lack(err error) (text, hint string) {
	text = "no AWS credentials: " + brief(err).Error()
	if ofMachine(err) {
		text = "no AWS credentials: none in the environment or the AWS configuration, and none from a role of this machine"
	} else if profile := s.profileFlag(); profile != "" {
		return text, "aws sts get-caller-identity" + profile + " shows why"
	}
	return text, "give --profile or the AWS_* variables, or --no-sign-request for a public bucket"
}

// ofMachine reports whether the run found no credentials but for those that a role of an EC2 instance might give: it is
// asked for last. Off EC2 that fails as if the network were at fault.
func ofMachine(err error) bool {
	_, first := errors.AsType[*credentialsError](err)
	op, ok := errors.AsType[*smithy.OperationError](err)
	return first && ok && op.ServiceID == "ec2imds"
}

// network judges an error of the way to the server; "" when it is none.
func network(err error) (sources.Kind, string) {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return sources.Unreachable, "no address for " + dns.Name + ": check the name server, --endpoint-url and --region"
	}
	if refused(err) {
		return sources.Unreachable, refusal(err)
	}
	if _, stall := errors.AsType[*awshttp.ResponseTimeoutError](err); stall {
		return sources.Unreachable, "check the network, and run again"
	}
	_, op := errors.AsType[*net.OpError](err)
	wait, ok := errors.AsType[net.Error](err)
	if op || ok && wait.Timeout() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return sources.Unreachable, "check the network and --endpoint-url"
	}
	return "", ""
}

// spent reports whether err stands because the budget of retries had nothing left.
func spent(err error) bool {
	_, ok := errors.AsType[ratelimit.QuotaExceededError](err)
	return ok
}

var spentSuffix = fmt.Sprintf("; not tried again, for the run had too many failures: %d retries for each of --s3-concurrency are used up", retriesEach)

// An unretried is an error after which one would try again, and why that is not done.
type unretried struct{ err, why error }

func (e *unretried) Error() string   { return e.err.Error() }
func (e *unretried) Unwrap() []error { return []error{e.err, e.why} }

// expired reports whether credentials that were good once have ended.
func expired(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired":
		return true
	}
	return false
}

// answer judges an error that the server gave.
func (s *Store) answer(api smithy.APIError, need permission, bucket string, err error) (sources.Kind, string) {
	status := 0
	if r, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		status = r.HTTPStatusCode()
	}
	code, message := api.ErrorCode(), api.ErrorMessage()
	switch {
	case expired(err), loginNeeded(err):
		return sources.Expired, s.login()
	case noCredentials(err):
		return sources.Denied, "credentials could not be obtained: aws sts get-caller-identity" + s.profileFlag() + " shows why"
	case code == "InvalidAccessKeyId", code == "SignatureDoesNotMatch", code == "InvalidToken", code == "UnrecognizedClientException":
		return sources.Denied, "check the credentials: aws sts get-caller-identity" + s.profileFlag()
	case code == "RequestTimeTooSkewed":
		return sources.Denied, "set this machine's clock"
	case strings.HasPrefix(code, "KMS."), strings.Contains(message, "kms:"):
		return sources.Denied, "needs kms:Decrypt on the key that encrypts the object"
	case code == "NoSuchBucket":
		return sources.NotFound, "check the bucket's name"
	case code == "NoSuchKey" && need == get:
		return sources.NotFound, "deleted since it was listed"
	case code == "NoSuchKey", code == "NoSuchVersion", code == "NotFound":
		return sources.NotFound, ""
	case slowDown(code), status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		return sources.Throttled, "lower --s3-concurrency, or run again later"
	case code == "PreconditionFailed", status == http.StatusPreconditionFailed:
		return sources.Changed, ""
	case code == "InvalidObjectState":
		return sources.Archived, "restore it first: aws s3api restore-object"
	case wrongRegion(err):
		return sources.Unreadable, "the bucket is in another region: give --region"
	case code == "AccessDenied", code == "AllAccessDisabled", status == http.StatusForbidden, status == http.StatusUnauthorized:
		if s.opt.NoSignRequest {
			return sources.Denied, "the request was unsigned: leave out --no-sign-request, or the bucket must let everyone use " + string(need)
		}
		return sources.Denied, fmt.Sprintf("needs %s on %s", need, s.arn(bucket, need))
	case status >= http.StatusInternalServerError, code == "RequestTimeout":
		return sources.Unreadable, "the server's own failure: run again later"
	}
	return sources.Unreadable, ""
}

// slowDown reports whether code is one of those by which S3 asks for fewer requests.
func slowDown(code string) bool {
	_, ok := retry.DefaultThrottleErrorCodes[code]
	return ok || code == "ServiceUnavailable" || code == "Busy"
}

// arn names what need is to be granted on.
func (s *Store) arn(bucket string, need permission) string {
	if isARN(bucket) {
		if need == get {
			return bucket + "/object/*, and on the bucket's objects"
		}
		return bucket + ", and on the bucket"
	}
	s.mu.Lock()
	region := ""
	if c := s.clients[bucket]; c != nil {
		region = c.Options().Region
	}
	s.mu.Unlock()
	partition := "aws"
	switch {
	case strings.HasPrefix(region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		partition = "aws-us-gov"
	}
	arn := "arn:" + partition + ":s3:::" + bucket
	if need == get {
		arn += "/*"
	}
	return arn
}

func (s *Store) login() string { return "run: aws sso login" + s.profileFlag() }

func (s *Store) profileFlag() string {
	profile := s.opt.Profile
	if profile == "" {
		profile = os.Getenv("AWS_PROFILE")
	}
	if profile == "" {
		return ""
	}
	return " --profile " + shelltext.Word(profile)
}

// wrongRegion reports whether the request went to, or was signed for, a region
// the bucket is not in.
func wrongRegion(err error) bool {
	if r, ok := errors.AsType[*awshttp.ResponseError](err); ok && r.HTTPStatusCode() == http.StatusMovedPermanently {
		return true
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	switch api.ErrorCode() {
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return true
	}
	return false
}

// regionOf returns the bucket's region, which S3 adds to most of its errors.
func regionOf(err error) string {
	if r, ok := errors.AsType[*awshttp.ResponseError](err); ok && r.Response != nil {
		return r.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// brief takes the SDK's layers off: the operation, empty request ids, the URL
// with the whole query.
func brief(err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		text, message := api.ErrorCode(), strings.TrimSpace(api.ErrorMessage())
		if message != "" && message != text {
			text += ": " + message
		}
		return &plain{text, err}
	}
	if stall, ok := errors.AsType[*awshttp.ResponseTimeoutError](err); ok {
		return &plain{fmt.Sprintf("silent for %v", stall.TimeoutDur), err}
	}
	if garbled, ok := errors.AsType[*smithy.DeserializationError](err); ok {
		return &plain{"the answer makes no sense: " + garbled.Err.Error(), err}
	}
	if status := failure(err); status > 0 {
		return &plain{"the answer makes no sense, with status " + statusText(status), err}
	}
	// That a dial failed, and where to, matters; a connection's addresses do not.
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op != "dial" {
		return &plain{op.Err.Error(), err}
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return &plain{u.Err.Error(), err}
	}
	if op, ok := errors.AsType[*smithy.OperationError](err); ok {
		return &plain{op.Err.Error(), err}
	}
	return err
}
