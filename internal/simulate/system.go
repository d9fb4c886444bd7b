package simulate

import (
	"fmt"
	"time"
)

// A System is the load balancer, its targets and its clients as the
// discrete-event model runs them. The zero value is sound: servers keep idle
// connections longer than the load balancer does, and nothing happens. Each
// zero field takes the default named beside it.
type System struct {
	Web, API Server // of the two groups' targets

	Deregistration   time.Duration // delay: how long a draining target keeps its requests; 300 s
	HealthInterval   time.Duration // 30 s
	HealthTimeout    time.Duration // 5 s
	HealthyAfter     int           // passes in a row, for a target that was unhealthy; 5
	UnhealthyAfter   int           // failures in a row; 2
	ClockSkew        time.Duration // clocks of nodes are up to this late or early; 25 ms
	SplitSlots       float64       // share of a node's five minutes delivered as two objects; 0
	WAF              bool          // all requests pass a web ACL
	ClientTimeout    time.Duration // programs give up after it; 0: never
	Retries          int           // of programs, after 502, 503 and 504 and after giving up
	Impatient        float64       // share of browsers' requests that whose client leaves unless it is answered in a second or so; 0.01, negative: none
	LambdaShare      float64       // share of programs' requests that go to a function
	RPCShare         float64       // share of programs' requests that are gRPC
	AuthenticateRule bool          // pages below /account ask the identity provider first
	Pollers          []Poller
	Incidents        []Incident
}

// A Server is the software of a group's targets.
type Server struct {
	// KeepAlive is after how long without a request a connection is closed; 0:
	// never. The timer of it fires up to twice Stall late, as event loops have
	// it, and what arrives meanwhile is lost with the connection.
	KeepAlive time.Duration
	Stall     time.Duration // 8 ms

	Workers int // requests served at once; 256. More wait in line
	Backlog int // requests in line above which connections are not accepted; 2048

	WorkerTimeout time.Duration // a request that is served this long is killed; 0: never
	WorkerGrace   time.Duration // how much later the kill may come; 300 ms
	ProxyTimeout  time.Duration // a proxy before the application answers 504 after it; 0: never

	TLS bool // the load balancer speaks HTTPS to it
}

// A Poller is a client that asks for one path at a fixed interval.
type Poller struct {
	Path    string // name of a route
	Every   time.Duration
	Slack   time.Duration // each pause is up to this longer: the answer's time and a sleepy timer; 50 ms
	Clients int           // 1
	Timeout time.Duration // 0: never gives up
}

// withDefaults returns a copy with the zero fields filled in.
func (s *System) withDefaults(span time.Duration) *System {
	c := *s
	for _, v := range []*Server{&c.Web, &c.API} {
		setDefault(&v.Stall, 8*time.Millisecond)
		setDefault(&v.Workers, 256)
		setDefault(&v.Backlog, 2048)
		setDefault(&v.WorkerGrace, 300*time.Millisecond)
	}
	setDefault(&c.Deregistration, 300*time.Second)
	setDefault(&c.HealthInterval, 30*time.Second)
	setDefault(&c.HealthTimeout, 5*time.Second)
	setDefault(&c.HealthyAfter, 5)
	setDefault(&c.UnhealthyAfter, 2)
	setDefault(&c.ClockSkew, 25*time.Millisecond)
	setDefault(&c.Impatient, 0.01)
	c.Pollers = make([]Poller, len(s.Pollers))
	for i, p := range s.Pollers {
		setDefault(&p.Clients, 1)
		setDefault(&p.Slack, 50*time.Millisecond)
		c.Pollers[i] = p
	}
	c.Incidents = make([]Incident, len(s.Incidents))
	for i, v := range s.Incidents {
		c.Incidents[i] = v.withDefaults(span)
	}
	return &c
}

// validate reports the first field out of its range. s has its defaults.
func (s *System) validate(c Config) error {
	for _, v := range []Server{s.Web, s.API} {
		if v.KeepAlive < 0 || v.Stall < 0 || v.Workers < 1 || v.Backlog < 0 || v.WorkerTimeout < 0 || v.WorkerGrace < 0 || v.ProxyTimeout < 0 {
			return fmt.Errorf("server %+v is out of range", v)
		}
	}
	switch {
	case s.Deregistration < 0 || s.Deregistration > time.Hour:
		return fmt.Errorf("deregistration delay %v is not in [0, 1h]", s.Deregistration)
	case s.HealthInterval < 5*time.Second || s.HealthInterval > 300*time.Second:
		return fmt.Errorf("health check interval %v is not in [5s, 300s]", s.HealthInterval)
	case s.HealthTimeout < 2*time.Second || s.HealthTimeout >= s.HealthInterval:
		return fmt.Errorf("health check timeout %v is not from 2s to below the interval", s.HealthTimeout)
	case s.ClockSkew < 0 || s.ClockSkew > time.Second:
		return fmt.Errorf("clock skew %v is not in [0, 1s]", s.ClockSkew)
	}
	for name, share := range map[string]float64{"SplitSlots": s.SplitSlots, "Impatient": max(s.Impatient, 0), "LambdaShare": s.LambdaShare, "RPCShare": s.RPCShare} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("%s %v is not in [0, 1]", name, share)
		}
	}
	for i, p := range s.Pollers {
		if !isRoute(p.Path) || p.Every < time.Millisecond || p.Timeout < 0 {
			return fmt.Errorf("poller %d: %+v is out of range", i, p)
		}
	}
	for i, v := range s.Incidents {
		if err := v.validate(c); err != nil {
			return fmt.Errorf("incident %d: %w", i, err)
		}
	}
	return nil
}

// server returns the settings of a group's targets.
func (s *System) server(g group) *Server {
	if g == groupAPI {
		return &s.API
	}
	return &s.Web
}
