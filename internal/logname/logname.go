package logname

import (
	"net/netip"
	"strings"
	"time"
)

// Slot is the time one log file covers. Every node publishes at least one file
// a slot while it has traffic, stamped with the slot's end.
const Slot = 5 * time.Minute

// Stamp is the layout of the end time inside a file name. Stamps sort as text
// in the order of time.
const Stamp = "20060102T1504Z"

// DayLayout is the layout of the dated folders.
const DayLayout = "2006/01/02"

const (
	service     = "elasticloadbalancing"
	connection  = "conn_log_"
	healthCheck = "health_check_log_"
)

// Kind says which log a name stands for.
type Kind uint8

const (
	Other       Kind = iota // not a name AWS gives: it may hold anything
	Access                  // access log of an Application Load Balancer
	Connection              // conn_log_…
	HealthCheck             // health_check_log_…
	Network                 // log of a Network Load Balancer, net.…
	Classic                 // log of a Classic Load Balancer
	TestFile                // ELBAccessLogTestFile and its sisters
)

var kinds = [...]string{
	Other:       "other file",
	Access:      "access log",
	Connection:  "connection log",
	HealthCheck: "health check log",
	Network:     "Network Load Balancer log",
	Classic:     "Classic Load Balancer log",
	TestFile:    "test file",
}

// String returns the kind in plain English, as a message would say it.
func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return "unknown kind"
}

// Name is what an object's key or path tells. It is plain data and shares
// memory with the path it was read from.
type Name struct {
	Kind         Kind
	Account      string    // as written; twelve digits at AWS
	Region       string    // "eu-west-3"
	LoadBalancer string    // as in the log's elb field: "app/name/id"; a Classic one has a bare name
	Node         string    // address of the load balancer's node, zero padding removed; "" when not told
	End          time.Time // end of the slot, UTC; zero when not told
	Random       string    // tells files of the same node and slot apart
	Day          time.Time // delivery date from the dated folders, UTC midnight; zero outside AWS's layout
	Base         string    // the path's last element
}

// Parse reads path, an S3 key or a path with forward slashes. It never fails:
// a name that is not AWS's has Kind Other and, but for Base and perhaps Day,
// zero fields.
//
// What follows the end time is read leniently, because archives drop ".gz" or
// add suffixes of their own.
func Parse(path string) Name {
	n := Name{Base: path[strings.LastIndexByte(path, '/')+1:]}
	_, n.Day = Dated(path)

	if strings.HasPrefix(n.Base, "ELB") && strings.HasSuffix(n.Base, "LogTestFile") {
		n.Kind = TestFile
		return n
	}

	file, kind := n.Base, Access
	if rest, ok := strings.CutPrefix(file, connection); ok {
		file, kind = rest, Connection
	} else if rest, ok := strings.CutPrefix(file, healthCheck); ok {
		file, kind = rest, HealthCheck
	}
	// The random part comes last, so dots inside it or after it are suffixes.
	// No field before it holds an underscore: AWS allows letters, digits and
	// hyphens in a load balancer's name.
	part := strings.SplitN(file, "_", 7)
	if len(part) < 5 || part[0] == "" || part[1] != service || part[2] == "" {
		return n
	}
	lb, family := loadBalancer(part[3])
	stamp, _, _ := strings.Cut(part[4], ".")
	end, err := time.Parse(Stamp, stamp)
	if lb == "" || err != nil {
		return n
	}
	if kind == Access {
		kind = family
	}

	n.Kind, n.Account, n.Region, n.LoadBalancer, n.End = kind, part[0], part[2], lb, end
	tail := part[5:]
	if family != Network && len(tail) > 0 { // Network Load Balancers name no node
		n.Node = node(tail[0])
		tail = tail[1:]
	}
	if len(tail) > 0 {
		n.Random, _, _ = strings.Cut(tail[0], ".")
	}
	return n
}

// Stem returns the part of Base before the end time, which all files of one
// kind and load balancer share; "" when the name has no end time.
func (n Name) Stem() string {
	if n.End.IsZero() {
		return ""
	}
	// Counted, not searched for: other parts may look like an end time.
	stem := len(n.Account) + len("_") + len(service) + len("_") + len(n.Region) + len("_") + len(n.LoadBalancer) + len("_")
	switch n.Kind {
	case Connection:
		stem += len(connection)
	case HealthCheck:
		stem += len(healthCheck)
	}
	return n.Base[:stem]
}

// Dated splits a path that lies in AWS's dated folders: root reaches up to and
// including ".../elasticloadbalancing/<region>/", day is the date below it.
// Elsewhere it returns "" and the zero time.
func Dated(path string) (root string, day time.Time) {
	i := strings.LastIndex(path, service+"/")
	if i < 0 || i > 0 && path[i-1] != '/' {
		return "", time.Time{}
	}
	rest := path[i+len(service+"/"):]
	region := strings.IndexByte(rest, '/')
	if region <= 0 {
		return "", time.Time{}
	}
	date := rest[region+1:]
	if len(date) <= len(DayLayout) || date[len(DayLayout)] != '/' {
		return "", time.Time{}
	}
	day, err := time.Parse(DayLayout, date[:len(DayLayout)])
	if err != nil {
		return "", time.Time{}
	}
	return path[:len(path)-len(date)], day
}

// loadBalancer turns "app.name.id" into the form the log lines have, and says
// which family it belongs to. It returns "" for what is no load balancer.
func loadBalancer(s string) (string, Kind) {
	part := strings.Split(s, ".")
	for _, p := range part {
		if p == "" {
			return "", Other
		}
	}
	switch {
	case len(part) == 1:
		return s, Classic
	case len(part) != 3:
		return "", Other
	case part[0] == "app":
		return strings.Join(part, "/"), Access
	case part[0] == "net":
		return strings.Join(part, "/"), Network
	}
	return "", Other
}

// node removes the zero padding of a node's address (AWS's own example is
// 172.160.001.192). What is no address stays as written.
func node(s string) string {
	octet := strings.Split(s, ".")
	for i, o := range octet {
		if o != "" {
			if octet[i] = strings.TrimLeft(o, "0"); octet[i] == "" {
				octet[i] = "0"
			}
		}
	}
	// An IPv6 address has no dots and fails here unless it is already plain.
	if a, err := netip.ParseAddr(strings.Join(octet, ".")); err == nil {
		return a.String()
	}
	return s
}
