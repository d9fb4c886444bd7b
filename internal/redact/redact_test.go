package redact

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"alblens/parser"
)

var testKey = []byte("0123456789abcdef")

func all() *Redactor { return New(Options{true, true, true, true}, testKey) }

func TestParseOptions(t *testing.T) {
	for _, tt := range []struct {
		words string
		want  Options
		bad   bool
	}{
		{words: "ip,query", want: Options{IP: true, Query: true}},
		{words: "secrets,user-agent", want: Options{Secrets: true, UserAgent: true}},
		{words: "all", want: Options{true, true, true, true}},
		{words: "none"},
		{words: "none,ip", bad: true},
		{words: "ips", bad: true},
	} {
		got, err := ParseOptions(strings.Split(tt.words, ","))
		if got != tt.want || (err != nil) != tt.bad {
			t.Errorf("%s: %+v, %v", tt.words, got, err)
		}
	}
	if got := strings.Join((Options{IP: true, Secrets: true}).Words(), " "); got != "ip secrets" {
		t.Errorf("words %q", got)
	}
}

// Secrets that are told by their form or by a name. None of these is a credential of anybody.
func TestSecrets(t *testing.T) {
	r := New(Options{Secrets: true}, testKey)
	for _, tt := range []struct{ in, want string }{
		{"/a/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl/b", "/a/{jwt}/b"},
		{"/u/jane.doe@example.com/cart", "/u/{email}/cart"},
		{"/u/jane.doe%40example.com/cart", "/u/{email}/cart"},
		{"/u/jane.doe%2540example%2Ecom/cart", "/u/{email}/cart"},
		{`/u/jane\x40example.com`, "/u/{email}"},
		{"https://user:hunter2@shop.example:443/x", "https://{credentials}:443/x"},
		{"/k/AKIAIOSFODNN7EXAMPLE", "/k/{key}"},
		{"/k/ghp_0123456789abcdefghij0123", "/k/{key}"},
		{"/p?password=hunter2&page=3", "/p?password={secret}&page=3"},
		{"/p?user[password]=hunter2&page=3", "/p?user[password]={secret}&page=3"},
		{"/p?PASSWORD%3Dhunter2%26more&page=3", "/p?PASSWORD%3D{secret}&page=3"},
		{"/p?reset_token=a%26b", "/p?reset_token={secret}"},
		{"/p;jsessionid=0A1B2C?x=1", "/p;jsessionid={secret}"},
		{`{\x22password\x22: \x22a b\x22, \x22n\x22: 1}`, `{\x22password\x22: {secret}, \x22n\x22: 1}`},
		{"Authorization: Bearer abcdefghijklmnop", "Authorization: {secret} {secret}"},
		{"/reset/0123456789abcdef0123456789abcdef", "/reset/{token}"},
		{"/reset/aB3-dE6_gH9-jK2_mN5-pQ8_sT1-vW4", "/reset/{token}"},

		// and what is none of them
		{"/blog/how-to-fix-502-errors-behind-a-load-balancer-in-2026", ""},
		{"/orders/0b3d1f52-3c1e-4f7a-9d51-0f6f3c1f6f10", ""},
		{"/users/507f1f77bcf86cd799439011", ""},
		{"https://token.example.com:443/a?sort_key=up&author=me", ""},
		{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", ""},
		{"/search?q=passport", ""},
		{"/a/{int}/{token}", ""},
		{"", ""},
	} {
		if tt.want == "" {
			tt.want = tt.in
		}
		if got := r.Text(tt.in); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

// Addresses become addresses, the same ones for the same, and nothing around them changes.
func TestAddresses(t *testing.T) {
	r := New(Options{IP: true}, testKey)
	four, six := r.Client("203.0.113.7"), r.Client("2001:db8:5::7")
	if a := netip.MustParseAddr(four); !netip.MustParsePrefix("240.0.0.0/4").Contains(a) {
		t.Errorf("203.0.113.7 became %s", four)
	}
	if a := netip.MustParseAddr(six); !netip.MustParsePrefix("2001:db8::/32").Contains(a) || six == "2001:db8:5::7" {
		t.Errorf("2001:db8:5::7 became %s", six)
	}
	for _, tt := range []struct{ in, want string }{
		{"/from/203.0.113.7/x", "/from/4/x"},
		{"203.0.113.7", "4"},
		{"203.0.113.7:443", "4:443"},
		{"203.000.113.007", "4"},
		{"::ffff:203.0.113.7", "4"},
		{"203%2E0%2e113%2E7", "4"},
		{"203%252E0.113.7", "4"},
		{`203\x2E0.113.7.`, "4."},
		{"x203.0.113.7y", "x4y"},
		{"1.203.0.113.7", "{ip}"},
		{"203.0.113.7,203.0.113.7", "4,4"},
		{"[2001:db8:5::7]:443", "[6]:443"},
		{"2001:DB8:5:0:0:0:0:7", "6"},
		{"2001:0db8:0005:0000:0000:0000:0000:0007:50718", "6:50718"},
		{"ip:2001:db8:5::7", "ip:6"},
		{"id:2001:db8:5::7", "id:6"},
		{"203.0.113.7:2001:db8:5::7", "4:6"},
		{"2001%3Adb8%3a5%3A%3A7", "6"},

		{"Chrome/131.0.0.0 rv:109.0 Chrome/120.0.6099.109 v1.2.3", ""},
		{"14:05:00 aa:bb:cc:dd:ee:ff std::dead:: 127.0.0.1 ::1 0.0.0.0 999.1.1.1 1.2.3", ""},
	} {
		want := strings.NewReplacer("4", four, "6", six).Replace(tt.want)
		if tt.want == "" {
			want = tt.in
		} else if strings.Contains(tt.want, "443") {
			want = strings.NewReplacer("443", "443", "4", four, "6", six).Replace(tt.want)
		}
		if got := r.Text(tt.in); got != want {
			t.Errorf("%s\n got %s\nwant %s", tt.in, got, want)
		}
	}
	if other := New(Options{IP: true}, []byte("another key of 16")).Client("203.0.113.7"); other == four {
		t.Error("another key gives the same pseudonym")
	}
	if got := r.Client("x.x.x.x"); !regexp.MustCompile(`^ip-[0-9a-f]{10}$`).MatchString(got) {
		t.Errorf("x.x.x.x became %s", got)
	}
}

// In text of the program's own, what it knows and what is a network stays.
func TestOwn(t *testing.T) {
	r := New(Options{IP: true, Query: true, Secrets: true}, testKey)
	known := netip.MustParseAddr("10.0.1.7")
	in := `10.0.1.7:3000 in 10.0.0.0/16 from 203.0.113.7, 203.0.113.7/24: aws elbv2 x --attributes Key=idle.x,Value=75 'A[?Key==1]'`
	want := strings.ReplaceAll(in, "203.0.113.7", r.Client("203.0.113.7"))
	if got := r.Own(in, func(a netip.Addr) bool { return a == known }); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestQuery(t *testing.T) {
	r := New(Options{Query: true}, testKey)
	v := func(s string) string { return r.value("", s) }
	for _, tt := range []struct{ in, want string }{
		{"/a?q=x&page=2", "/a?q=" + v("x") + "&page=" + v("2")},
		{"/a?q=a%20b", "/a?q=" + v("a b")},
		{`/a?q=a\x20b`, "/a?q=" + v("a b")},
		{"/a?q=", "/a?q="},
		{"/a?", "/a?"},
		{"/a?jane", "/a?" + v("jane")},
		{"/a?jane&x=1", "/a?" + v("jane") + "&x=" + v("1")},
		{"/a?4711=1", "/a?" + v("4711=1")},
		{"/a?q=x=y?z", "/a?q=" + v("x=y?z")},
		{"/a%3Fq=x", "/a%3Fq=" + v("x")},
		{"/a%253fq=x", "/a%253fq=" + v("x")},
		{"/a#token=x", "/a#token=" + v("x")},
		{"/a?user[name]=x", "/a?user[name]=" + v("x")},
		{"/a/b", "/a/b"},
	} {
		if got := r.Text(tt.in); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
	if got := New(Options{Query: true, Secrets: true}, testKey).Text("/a?api_key=x"); got != "/a?api_key={secret}" {
		t.Errorf("a secret became %s", got)
	}
}

// line is a record that has something of a person in each field that can.
const line = `https 2026-11-20T14:05:00.123456Z app/shop/50dc6c495c0c9188 203.0.113.7:50123 10.0.1.7:3000 0.001 0.002 -1 502 - 1 2 ` +
	`"GET https://shop.example:443/from/203.0.113.7/a?q=needle one&mail=jane%40example.com HTTP/1.1" "Mozilla/5.0 (needle; \x22x\x22)" ` +
	`TLS_AES_128_GCM_SHA256 TLSv1.3 arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/6d0ecf831eec9f09 ` +
	`"Root=1-691f1f4b-23a8c76965a2ef7629b185e3;User=needle" "203.0.113.7" "-" 0 2026-11-20T14:05:00.100000Z "forward" ` +
	`"https://shop.example:443/login?next=%2Ffrom%2F203%2E0.113.7%3Fq%3Dneedle" "-" "10.0.1.7:3000" "-" "-" "-" TID_37a35dc483204c9c ` +
	`"203.0.113.7" "/t?q=needle" "TransformSuccess" 203.0.113.10 "-" "-" "from 203.0.113.7"`

func TestLine(t *testing.T) {
	r := all()
	got := r.Line(line)
	for _, gone := range []string{"203.0.113.7", "203%2E0", "needle", "jane", "Mozilla"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s stands in %s", gone, got)
		}
	}
	ip := r.Client("203.0.113.7")
	want := `https 2026-11-20T14:05:00.123456Z app/shop/50dc6c495c0c9188 ` + ip + `:50123 10.0.1.7:3000 0.001 0.002 -1 502 - 1 2 ` +
		`"GET https://shop.example:443/from/` + ip + `/a?q=` + r.value("", "needle one") + `&mail=` + r.value("", "jane@example.com") + ` HTTP/1.1" ` +
		`"` + r.pseudonym("ua-", `Mozilla/5.0 (needle; "x")`) + `" TLS_AES_128_GCM_SHA256 TLSv1.3 ` +
		`arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/6d0ecf831eec9f09 ` +
		`"Root=1-691f1f4b-23a8c76965a2ef7629b185e3;User=` + r.value("", "needle") + `" "` + ip + `" "-" 0 2026-11-20T14:05:00.100000Z "forward" ` +
		`"https://shop.example:443/login?next=` + r.value("", "/from/203.0.113.7?q=needle") + `" "-" "10.0.1.7:3000" "-" "-" "-" TID_37a35dc483204c9c ` +
		`"` + ip + `" "/t?q=` + r.value("", "needle") + `" "TransformSuccess" 203.0.113.10 "-" "-" "from ` + ip + `"`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	var record parser.Record
	if err := record.Parse([]byte(got)); err != nil || record.Fields != 37 {
		t.Errorf("%d fields, %v", record.Fields, err)
	}

	var none *Redactor
	if none.Line(line) != line || none.Text(line) != line || none.Client("x") != "x" || New(Options{}, nil) != nil {
		t.Error("nothing to take out changed something")
	}
	// One thing leaves the others.
	if got := New(Options{UserAgent: true}, testKey).Line(line); strings.Count(got, "needle") != strings.Count(line, "needle")-1 {
		t.Errorf("user-agent made %s", got)
	}
}

func TestClientForms(t *testing.T) {
	r := all()
	for in, want := range map[string]string{
		"-":                   "-",
		"2001:db8:5::7:50718": r.Client("2001:db8:5::7") + ":50718",
		"[2001:db8:5::7]:1":   "[" + r.Client("2001:db8:5::7") + "]:1",
		"10.0.1.7:80":         r.Client("10.0.1.7") + ":80",
	} {
		if got := r.clientPort(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// Of a line that is no record, nothing can be told but its beginning.
func TestBroken(t *testing.T) {
	r := all()
	for in, want := range map[string]string{
		"https 2026-11-20T14:05:00.123456Z app/shop/50dc6c495c0c9188 203.0.113.7:1 oops": "https 2026-11-20T14:05:00.123456Z app/shop/50dc6c495c0c9188 {masked}",
		"https 203.0.113.7:1 oops":             "https {masked}",
		`203.0.113.7 - - "GET /?q=needle"`:     "{masked}",
		"":                                     "",
		"https 2026-11-20T14:05:00.123456Z x ": "https 2026-11-20T14:05:00.123456Z {masked}",
	} {
		if got := r.Line(in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	if got := New(Options{Secrets: true}, testKey).Line("oops password=x y"); got != "oops password={secret} y" {
		t.Errorf("secrets made %s", got)
	}
}

// FuzzLine holds that a record stays one, with the same fields but for those of clients, and that its client is gone.
func FuzzLine(f *testing.F) {
	f.Add(line)
	f.Add(`h2 2026-11-20T14:05:00Z app/x/1 2001:db8::7:1 - -1 -1 -1 400 - 0 0 "- - -" "%%%\x0" - - - "-"`)
	f.Add(`http 2026-11-20T14:05:00Z x 1.2.3.4:5 - 0 0 0 200 200 0 0 "GET /%252e?a%3Db&%%41=\"c\" HTTP/1.1 " "eyJ eyJabcdefgh.."`)
	r := all()
	f.Fuzz(func(t *testing.T, line string) {
		var before, after parser.Record
		if strings.Contains(line, "\n") || before.Parse([]byte(line)) != nil {
			t.Skip()
		}
		redacted := r.Line(line)
		if err := after.Parse([]byte(redacted)); err != nil {
			t.Fatalf("%v\n%q\n%q", err, line, redacted)
		}
		if before.Fields != after.Fields || before.Time != after.Time || before.ELBStatus != after.ELBStatus ||
			string(before.Text(parser.FieldTarget)) != string(after.Text(parser.FieldTarget)) ||
			string(before.Text(parser.FieldNodeIP)) != string(after.Text(parser.FieldNodeIP)) {
			t.Fatalf("\n%q\n%q", line, redacted)
		}
		if agent := string(before.Text(parser.FieldUserAgent)); len(agent) > 10 && strings.Contains(string(after.Text(parser.FieldUserAgent)), agent) {
			t.Fatalf("%q stands in %q", agent, redacted)
		}
		if again := r.Line(line); again != redacted {
			t.Fatalf("%q, then %q", redacted, again)
		}
	})
}

// Hostile lines cost time in proportion to their length: a line of 1 MiB must not hold a run up.
func BenchmarkHostile(b *testing.B) {
	r := all()
	for _, unit := range []string{"%25", "a:", "1.", `\x`, "=", "@a.", "eyJ", "key=", "?"} {
		text := "/" + strings.Repeat(unit, 64<<10/len(unit))
		b.Run("unit="+unit, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.Text(text)
			}
		})
	}
	b.Run("unit=line", func(b *testing.B) {
		b.SetBytes(int64(len(line)))
		for b.Loop() {
			r.Line(line)
		}
	})
}

func TestSettings(t *testing.T) {
	in := `{"taskDefinition": {"cpu": 1024, "containerDefinitions": [{"name": "web", "environment": [{"name": "DB", "value": "hunter2"}]}]},
		"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}], "Note": "jane@example.com", "CidrIp": "203.0.113.7/32"}`
	want := `{
    "Attributes": [
        {
            "Key": "idle_timeout.timeout_seconds",
            "Value": "60"
        }
    ],
    "CidrIp": "203.0.113.7/32",
    "Note": "{email}",
    "taskDefinition": {
        "containerDefinitions": [
            {
                "environment": [
                    {
                        "name": "DB",
                        "value": "{secret}"
                    }
                ],
                "name": "web"
            }
        ],
        "cpu": 1024
    }
}
`
	if got := string(all().Settings([]byte(in))); got != want {
		t.Errorf("%s", got)
	}
	if got := string(New(Options{IP: true}, testKey).Settings([]byte(in))); got != in {
		t.Errorf("without secrets: %s", got)
	}
	if got := string(all().Settings([]byte("password=x"))); got != "password={secret}" {
		t.Errorf("no JSON: %s", got)
	}
}
