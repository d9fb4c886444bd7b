package simulate

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Config says what to simulate. The zero value is an hour of a small, healthy
// shop; each zero field takes the default named beside it.
type Config struct {
	Seed     uint64        // everything drawn is drawn from it
	Start    time.Time     // first instant of the log; 2026-11-20T14:00:00Z
	Duration time.Duration // length of the log; 1 h. Requests answered after its end are not in it

	RequestsPerSecond float64 // mean over the whole load balancer, and over a day if Swing is set; 10
	Swing             float64 // how far the rate swings about its mean over a day, 0 to 0.95, highest at 15:00 UTC; 0: not at all

	Account          string        // 12 digits; 111122223333
	Region           string        // us-east-1
	LoadBalancer     string        // name; shop
	LoadBalancerID   string        // 16 hex digits; 50dc6c495c0c9188
	Nodes            int           // 1 to 64; 2
	Targets          int           // of the groups web and api together, at least 2, web has the odd one; 6
	IdleTimeout      time.Duration // of the load balancer, 1 to 4000 s; 60 s
	ApplicationError float64       // share of the targets' answers that are 500; 0.0015, negative: none

	// Faults are injected into the traffic; they may overlap. A fault draws
	// from a source of its own, so records that it does not hit are the same
	// as without it. Where two could hit a request, the first one does.
	Faults []Fault

	// System, if it is not nil, has the discrete-event model run the log. What
	// goes wrong then stands there, and Faults must be empty.
	System *System
}

// A Cause names what made a record fail, in the slugs of the JSON summary.
type Cause string

// The causes that this package can inject or makes as everyday noise.
const (
	ConnectTimeout    Cause = "connect-timeout"    // 504: no connection to the target within 10 s
	IdleTimeout       Cause = "idle-timeout"       // 504: the target was silent for the idle timeout
	ShortBody         Cause = "short-body"         // 504: fewer bytes came than Content-Length promised
	ConnectRefused    Cause = "connect-refused"    // 502: the connection or the TLS handshake was refused
	KeepaliveRace     Cause = "keepalive-race"     // 502: the target closed an idle connection as it was reused
	TargetCrash       Cause = "target-crash"       // 502: the target went away with the request in flight
	WorkerTimeout     Cause = "worker-timeout"     // 502: the application server ended the request at a fixed time
	DeregistrationCut Cause = "deregistration-cut" // 502: the deregistration delay ran out
	BadResponse       Cause = "bad-response"       // 502: the response was malformed
	LambdaError       Cause = "lambda-error"       // 502 or 504 with an error_reason of Lambda
	NoTarget          Cause = "no-target"          // 503: the target group was empty
	AuthError         Cause = "auth-error"         // an authentication action failed
	WAFBlock          Cause = "waf-block"          // 403: WAF blocked the request
	WAFError          Cause = "waf-error"          // 500: WAF failed
	TargetError       Cause = "target-5xx"         // the target itself answered 5xx
	FixedResponse     Cause = "fixed-response"     // a rule answered 4xx or 5xx
	ClientAbandoned   Cause = "client-abandoned"   // 460: the client left first
	ClientError       Cause = "client-error"       // the load balancer would not forward what the client sent
	StreamReset       Cause = "stream-reset"       // 000: the target reset the stream
)

// A Fault is something broken for some time.
type Fault struct {
	Cause Cause         // ConnectTimeout or IdleTimeout
	From  time.Duration // when it starts, from Config.Start
	For   time.Duration // how long it lasts; 0: to the end
	Share float64       // share of the requests within its reach that it hits, above 0 to 1; 0: all

	// ConnectTimeout: a host that no longer answers.
	Group  string // web or api
	Target int    // index in the group, from 0

	// IdleTimeout: a path that has become slow. Answers that would take
	// longer than the idle timeout become 504, the others are late.
	Path   string        // name of a route, such as /api/reports/{int}; see Routes
	Median time.Duration // of the slowed answers; 25 s
	Sigma  float64       // of the logarithm of their times; 0.6
}

// withDefaults fills the zero fields in.
func (c Config) withDefaults() Config {
	if c.Start.IsZero() {
		c.Start = time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	}
	c.Start = c.Start.UTC()
	setDefault(&c.Duration, time.Hour)
	setDefault(&c.RequestsPerSecond, 10)
	setDefault(&c.Account, "111122223333")
	setDefault(&c.Region, "us-east-1")
	setDefault(&c.LoadBalancer, "shop")
	setDefault(&c.LoadBalancerID, "50dc6c495c0c9188")
	setDefault(&c.Nodes, 2)
	setDefault(&c.Targets, 6)
	setDefault(&c.IdleTimeout, time.Minute)
	setDefault(&c.ApplicationError, 0.0015)
	faults := make([]Fault, len(c.Faults))
	for i, f := range c.Faults {
		setDefault(&f.For, c.Duration)
		setDefault(&f.Share, 1)
		setDefault(&f.Median, 25*time.Second)
		setDefault(&f.Sigma, 0.6)
		faults[i] = f
	}
	c.Faults = faults
	if c.System != nil {
		c.System = c.System.withDefaults(c.Duration)
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

const maxDuration = 10 * 366 * 24 * time.Hour

var (
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9](-?[A-Za-z0-9]+)*$`)
	idForm      = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

// validate reports the first field out of its range. c has its defaults.
func (c Config) validate() error {
	switch {
	case c.Start.Year() < 1970 || c.Start.Year() > 2200:
		return fmt.Errorf("simulate: Start %v is not in 1970 to 2200", c.Start)
	case c.Duration < 0 || c.Duration > maxDuration:
		return fmt.Errorf("simulate: Duration %v is not in [0, %v]", c.Duration, maxDuration)
	case !(c.RequestsPerSecond > 0 && c.RequestsPerSecond <= 1e6):
		return fmt.Errorf("simulate: RequestsPerSecond %v is not in (0, 1e6]", c.RequestsPerSecond)
	case !(c.Swing >= 0 && c.Swing <= 0.95):
		return fmt.Errorf("simulate: Swing %v is not in [0, 0.95]", c.Swing)
	case !accountForm.MatchString(c.Account):
		return fmt.Errorf("simulate: Account %q is not 12 digits", c.Account)
	case !regionForm.MatchString(c.Region):
		return fmt.Errorf("simulate: Region %q is not one", c.Region)
	case !nameForm.MatchString(c.LoadBalancer) || len(c.LoadBalancer) > 32:
		return fmt.Errorf("simulate: LoadBalancer %q is no name of one", c.LoadBalancer)
	case !idForm.MatchString(c.LoadBalancerID):
		return fmt.Errorf("simulate: LoadBalancerID %q is not 16 hex digits", c.LoadBalancerID)
	case c.Nodes < 1 || c.Nodes > maxNodes:
		return fmt.Errorf("simulate: Nodes %d is not in [1, %d]", c.Nodes, maxNodes)
	case c.Targets < 2 || c.Targets > maxTargets:
		return fmt.Errorf("simulate: Targets %d is not in [2, %d]", c.Targets, maxTargets)
	case c.IdleTimeout < time.Second || c.IdleTimeout > 4000*time.Second:
		return fmt.Errorf("simulate: IdleTimeout %v is not in [1s, 4000s]", c.IdleTimeout)
	case !(c.ApplicationError <= 1):
		return fmt.Errorf("simulate: ApplicationError %v is above 1", c.ApplicationError)
	}
	if c.System != nil {
		if len(c.Faults) > 0 {
			return errors.New("simulate: Faults beside a System; its Incidents say what goes wrong")
		}
		if err := c.System.validate(c); err != nil {
			return fmt.Errorf("simulate: %w", err)
		}
	}
	for i, f := range c.Faults {
		if err := c.validateFault(f); err != nil {
			return fmt.Errorf("simulate: Faults[%d]: %w", i, err)
		}
	}
	return nil
}

func (c Config) validateFault(f Fault) error {
	switch {
	case f.From < 0 || f.For < 0:
		return fmt.Errorf("from %v for %v is negative", f.From, f.For)
	case !(f.Share > 0 && f.Share <= 1):
		return fmt.Errorf("share %v is not in (0, 1]", f.Share)
	}
	switch f.Cause {
	case ConnectTimeout:
		group, ok := groupByName(f.Group)
		if !ok {
			return fmt.Errorf("group %q is neither web nor api", f.Group)
		}
		if n := c.targetsOf(group); f.Target < 0 || f.Target >= n {
			return fmt.Errorf("target %d of group %s is not in [0, %d)", f.Target, f.Group, n)
		}
	case IdleTimeout:
		if !isRoute(f.Path) {
			return fmt.Errorf("path %q is no route", f.Path)
		}
		if f.Median < time.Millisecond || !(f.Sigma >= 0 && f.Sigma <= 3) {
			return fmt.Errorf("median %v, sigma %v are out of range", f.Median, f.Sigma)
		}
	default:
		return fmt.Errorf("cause %q cannot be injected", f.Cause)
	}
	return nil
}

// targetsOf counts the targets of a group.
func (c Config) targetsOf(g group) int {
	if g == groupAPI {
		return c.Targets / 2
	}
	return c.Targets - c.Targets/2
}
