// Goserver is a server of the rig: a process of its own, so that it can be killed.
//
//	goserver [-worker DURATION] ADDRESS...
//
// It answers each request after the milliseconds that the query ms asks for, and some paths wrongly.
package main

import (
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func main() {
	worker := flag.Duration("worker", 0, "close the connection of a request that takes longer; 0: never")
	flag.Parse()

	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		wait(r, *worker)
		io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("/malformed/", raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nno colon here\r\n\r\nok\n"))
	mux.HandleFunc("/large-header/", raw("HTTP/1.1 200 OK\r\nSet-Cookie: s="+strings.Repeat("x", 40<<10)+"\r\n\r\n"))
	mux.HandleFunc("/short-body/", raw("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nok\n"))

	failed := make(chan error)
	for _, addr := range flag.Args() {
		go func() { failed <- http.ListenAndServe(addr, mux) }()
	}
	log.Fatal(<-failed)
}

// wait takes as long as the request asks for. Past the worker's timeout it aborts, as a supervisor does that kills the
// worker: the connection closes without a response.
func wait(r *http.Request, worker time.Duration) {
	ms, _ := strconv.Atoi(r.URL.Query().Get("ms"))
	asked := time.Duration(ms) * time.Millisecond
	if worker == 0 || asked <= worker {
		time.Sleep(asked)
		return
	}
	time.Sleep(worker)
	panic(http.ErrAbortHandler)
}

// raw sends a response as it stands, after the wait, and then nothing until the other side closes.
func raw(response string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		wait(r, 0)
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(time.Minute))
		io.WriteString(c, response)
		io.Copy(io.Discard, net.Conn(c))
	}
}
