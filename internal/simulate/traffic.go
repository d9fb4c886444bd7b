package simulate

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// A connection is one of a client to a node: what its requests have in common.
type connection struct {
	kind      connectionKind
	left      int // requests still to come
	client    []byte
	agent     string
	typ       string // of an ordinary request
	protocol  string
	tls       tlsParameters
	domain    string // SNI or "-"
	authority string // scheme://host:port
	id        []byte // TID_ and 32 hex digits
	headers   int    // bytes of the request's headers besides URL and agent
}

type tlsParameters struct{ cipher, protocol, certificate string }

type connectionKind uint8

const (
	browser   connectionKind = iota // https or h2 to www.example.com
	program                         // https, h2 or http to api.example.com
	visitor                         // http to www.example.com: redirected to https
	probe                           // http, /healthz
	scanner                         // http or https to an address
	garbage                         // http, nothing a parser understands
	webSocket                       // wss
	connectionKinds
)

// Shares of new connections, and the mean number of requests of each.
var connectionMix = [connectionKinds]struct {
	share    float64
	requests float64
}{
	browser:   {0.440, 18},
	program:   {0.435, 26},
	visitor:   {0.070, 1.1},
	probe:     {0.012, 4},
	scanner:   {0.024, 5},
	garbage:   {0.008, 1},
	webSocket: {0.011, 1},
}

// openAtOnce is how many connections a node has of which requests come. Real
// nodes have thousands, but requests of one come in bursts; that many keep the
// repeats of a connection's fields as near to each other as they are in files
// of real load balancers (gzip makes an eighth of the text).
const openAtOnce = 60

const (
	maxNodes   = 64
	maxTargets = 16 << 10
)

// arrivals are a Poisson process.
type arrivals struct {
	rng   *rand.Rand
	nanos int64   // of the last arrival, since 1970
	mean  float64 // requests per nanosecond
	swing float64
}

// next returns when the next request comes, in microseconds since 1970.
func (a *arrivals) next() int64 {
	rate := a.mean
	if a.swing > 0 {
		const day = float64(24 * time.Hour)
		// sin has its top a quarter of a day after its start: 15:00 UTC.
		phase := math.Mod(float64(a.nanos), day)/day - 9.0/24
		rate *= 1 + float64(a.swing*math.Sin(2*math.Pi*phase))
	}
	a.nanos += int64(a.rng.ExpFloat64() / rate)
	return a.nanos / 1000
}

// A client is an address that connects again and again.
type client struct {
	address string // IPv6 without brackets, as the load balancer logs it
	agent   int
}

// newClients draws addresses from the ranges for documentation.
func newClients(rng *rand.Rand) []client {
	const n = 3000
	v4 := []string{"192.0.2.", "198.51.100."}
	cs := make([]client, n)
	for i := range cs {
		var b []byte
		if rng.IntN(100) < 65 {
			b = append(b, v4[rng.IntN(len(v4))]...)
			b = strconv.AppendInt(b, int64(1+rng.IntN(254)), 10)
		} else {
			b = append(b, "2001:db8:"...)
			for range 5 {
				b = strconv.AppendUint(b, uint64(rng.IntN(1<<16)), 16)
				b = append(b, ':')
			}
			b = strconv.AppendUint(b, uint64(1+rng.IntN(1<<16-1)), 16)
		}
		cs[i] = client{string(b), rng.IntN(1 << 16)}
	}
	return cs
}

// connect draws a new connection into c.
func (m *model) connect(c *connection, node int) {
	kind := browser
	for x := m.rng.Float64(); kind < connectionKinds-1; kind++ {
		if x -= connectionMix[kind].share; x < 0 {
			break
		}
	}
	m.connectAs(kind, c, node)
}

// connectAs draws a new connection of a kind into c.
func (m *model) connectAs(kind connectionKind, c *connection, node int) {
	rng := m.rng
	c.kind = kind
	c.left = 1
	if mean := connectionMix[c.kind].requests; mean > 1 {
		c.left += int(rng.ExpFloat64() * (mean - 1))
	}
	who := &m.clients[rng.IntN(len(m.clients))]
	c.client = append(c.client[:0], who.address...)
	c.client = append(c.client, ':')
	c.client = strconv.AppendInt(c.client, int64(1024+rng.IntN(64512)), 10)
	c.id = append(c.id[:0], "TID_"...)
	c.id = appendHex(c.id, rng.Uint64(), 16)
	c.id = appendHex(c.id, rng.Uint64(), 16)
	c.headers = 180 + rng.IntN(700)

	plain := tlsParameters{"-", "-", "-"}
	secure := tlsParameters{"TLS_AES_128_GCM_SHA256", "TLSv1.3", m.certificate}
	switch x := rng.IntN(100); {
	case x < 15:
		secure.cipher, secure.protocol = "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2"
	case x < 33:
		secure.certificate = "session-reused"
	}
	c.protocol, c.domain, c.tls = "HTTP/1.1", "-", plain
	x := rng.IntN(100)
	switch c.kind {
	case browser, webSocket:
		c.agent = browsers[who.agent%len(browsers)]
		c.domain, c.authority, c.tls = hostWeb, "https://"+hostWeb+":443", secure
		c.typ = "https"
		if c.kind == browser && x < 78 {
			c.typ, c.protocol = "h2", "HTTP/2.0"
		}
		if c.kind == webSocket {
			c.typ = "wss"
		}
	case program:
		c.agent = programs[who.agent%len(programs)]
		c.domain, c.authority, c.tls = hostAPI, "https://"+hostAPI+":443", secure
		c.typ = "https"
		switch {
		case x < 34:
			c.typ, c.protocol = "h2", "HTTP/2.0"
		case x < 52:
			c.typ, c.domain, c.authority, c.tls = "http", "-", "http://"+hostAPI+":80", plain
		}
	case visitor:
		c.typ, c.agent, c.authority = "http", browsers[who.agent%len(browsers)], "http://"+hostWeb+":80"
	case probe:
		c.typ, c.agent, c.authority = "http", probeAgents[x%len(probeAgents)], "http://"+hostWeb+":80"
	case scanner:
		c.agent = scanAgents[x%len(scanAgents)]
		c.typ, c.authority = "http", "http://"+m.nodes[node].address+":80"
		if x < 55 {
			c.typ, c.authority, c.tls = "https", "https://"+m.nodes[node].address+":443", secure
		}
	case garbage:
		c.typ, c.agent, c.authority, c.headers = "http", "-", "http://"+hostWeb+":80", 0
	}
}

const (
	hostWeb = "www.example.com"
	hostAPI = "api.example.com"
)

// drawURL appends the pieces of a URL.
func (m *model) drawURL(dst []byte, pieces []piece) []byte {
	rng := m.rng
	for _, p := range pieces {
		switch p.draw {
		case drawNothing:
			dst = append(dst, p.literal...)
		case drawInt:
			// as many of four digits as of seven
			dst = strconv.AppendInt(dst, 1+int64(rng.Uint32N(10_000_000)>>rng.IntN(22)), 10)
		case drawDigit:
			dst = append(dst, byte('1'+rng.IntN(9)))
		case drawUUID:
			a, b := rng.Uint64(), rng.Uint64()
			dst = appendHex(dst, a>>32, 8)
			dst = append(dst, '-')
			dst = appendHex(dst, a>>16, 4)
			dst = append(dst, '-', '4')
			dst = appendHex(dst, a, 3)
			dst = append(dst, '-', "89ab"[b>>62])
			dst = appendHex(dst, b>>48, 3)
			dst = append(dst, '-')
			dst = appendHex(dst, b, 12)
		case drawHex:
			dst = appendHex(dst, rng.Uint64(), 16)
			dst = appendHex(dst, rng.Uint64(), 16)
		case drawSlug:
			dst = append(dst, words[rng.IntN(len(words))]...)
			dst = append(dst, '-')
			dst = append(dst, words[rng.IntN(len(words))]...)
			dst = append(dst, '-')
			dst = strconv.AppendInt(dst, int64(100+rng.IntN(900)), 10)
		case drawWord:
			dst = append(dst, words[rng.IntN(len(words))]...)
		case drawDate:
			day := m.cfg.Start.AddDate(0, 0, -rng.IntN(28))
			dst = day.AppendFormat(dst, "2006-01-02")
		case drawAsset:
			dst = append(dst, assets[rng.IntN(len(assets))]...)
		}
	}
	return dst
}

// appendHex appends the lowest digits hex digits of v.
func appendHex(dst []byte, v uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[v>>shift&15])
	}
	return dst
}
