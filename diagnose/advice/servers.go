package advice

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A server is one that keeps idle connections for a time of its own.
type server struct {
	name     string
	kind     string
	defaults []float64 // seconds after which it closes an idle connection, of its releases; none where it has no default
	setting  string    // {s} stands for seconds, {ms} for milliseconds, {hms} for hours:minutes:seconds
}

// servers are in the order in which advice names them. The defaults are from the servers' source code, see
// reference/alb-format.md 3.5; 65 s of Node.js and Puma are of their newest releases.
var servers = []server{
	{"nginx", "nginx", []float64{75}, "keepalive_timeout {s}s;"},
	{"Node.js (Express, Nest, Next)", "node", []float64{5, 6, 65, 66}, "server.keepAliveTimeout = {ms};\nserver.headersTimeout = {ms+1};"},
	{"gunicorn", "python", []float64{2}, "gunicorn --worker-class gthread --keep-alive {s}"},
	{"Apache httpd", "apache", []float64{5}, "KeepAlive On\nKeepAliveTimeout {s}"},
	{"uvicorn", "python", []float64{5}, "uvicorn --timeout-keep-alive {s}"},
	{"Puma", "ruby", []float64{20, 65}, "persistent_timeout {s}"},
	{"Tomcat (Spring Boot)", "java", []float64{20, 60}, "server.tomcat.keep-alive-timeout={s}s\n# or, in server.xml: <Connector keepAliveTimeout=\"{ms}\" …>"},
	{"Jetty", "java", []float64{30}, "jetty.http.idleTimeout={ms}"},
	{"Undertow", "java", []float64{60}, "server.undertow.no-request-timeout={s}s"},
	{"Go net/http", "go", nil, "server := &http.Server{IdleTimeout: {s} * time.Second}"},
	{"Kestrel (ASP.NET Core)", "dotnet", []float64{120, 130}, "options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds({s});"},
	{"IIS", "iis", []float64{120}, `appcmd set config -section:system.applicationHost/sites /siteDefaults.limits.connectionTimeout:"{hms}" /commit:apphost`},
	{"Fastify", "node", []float64{72}, "const app = fastify({ keepAliveTimeout: {ms} });"},
	{"Hypercorn", "python", []float64{5}, "hypercorn --keep-alive {s}"},
	{"aiohttp", "python", []float64{75, 3630}, "web.run_app(app, keepalive_timeout={s})"},
	{"Tornado", "python", []float64{3600}, "HTTPServer(app, idle_connection_timeout={s})"},
	{"Waitress", "python", []float64{120, 130, 140, 150}, "waitress-serve --channel-timeout={s}"}, // it looks every 30 s
	{"Cheroot (CherryPy)", "python", []float64{10}, "server.socket_timeout = {s}"},
	{"Cowboy (Phoenix)", "elixir", []float64{60}, "http: [protocol_options: [idle_timeout: {ms}]]"},
	{"WEBrick", "ruby", []float64{30}, "WEBrick::HTTPServer.new(RequestTimeout: {s})"},
	{"Actix Web", "rust", []float64{5}, ".keep_alive(Duration::from_secs({s}))"},
	{"Rocket", "rust", []float64{5}, "keep_alive = {s}"},
	{"hyper 1 (axum)", "rust", []float64{30}, "http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs({s}))"},
	{"Akka HTTP", "java", []float64{60}, "akka.http.server.idle-timeout = {s}s"},
	{"Reactor Netty", "java", nil, "HttpServer.create().idleTimeout(Duration.ofSeconds({s}))"},
	{"Vert.x", "java", nil, "new HttpServerOptions().setIdleTimeout({s})"},
	{"lighttpd", "lighttpd", []float64{5}, "server.max-keep-alive-idle = {s}"},
	{"Caddy (FrankenPHP)", "caddy", []float64{300}, "{\n\tservers {\n\t\ttimeouts {\n\t\t\tidle {s}s\n\t\t}\n\t}\n}"},
	{"HAProxy", "haproxy", nil, "timeout http-keep-alive {s}s"},
	{"Traefik", "traefik", []float64{180}, "--entryPoints.web.transport.respondingTimeouts.idleTimeout={s}s"},
	{"Envoy", "envoy", []float64{3600}, "common_http_protocol_options:\n  idle_timeout: {s}s"},
}

// common is how many of servers, from the first, most applications run on.
const common = 4

// keep is the setting with which the server keeps idle connections for seconds.
func (s server) keep(seconds int) string {
	d := time.Duration(seconds) * time.Second
	return strings.NewReplacer("{s}", fmt.Sprint(seconds), "{ms}", fmt.Sprint(seconds*1000), "{ms+1}", fmt.Sprint((seconds+1)*1000),
		"{hms}", fmt.Sprintf("%02d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, seconds%60)).Replace(s.setting)
}

// fitting returns the servers with a default that is within 10 % of seconds, at least 0.5 s, and below limit; a limit of
// 0 is none. A load balancer that closes after limit never sees a server close later.
func fitting(seconds float64, limit int) []server {
	var list []server
	for _, s := range servers {
		for _, d := range s.defaults {
			if math.Abs(d-seconds) <= max(0.5, d/10) && (limit == 0 || d < float64(limit)) {
				list = append(list, s)
				break
			}
		}
	}
	return list
}
