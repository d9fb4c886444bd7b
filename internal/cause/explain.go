package cause

import "slices"

// A Doc explains a cause, or a finding that is no cause of single records, to whoever has to act on it. Its texts are
// whole sentences, but Title; the command line, docs/causes.md and the README show the same ones.
type Doc struct {
	Slug     string
	Cause    Cause  // None where the slug is of a finding only
	Title    string // what happened, as a sentence without its full stop
	Statuses []int  // the load balancer's statuses that it shows as, ascending; nil where these say nothing of it
	Shows    string // how it looks in the log
	Alone    string // how much a record alone tells; "" for findings
	Alike    string // what looks the same, and what tells them apart
	Verify   string // what would settle it
	Fix      string
	NotCured string   // what the fix leaves as it is
	Sources  []string // titles of the pages that document it; none where all of it is inferred
}

// Docs explains every cause but None, in their order.
func Docs() []Doc { return causeDocs[:] }

// FindingDocs explains the findings that are no cause of single records, those about settings last.
func FindingDocs() []Doc { return append(slices.Clone(findingDocs), settingDocs...) }

// AllDocs is Docs, then FindingDocs.
func AllDocs() []Doc { return append(slices.Clone(Docs()), FindingDocs()...) }

// The pages that Sources names more than once.
const (
	pageLogs         = "AWS: Access logs for your Application Load Balancer"
	pageTrouble      = "AWS: Troubleshoot your Application Load Balancers"
	pageLoadBalancer = "AWS: Edit attributes for your Application Load Balancer"
	pageTargetGroup  = "AWS: Edit target group attributes for your Application Load Balancer"
	pageHealthCheck  = "AWS: Health checks for Application Load Balancer target groups"
	pageMetrics      = "AWS: CloudWatch metrics for your Application Load Balancer"
	pageGroups       = "AWS: Security groups for your Application Load Balancer"
	pageDraining     = "AWS: Optimize load balancer connection draining parameters for Amazon ECS"
	page502          = "AWS re:Post: How do I troubleshoot Application Load Balancer HTTP 502 errors?"
)
