package settings

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// minutes are those of the shop's metrics: 100 requests each, 502s at 14:02, 504s at 14:03, targets' own at the ends.
func minutes() []Minute {
	list := make([]Minute, 10)
	for i := range list {
		list[i] = Minute{Start: at("14:00:00").Add(time.Duration(i) * time.Minute), Requests: 101, Routed: 100}
	}
	list[2].ELB502, list[2].ELB5xx, list[2].ELB5xxAll = 3, 3, 3
	list[3].ELB504, list[3].ELB5xx, list[3].ELB5xxAll = 5, 5, 5
	list[0].Target5xx, list[9].Target5xx = 1, 2
	return list
}

func TestReconcile(t *testing.T) {
	log := func(changes ...func([]Minute)) *Observed {
		o := shopLog()
		o.Minutes = minutes()
		for _, c := range changes {
			c(o.Minutes)
		}
		return o
	}
	of := func(r Reconciliation, metric string) Count {
		for _, c := range r.Counts {
			if c.Metric == metric {
				return c
			}
		}
		t.Fatalf("no %s: %+v", metric, r)
		return Count{}
	}
	s := shop(t)

	r := s.Reconcile(log())
	if len(r.Unchecked) > 0 || len(r.Counts) != 6 {
		t.Fatalf("%+v", r)
	}
	for metric, want := range map[string]uint64{"RequestCount": 1000, "HTTPCode_ELB_5XX_Count": 8, "HTTPCode_ELB_502_Count": 3,
		"HTTPCode_ELB_503_Count": 0, "HTTPCode_ELB_504_Count": 5, "HTTPCode_Target_5XX_Count": 3} {
		c := Count{Metric: metric, Buckets: 10, Period: time.Minute, Log: want, CloudWatch: want}
		if got := of(r, metric); !reflect.DeepEqual(got, c) {
			t.Errorf("%+v, want %+v", got, c)
		}
	}

	// Fixed responses: CloudWatch has not counted them, or it has.
	r = s.Reconcile(log(func(m []Minute) { m[5].ELB5xxAll = 20 }))
	if c := of(r, "HTTPCode_ELB_5XX_Count"); c.Reading != WithoutRules || c.Log != 8 || len(c.Differ) > 0 {
		t.Errorf("%+v", c)
	}
	r = s.Reconcile(log(func(m []Minute) { m[3].ELB5xx = 1 }))
	if c := of(r, "HTTPCode_ELB_5XX_Count"); c.Reading != WithRules || c.Log != 8 || len(c.Differ) > 0 {
		t.Errorf("%+v", c)
	}
	r = s.Reconcile(log(func(m []Minute) { m[3].ELB5xx, m[3].ELB5xxAll = 4, 6 })) // as far from both
	if c := of(r, "HTTPCode_ELB_5XX_Count"); c.Reading != WithoutRules || c.Log != 7 {
		t.Errorf("%+v", c)
	}

	// A log that lacks a minute.
	r = s.Reconcile(log(func(m []Minute) { m[3] = Minute{Start: m[3].Start, Routed: 40, ELB504: 2, ELB5xx: 2, ELB5xxAll: 2} }))
	want := []Difference{{at("14:03:00"), 40, 100}}
	if c := of(r, "RequestCount"); c.Log != 940 || c.CloudWatch != 1000 || !reflect.DeepEqual(c.Differ, want) {
		t.Errorf("%+v", c)
	}
	if c := of(r, "HTTPCode_ELB_504_Count"); !reflect.DeepEqual(c.Differ, []Difference{{at("14:03:00"), 2, 5}}) {
		t.Errorf("%+v", c)
	}

	// Minutes that the log has in part are left out.
	o := log()
	o.From, o.To = at("14:00:30"), at("14:08:59")
	if c := of(s.Reconcile(o), "RequestCount"); c.Buckets != 7 || c.Log != 700 || c.CloudWatch != 700 {
		t.Errorf("%+v", c)
	}

	// Points of five minutes.
	s = shop(t, without("metrics."), with("m.json", `{"MetricDataResults": [{"Label": "RequestCount Sum 300 `+shopLB+`", "Timestamps": ["2026-11-20T14:00:00Z", "2026-11-20T14:05:00Z"], "Values": [500, 490]}]}`))
	r = s.Reconcile(log())
	if c := of(r, "RequestCount"); c.Buckets != 2 || c.Period != 5*time.Minute || !reflect.DeepEqual(c.Differ, []Difference{{at("14:05:00"), 500, 490}}) {
		t.Errorf("%+v", c)
	}
	if len(r.Unchecked) != 5 || r.Unchecked[0] != "HTTPCode_ELB_5XX_Count: get-metric-data has no sums for "+shopLB {
		t.Errorf("%q", r.Unchecked)
	}
}

// A log whose records with a target were not counted apart still shows where CloudWatch has more than all its records.
func TestReconcileAtMost(t *testing.T) {
	o := shopLog()
	o.Minutes = minutes()
	for i := range o.Minutes {
		o.Minutes[i].Routed = 0
	}
	r := shop(t).Reconcile(o) // 101 records a minute beside 100 requests
	if want := (Count{Metric: "RequestCount", Buckets: 10, Period: time.Minute, Log: 1010, CloudWatch: 1000, Differ: []Difference{}, Reading: AtMost}); len(r.Unchecked) > 0 || !reflect.DeepEqual(r.Counts[0], want) {
		t.Errorf("%+v, %q, want %+v", r.Counts[0], r.Unchecked, want)
	}
	o.Minutes[3].Requests, o.Minutes[7].Requests = 40, 99
	r = shop(t).Reconcile(o)
	if want := []Difference{{at("14:03:00"), 40, 100}, {at("14:07:00"), 99, 100}}; !reflect.DeepEqual(r.Counts[0].Differ, want) {
		t.Errorf("%+v, want %+v", r.Counts[0].Differ, want)
	}
}

func TestReconcileUnchecked(t *testing.T) {
	o := shopLog()
	if r := shop(t).Reconcile(o); !reflect.DeepEqual(r, Reconciliation{Unchecked: []string{"CloudWatch's counts: they are by the minute of the response, and the log was not counted so"}}) {
		t.Errorf("a log that was not counted by the minute: %+v", r)
	}
	o.Minutes = minutes()
	if r := shop(t, without("metrics.")).Reconcile(o); !reflect.DeepEqual(r, Reconciliation{Unchecked: []string{"CloudWatch's counts: get-metric-data is missing"}}) {
		t.Errorf("no metrics: %+v", r)
	}
	for _, c := range []struct {
		name  string
		edits []edit
		log   func(*Observed)
		why   string
	}{
		{"another load balancer", nil, func(o *Observed) { o.LoadBalancers = []string{"app/blog/1111111111111111"} }, "no sums for app/blog/1111111111111111"},
		{"one of two", nil, func(o *Observed) { o.LoadBalancers = append(o.LoadBalancers, "app/blog/1111111111111111") }, "no sums for app/blog/1111111111111111"},
		{"another time", nil, func(o *Observed) { o.From, o.To = at("10:00:00"), at("11:00:00") }, "not asked for all of the log's time"},
		{"half of the time", nil, func(o *Observed) { o.To = at("15:00:00") }, "not asked for all of the log's time"},
		{"averages", []edit{in("metrics.shop.50dc6c495c0c9188.json", " Sum 60", " Average 60")}, func(*Observed) {}, "no sums for"},
		{"no minute", nil, func(o *Observed) { o.From, o.To = at("14:03:01"), at("14:04:59") }, "the log covers none of its periods of 60 s whole"},
		{"no time", nil, func(o *Observed) { o.To = o.From }, "no load balancer or no time"},
	} {
		o := shopLog(c.log)
		o.Minutes = minutes()
		r := shop(t, c.edits...).Reconcile(o)
		if len(r.Counts) > 0 || len(r.Unchecked) != 6 {
			t.Errorf("%s: %+v", c.name, r)
			continue
		}
		for _, why := range r.Unchecked {
			if !strings.Contains(why, c.why) {
				t.Errorf("%s: %q", c.name, why)
			}
		}
	}
}
