package diagnose

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"

	"alblens/diagnose/advice"
	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/partial"
	"alblens/settings"
)

// Options say what a diagnosis may use besides the records.
type Options struct {
	// Samples is how many lines a Finding shows. Default: 5.
	Samples int
	// Access is repeated in commands.
	Access advice.Access
	// Settings to hold the findings against; nil for none. Buckets are those that logs were read from.
	Settings *settings.Settings
	Buckets  []string
	// ByCreation says that the tables count records by the time that their request came in.
	ByCreation bool
}

// A Diagnosis is why the failed records of a run failed.
type Diagnosis struct {
	// Attribution is how many records each cause explains.
	Attribution map[cause.Cause]uint64
	// Sampled says that more records failed than were kept: then the counts of causes that one record does not tell
	// are shares of those kept.
	Sampled  bool
	Findings []Finding // by severity, then by harm
	// Unchecked are rules that the settings at hand do not suffice for, and Reconciliation is the log's counts beside
	// CloudWatch's; nil without settings.
	Unchecked      []settings.Unchecked
	Reconciliation *settings.Reconciliation

	verdicts func() map[place]*Verdict // made when first asked for; nil: none
	rows     map[cause.Cause]*Verdict  // of records that were not kept, by what they suggest alone
}

type place struct {
	source string
	line   int
}

// A Verdict is why one record failed.
type Verdict struct {
	Cause      cause.Cause
	Confidence float64  // 0 to 1
	Reasons    []string // begin with "for " or "against "
}

// Of returns the Verdict on the record that stands in that line of an object and suggests that cause alone. For
// records of no cause it is nil. The Verdict must not be changed.
func (d *Diagnosis) Of(source string, line int, row cause.Cause) *Verdict {
	if d.verdicts != nil {
		if v := d.verdicts()[place{source, line}]; v != nil {
			return v
		}
	}
	return d.rows[row]
}

// A suspect is a failed record and what is thought of it.
type suspect struct {
	*evidence.Failure
	Verdict
	weight float64 // how many records it stands for
	route  int     // in scene.routes
}

// weightOf is how many records they stand for.
func weightOf(list []*suspect) float64 {
	n := 0.0
	for _, x := range list {
		n += x.weight
	}
	return n
}

// Run judges every failed record and says what there is to find.
func Run(r *partial.Result, o Options) *Diagnosis {
	if o.Samples <= 0 {
		o.Samples = 5
	}
	s := newScene(r, o)
	s.judge()
	d := &Diagnosis{verdicts: sync.OnceValue(s.verdicts), Sampled: s.sampled}
	d.Attribution, d.rows = s.attribution()
	d.Findings = s.findings()
	d.Unchecked, d.Reconciliation = s.unchecked, s.reconciliation
	return d
}

func (s *scene) verdicts() map[place]*Verdict {
	all := make(map[place]*Verdict, len(s.suspects))
	for i := range s.suspects {
		x := &s.suspects[i]
		all[place{x.Source, x.Line}] = &x.Verdict
	}
	return all
}

// judge decides on every record: first by itself, then by what stands around it.
func (s *scene) judge() {
	for i := range s.suspects {
		s.byRow(&s.suspects[i])
	}
	s.judgeTimeouts()
	s.judgeShortBodies()
	s.judgeRefused()
	s.judgeBroken()
}

// byRow is the verdict that the record alone suggests.
func (s *scene) byRow(x *suspect) {
	x.Cause = x.Row
	x.Confidence = rowConfidence[x.Row]
	x.Reasons = rowReasons[x.Row] // shared: full, so that append copies it
}

// rowConfidence is how sure the record alone makes of a cause where nothing else is looked at.
var rowConfidence = [cause.Count]float64{
	cause.Target5xx: 1, cause.ConnectTimeout: 0.95, cause.IdleTimeout: 0.8, cause.ShortBody: 0.4, cause.ConnectRefused: 0.7,
	cause.KeepaliveRace: 0.5, cause.TargetCrash: 0.4, cause.BadResponse: 0.7, cause.LambdaError: 0.98, cause.NoTarget: 0.97,
	cause.AuthError: 0.95, cause.WAFBlock: 0.98, cause.WAFError: 0.95, cause.FixedResponse: 0.98, cause.ClientAbandoned: 0.98,
	cause.ClientError: 0.95, cause.StreamReset: 0.9, cause.Unattributed: 0,
}

var rowReasons = [cause.Count][]string{
	cause.Target5xx:       {"for: the target's own status is a 5xx"},
	cause.ConnectTimeout:  {"for: all three times are -1, and 10 s passed between request and response, the limit for connecting"},
	cause.LambdaError:     {"for: error_reason names it"},
	cause.NoTarget:        {"for: the request was to be forwarded to a target group and no target was chosen"},
	cause.AuthError:       {"for: error_reason or status of the authenticate action"},
	cause.WAFBlock:        {"for: the last action executed is waf"},
	cause.WAFError:        {"for: WAF could not be asked"},
	cause.FixedResponse:   {"for: the last action executed is fixed-response"},
	cause.ClientAbandoned: {"for: status 460"},
	cause.ClientError:     {"for: the load balancer answered itself and chose no target"},
	cause.StreamReset:     {"for: status 000"},
}

// attribution counts records by cause. Where they were sampled, the count of what rows suggest, which is exact, is
// shared out as the kept ones were judged, by largest remainder.
func (s *scene) attribution() (map[cause.Cause]uint64, map[cause.Cause]*Verdict) {
	counts, rows := map[cause.Cause]uint64{}, map[cause.Cause]*Verdict{}
	var keptBy [cause.Count]uint64
	var judgedBy [cause.Count][cause.Count]uint64 // by row, then by cause
	for i := range s.suspects {
		x := &s.suspects[i]
		keptBy[x.Row]++
		judgedBy[x.Row][x.Cause]++
	}
	for _, row := range s.result.Evidence.Causes {
		kept, judged := keptBy[row.Cause], &judgedBy[row.Cause]
		if kept == 0 {
			counts[row.Cause] += row.Requests
			rows[row.Cause] = &Verdict{Cause: row.Cause, Confidence: rowConfidence[row.Cause] / 2}
			continue
		}
		main := cause.None
		for c, n := range shareOut(row.Requests, judged[:], kept) {
			if n > 0 {
				counts[cause.Cause(c)] += n
			}
			if judged[c] > judged[main] {
				main = cause.Cause(c)
			}
		}
		share := float64(judged[main]) / float64(kept)
		rows[row.Cause] = &Verdict{
			Cause: main, Confidence: round3(share * rowConfidence[row.Cause]),
			Reasons: []string{"for: most records like it that were looked at more closely have this cause"},
		}
	}
	return counts, rows
}

// shareOut divides a whole in proportion to parts, which sum up to sum, by largest remainder; of equals the first has it.
func shareOut(whole uint64, parts []uint64, sum uint64) []uint64 {
	out := make([]uint64, len(parts))
	order := make([]int, len(parts))
	left := make([]uint64, len(parts))
	rest := whole
	for i, n := range parts {
		high, low := bits.Mul64(whole, n)
		out[i], left[i] = bits.Div64(high, low, sum)
		rest -= out[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return -cmp.Compare(left[a], left[b]) })
	for _, i := range order[:rest] {
		out[i]++
	}
	return out
}
