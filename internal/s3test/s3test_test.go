package s3test

import "testing"

func TestServer(t *testing.T) {
	s := Start(t)
	bucket := s.Bucket(t)
	s.Put(t, bucket, "a/b c+d é", []byte("content"))
	if got := string(s.Get(t, bucket, "a/b c+d é")); got != "content" {
		t.Errorf("got %q", got)
	}
	s.Delete(t, bucket, "a/b c+d é")
	s.Allow(t, bucket, s.User(t, "somebody").AccessKey, "s3:ListBucket", "s3:GetObject")
}
