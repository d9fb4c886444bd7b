// Package faultproxy is a proxy for tests that stands before an S3 server and spoils its answers, as networks and
// stores do: status codes of S3's own, connections reset or silent in the middle of a body, bodies cut, corrupted or
// with headers that lie.
//
//  1. Start runs a Proxy before the server at a URL. Requests pass as they are, signature and all.
//  2. Use gives it a function that decides about every request: nil lets the answer pass, a Fault spoils it.
package faultproxy

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A Fault answers a request. stored is the server's answer, whose body is in memory.
type Fault func(w http.ResponseWriter, r *http.Request, stored *Answer)

// An Answer is what the server said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// A Proxy is running until the test ends.
type Proxy struct {
	URL string

	target *url.URL
	client http.Client
	over   context.Context // ends with the test
	mu     sync.Mutex      // held while choose runs
	choose func(*http.Request) Fault
}

// Use has choose decide from now on; nil: everything passes. It is called for one request at a time, and no more once
// Use has returned from setting another.
func (p *Proxy) Use(choose func(*http.Request) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.choose = choose
}

func (p *Proxy) decide(r *http.Request) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.choose == nil {
		return nil
	}
	return p.choose(r)
}

// Start runs a proxy before the server at target.
func Start(tb testing.TB, target string) *Proxy {
	tb.Helper()
	to, err := url.Parse(target)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{target: to}
	p.client.Transport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100}
	server := httptest.NewUnstartedServer(p)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	over, end := context.WithCancel(context.Background())
	p.over = over
	server.Start()
	tb.Cleanup(func() {
		end()
		server.CloseClientConnections()
		server.Close()
		p.client.CloseIdleConnections()
	})
	p.URL = server.URL
	return p
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A client that reuses the connection of a silent answer without a body is not seen to leave.
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(p.over, cancel)()
	r = r.WithContext(ctx)
	fault := p.decide(r)
	answer, err := p.ask(r)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
	case fault != nil:
		fault(w, r, answer)
	default:
		Pass(w, r, answer)
	}
}

// Pass is no fault.
func Pass(w http.ResponseWriter, _ *http.Request, a *Answer) {
	a.head(w, len(a.Body))
	w.Write(a.Body)
}

func (p *Proxy) ask(r *http.Request) (*Answer, error) {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = p.target.Scheme, p.target.Host // r.Host stays: it is signed
	resp, err := p.client.Do(out)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &Answer{resp.StatusCode, resp.Header, body}, err
}

// head writes the status and the headers, with a Content-Length.
func (a *Answer) head(w http.ResponseWriter, length int) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(a.Status)
}

// upTo is the body's first share, 0 to 1.
func (a *Answer) upTo(share float64) []byte { return a.Body[:int(float64(len(a.Body))*share)] }

// Error is an error answer of S3's.
func Error(status int, code, message string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *Answer) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message><RequestId>R</RequestId></Error>`, code, message)
	}
}

// Redirect says that the bucket is in another region.
func Redirect(region string) Fault {
	return func(w http.ResponseWriter, r *http.Request, a *Answer) {
		w.Header().Set("X-Amz-Bucket-Region", region)
		Error(http.StatusMovedPermanently, "PermanentRedirect", "The bucket is in another region.")(w, r, a)
	}
}

// Reset sends so much of the body and resets the connection.
func Reset(share float64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, a *Answer) {
		a.head(w, len(a.Body))
		w.Write(a.upTo(share))
		hangUp(w, true)
	}
}

// Close sends so much of the body and closes the connection in order.
func Close(share float64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, a *Answer) {
		a.head(w, len(a.Body))
		w.Write(a.upTo(share))
		hangUp(w, false)
	}
}

// hangUp ends the connection once what was written so far has left.
func hangUp(w http.ResponseWriter, reset bool) {
	control := http.NewResponseController(w)
	control.Flush()
	conn, _, err := control.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		time.Sleep(time.Millisecond) // a reset may overtake what it follows
		tcp.SetLinger(0)
	}
	conn.Close()
}

// Silence answers nothing until the client gives up.
func Silence() Fault {
	return func(_ http.ResponseWriter, r *http.Request, _ *Answer) { <-r.Context().Done() }
}

// Stall sends so much of the body, and then nothing until the client gives up.
func Stall(share float64) Fault {
	return func(w http.ResponseWriter, r *http.Request, a *Answer) {
		a.head(w, len(a.Body))
		w.Write(a.upTo(share))
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

// Short sends so much of the body as if it were all.
func Short(share float64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, a *Answer) {
		body := a.upTo(share)
		a.head(w, len(body))
		w.Write(body)
	}
}

// Page answers with the web page of somebody in between.
func Page() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ *Answer) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html><body>Please log in.</body></html>")
	}
}

// Long promises that many bytes more than there are, and closes the connection after the last one.
func Long(more int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, a *Answer) {
		a.head(w, len(a.Body)+more)
		w.Write(a.Body)
		hangUp(w, false)
	}
}

// Surplus sends that many bytes more than there are, and says so.
func Surplus(more int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, a *Answer) {
		a.head(w, len(a.Body)+more)
		w.Write(a.Body)
		w.Write(make([]byte, more))
	}
}

// Encoded calls the body something it is not.
func Encoded(encoding string) Fault {
	return func(w http.ResponseWriter, r *http.Request, a *Answer) {
		w.Header().Set("Content-Encoding", encoding)
		Pass(w, r, a)
	}
}

// Flip changes a bit at that place of the body.
func Flip(share float64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, a *Answer) {
		a.head(w, len(a.Body))
		body := append([]byte(nil), a.Body...)
		body[len(a.upTo(share))] ^= 1
		w.Write(body)
	}
}

// Everything decides for the one fault.
func Everything(f Fault) func(*http.Request) Fault {
	return func(*http.Request) Fault { return f }
}
