package s3

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	const ap = "arn:aws:s3:eu-west-1:111122223333:accesspoint/logs"
	const colons = "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint:logs"
	const outpost = "arn:aws:s3-outposts:us-west-2:111122223333:outpost/op-0123456789abcdef0/accesspoint/logs"
	const several = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap"
	const alias = "logs-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias"
	for _, c := range []struct{ url, bucket, key, region, known string }{
		{"s3://my-logs/AWSLogs/1/x.gz", "my-logs", "AWSLogs/1/x.gz", "", "my-logs"},
		{"s3://my-logs", "my-logs", "", "", "my-logs"},
		{"s3://my-logs/arn:aws:s3:::x/y", "my-logs", "arn:aws:s3:::x/y", "", "my-logs"},
		{"s3://" + ap, ap, "", "eu-west-1", ""},
		{"s3://" + ap + "/", ap, "", "eu-west-1", ""},
		{"s3://" + ap + "/AWSLogs/1/x.gz", ap, "AWSLogs/1/x.gz", "eu-west-1", ""},
		{"s3://" + ap + "//a\nb", ap, "/a\nb", "eu-west-1", ""},
		{"s3://" + colons + "/AWSLogs/", colons, "AWSLogs/", "cn-north-1", ""},
		{"s3://" + outpost + "/AWSLogs/", outpost, "AWSLogs/", "us-west-2", ""},
		{"s3://" + several + "/AWSLogs/", several, "AWSLogs/", "", ""},
		{"s3://" + alias + "/AWSLogs/", alias, "AWSLogs/", "", ""},
	} {
		bucket, key := split(c.url)
		if bucket != c.bucket || key != c.key {
			t.Errorf("split(%q) = %q, %q; want %q, %q", c.url, bucket, key, c.bucket, c.key)
		}
		if b, k := split(join(bucket, key)); b != bucket || k != key {
			t.Errorf("%q joined and split again: %q, %q", c.url, b, k)
		}
		if got := regionOfARN(bucket); got != c.region {
			t.Errorf("%s is in %q, want %q", bucket, got, c.region)
		}
		if got := Bucket(c.url); got != c.known {
			t.Errorf("Bucket(%q) = %q, want %q", c.url, got, c.known)
		}
		if err := new(Store).Check(c.url); err != nil {
			t.Error(err)
		}
	}
}

func TestMalformedARN(t *testing.T) {
	for url, want := range map[string]string{
		"s3://arn:aws:s3:::my-logs":                                          "a bucket goes by its name, s3://my-logs",
		"s3://arn:aws:s3:::my-logs/AWSLogs/":                                 "a bucket goes by its name, s3://my-logs/AWSLogs/",
		"s3://arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/x": "Object Lambda gives other bytes",
		"s3://arn:aws:s3:eu-west-1:111122223333:accesspoint":                 "malformed ARN; an access point is s3://arn:",
		"s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/":                "malformed ARN",
		"s3://arn:aws:s3:eu-west-1:1111:accesspoint/logs/x":                  "malformed ARN",
		"s3://arn:aws:s3::111122223333:accesspoint/logs/x":                   "malformed ARN",
		"s3://arn:aws:s3-outposts:us-west-2:111122223333:outpost/op-01/x":    "malformed ARN",
		"s3://arn:aws:ec2:eu-west-1:111122223333:instance/i-1":               "malformed ARN",
		"s3://arn:": "malformed ARN",
	} {
		if err := new(Store).Check(url); err == nil || !strings.HasPrefix(err.Error(), url+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want one that says %q", url, err, want)
		}
	}
}
