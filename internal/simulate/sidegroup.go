package simulate

import (
	"strconv"
	"time"
)

// A sideGroup is a target group beside the shop's whose targets the node asks
// in other ways than over pooled HTTP/1.1 connections: a function, or gRPC over
// one HTTP/2 connection. How these go is drawn, not simulated.
type sideGroup struct {
	arn     string
	targets []string
}

func newSideGroup(cfg Config, name string) sideGroup {
	rng := newRNG(cfg.Seed, streamMechanism+uint64(len(name)))
	g := sideGroup{arn: "arn:aws:elasticloadbalancing:" + cfg.Region + ":" + cfg.Account + ":targetgroup/" + name + "/" + string(appendHex(nil, rng.Uint64(), 16))}
	for i := range 3 {
		g.targets = append(g.targets, "10.2."+strconv.Itoa(32*i)+".7:50051")
	}
	return g
}

var (
	lambdaRoutes = []string{"/fn/thumbnail/{hex}", "/fn/webhook/{word}", "/fn/quote/{int}"}
	rpcRoutes    = []string{"/shop.v1.Catalog/Get", "/shop.v1.Catalog/List", "/shop.v1.Cart/Watch"}
)

// invoke is a request to a function. Real lines have no target and all three
// times, of failures as well.
func (e *engine) invoke(x *exchange, c *connection) {
	m, r := e.site, &x.rec
	path := lambdaRoutes[m.rng.IntN(len(lambdaRoutes))]
	m.url = m.drawURL(m.url[:0], compile(path))
	m.request(r, c, "GET", 0)
	r.path, r.group, r.rule = path, e.lambda.arn, ruleFunction
	r.actions = "forward"
	took := drawMicros(m.rng.NormFloat64(), 3.9, 0.5)
	r.reqMS, r.respMS = 0, 0
	r.elb, r.answer, r.out = 200, 200, int64(600+m.rng.IntN(3000))
	for _, v := range e.ongoing(LambdaFaults) {
		if !e.chance(v.Share) {
			continue
		}
		if v.Median > 0 {
			took = v.Median.Microseconds() + e.within(0, 5*time.Millisecond)
		}
		r.elb, r.answer, r.out = v.Status, 0, 272
		r.reason, r.cause, r.fault = v.Reason, LambdaError, LambdaFaults
	}
	e.direct(x, took)
}

// call is a gRPC call.
func (e *engine) call(x *exchange, c *connection) {
	m, r := e.site, &x.rec
	path := rpcRoutes[m.rng.IntN(len(rpcRoutes))]
	r.typ, r.agent = "grpcs", "grpc-go/1.76.0"
	if r.tls.cipher == "-" {
		r.tls = tlsParameters{"TLS_AES_128_GCM_SHA256", "TLSv1.3", m.certificate}
		r.domain = hostAPI
	}
	r.request = append(r.request, "POST https://"+hostAPI+":443"+path+" HTTP/2.0"...)
	r.in = int64(120 + m.rng.IntN(400))
	r.path, r.group, r.rule = path, e.rpc.arn, ruleRPC
	r.target = e.rpc.targets[m.rng.IntN(len(e.rpc.targets))]
	r.actions = "forward"
	took := drawMicros(m.rng.NormFloat64(), 2.2, 0.6)
	r.reqMS, r.respMS = 0, 0
	r.elb, r.answer, r.out = 200, 200, int64(200+m.rng.IntN(2000))
	for _, v := range e.ongoing(Resets) {
		if e.chance(v.Share) {
			r.elb, r.answer, r.out = 0, 0, 0
			r.tgtMS, r.respMS = notMeasured, notMeasured
			r.reset, r.cause, r.fault = [...]string{"0x8", "0x2", "0x7", "0xb"}[e.rng.IntN(4)], StreamReset, Resets
		}
	}
	e.direct(x, took)
}

// direct ends a request that took so long at its target.
func (e *engine) direct(x *exchange, took int64) {
	r := &x.rec
	skew := e.balancers[x.node].skew
	r.end = e.now + skew + took + e.within(100*time.Microsecond, 600*time.Microsecond)
	if r.respMS != notMeasured {
		x.timeTarget(r.end, 0)
	}
	e.answered(x)
}
