package compare

import (
	"encoding/json"
	"testing"
	"time"
)

// Two target groups of one name, of two load balancers say, are one row: 6 578 requests with 49 502s, and 645 with 5.
func TestRowsThatReadAlike(t *testing.T) {
	members := map[string]json.RawMessage{
		"by_target_group": json.RawMessage(`[
			{"target_group": "api", "requests": 6578, "elb_5xx": 49, "elb_502": 49, "status": {"200": 6529, "502": 49}, "duration_ms": {"count": 6578, "p50": 1, "p90": 2, "p99": 3}},
			{"target_group": "api", "requests": 645, "elb_5xx": 5, "elb_502": 5, "status": {"200": 640, "502": 5}, "lower_bound": true},
			{"target_group": "web", "requests": 9, "status": {"200": 9}}]`),
		"series": json.RawMessage(`{"target": [
			{"key": "a", "bucket_seconds": 60, "points": []}, {"key": "b", "bucket_seconds": 60, "points": []},
			{"key": "a", "bucket_seconds": 60, "points": []}, {"key": "a", "bucket_seconds": 60, "points": []}]}`),
	}
	s := &Summary{}
	if err := s.readTable(members, "target-group"); err != nil {
		t.Fatal(err)
	}
	rows := s.Tables[0].Rows
	api := rows[join([]string{"api"})]
	if len(rows) != 2 || api.Requests != 7223 || api.ELB5xx != 54 || api.ELB502 != 54 || api.Status["200"] != 7169 || api.Status["502"] != 54 || !api.LowerBound || api.Duration != nil {
		t.Errorf("%d rows, api is %+v", len(rows), api)
	}
	if err := s.readSeries(members); err != nil {
		t.Fatal(err)
	}
	if got := s.Series["target"]; len(got) != 1 || got[join([]string{"b"})].Bucket != time.Minute {
		t.Errorf("series %+v, want that of b alone", got)
	}
}
