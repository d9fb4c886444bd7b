package s3

import (
	"fmt"
	"regexp"
	"strings"
)

// Scheme is that of this package's URLs, s3://bucket/key. The bucket may be an access point's alias or ARN:
// s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/logs/key.
const Scheme = "s3"

// accessPoint matches the ARNs that stand for a bucket, and the key behind: access points of a region, of several, and on
// Outposts, with a slash or a colon between the parts of their names. See
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
var accessPoint = regexp.MustCompile(`(?s)^(arn:aws[a-z-]*:(?:` +
	`s3:([a-z0-9-]+):[0-9]{12}:accesspoint[:/][a-z0-9-]+|` +
	`s3::[0-9]{12}:accesspoint[:/][a-z0-9]+\.mrap|` +
	`s3-outposts:([a-z0-9-]+):[0-9]{12}:outpost[:/][A-Za-z0-9-]+[:/]accesspoint[:/][a-z0-9-]+` +
	`))(?:/(.*))?$`)

// split takes a URL apart. Keys are taken literally: nothing is unescaped.
func split(url string) (bucket, key string) {
	rest := strings.TrimPrefix(url, Scheme+"://")
	if isARN(rest) {
		if m := accessPoint.FindStringSubmatch(rest); m != nil {
			return m[1], m[4]
		}
	}
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key
}

func join(bucket, key string) string { return Scheme + "://" + bucket + "/" + key }

// isARN reports whether a bucket, or what begins with it, is an ARN: no bucket's name has a colon.
func isARN(bucket string) bool { return strings.HasPrefix(bucket, "arn:") }

// regionOfARN is the one region that an access point is in; "" for several, and for what is no ARN.
func regionOfARN(bucket string) string {
	m := accessPoint.FindStringSubmatch(bucket)
	if m == nil {
		return ""
	}
	return m[2] + m[3]
}

// Check implements sources.Checker.
func (s *Store) Check(url string) error {
	if bucket, _ := split(url); !isARN(bucket) || accessPoint.MatchString(bucket) {
		return nil
	}
	if m := bucketARN.FindStringSubmatch(url); m != nil {
		return fmt.Errorf("%s: a bucket goes by its name, s3://%s", url, m[1])
	}
	if strings.Contains(url, ":s3-object-lambda:") {
		return fmt.Errorf("%s: an access point of Object Lambda gives other bytes than are stored; name the access point below it", url)
	}
	return fmt.Errorf("%s: malformed ARN; an access point is s3://arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME/PREFIX", url)
}

var bucketARN = regexp.MustCompile(`(?s)^s3://arn:aws[a-z-]*:s3:::([^:]+)$`)

// Bucket is that of a URL; "" where an access point stands for it, for then nothing here tells.
func Bucket(url string) string {
	bucket, _ := split(url)
	if isARN(bucket) || strings.HasSuffix(bucket, "-s3alias") {
		return ""
	}
	return bucket
}
