package pathtemplate

import (
	"strings"
	"testing"
)

func TestAppend(t *testing.T) {
	builtin, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/":                            "/",
		"":                             "",
		"*":                            "*",
		"/api/users":                   "/api/users",
		"/api/orders":                  "/api/orders",
		"/api/users/12345":             "/api/users/{int}",
		"/api/users/12345/orders/7":    "/api/users/{int}/orders/{int}",
		"/api/v1/users":                "/api/v1/users",
		"/api/v2":                      "/api/v2",
		"/oauth2/callback":             "/oauth2/callback",
		"/s3/log4j/web2":               "/s3/log4j/web2",
		"/item/123.json":               "/item/{int}.json",
		"/order-991/edit":              "/order-{int}/edit",
		"/blog/how-to-bake-bread":      "/blog/how-to-bake-bread",
		"/blog/10-ways-to-fail":        "/blog/{int}-ways-to-fail",
		"/static/main.8f3a2b1c.js":     "/static/main.{hex}.js",
		"/facade/decade":               "/facade/decade",
		"/commit/da39a3ee5e6b4b0d3255": "/commit/{hex}",
		"/x/6fa459ea-ee8a-3ca4-894e-db77e160355e": "/x/{uuid}",
		"/x/6FA459EA-EE8A-3CA4-894E-DB77E160355E": "/x/{uuid}",
		"/day/2026-11-20":                         "/day/{date}",
		"/month/2026-11":                          "/month/{date}",
		"/at/2026-11-20T14:05:00Z":                "/at/{date}",
		"/u/jane.doe@example.com/inbox":           "/u/{email}/inbox",
		"/u/jane%40example.com":                   "/u/{email}",
		"/@jane/posts":                            "/@jane/posts",
		"/t/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9": "/t/{token}",
		"/q/hello%20world":                        "/q/hello%20world",
		"//double//slash/":                        "//double//slash/",
		"/" + strings.Repeat("a", 100):            "/{token}",
	} {
		if got := string(builtin.Append(nil, []byte(path))); got != want {
			t.Errorf("template of %q = %q, want %q", path, got, want)
		}
		if got := string(appendShort(nil, []byte(path))); len(path) < maxWord && got != want {
			t.Errorf("without vectors the template of %q = %q, want %q", path, got, want)
		}
	}
}

// Every byte at every place of a path of every length is of the classes that its kind says, and what is behind the path
// of none.
func TestClassify(t *testing.T) {
	if !vectors {
		t.Skip("this processor has no vectors, or the project no code for them")
	}
	text := make([]byte, maxWord)
	for b := range 256 {
		for n := 1; n <= len(text); n++ {
			for i := range text {
				text[i] = byte(b + i)
			}
			var got, want classes
			classify(text[:n], &got)
			for i, x := range text[:n] {
				for mask, kinds := range map[*uint64]kind{&want.digits: digit, &want.hexLetters: hexLetter, &want.letters: letter, &want.others: at | percent,
					&want.separators: separator, &want.slashes: slash, &want.dashes: dash} {
					if kindOf[x]&kinds != 0 {
						*mask |= 1 << i
					}
				}
			}
			if got != want {
				t.Fatalf("%q: got %+v, want %+v", text[:n], got, want)
			}
		}
	}
}

// The fast ways through short paths give what the simple way gives.
func FuzzAppend(f *testing.F) {
	for _, s := range []string{"/api/users/1", "/a/b/c", "1/2", "//9", "/x@y.z/%40", "/ab-12/3x/2026-11-20", "/\x80\xff0"} {
		f.Add(s)
	}
	builtin, _ := New(nil)
	f.Fuzz(func(t *testing.T, path string) {
		want := string(appendLong(nil, []byte(path)))
		if got := string(builtin.Append(nil, []byte(path))); got != want {
			t.Errorf("template of %q = %q, want %q", path, got, want)
		}
		if got := string(appendShort(nil, []byte(path))); len(path) < maxWord && got != want {
			t.Errorf("without vectors the template of %q = %q, want %q", path, got, want)
		}
	})
}

func TestLongPathIsCut(t *testing.T) {
	builtin, _ := New(nil)
	got := builtin.Append([]byte("x"), []byte(strings.Repeat("/seg", 5000)))
	if want := 1 + maxTemplate + len("…"); len(got) != want {
		t.Errorf("%d bytes, want %d", len(got), want)
	}
}

func TestOwnComeFirst(t *testing.T) {
	own, err := New([]string{`^/api/([a-z]+)/.*$=/api/$1/*`, `^/shop/\?a=b$=/shop`, `^/api/=never`})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/api/users/1/x": "/api/users/*",
		"/shop/?a=b":     "/shop",
		"/other/1":       "/other/{int}",
	} {
		if got := string(own.Append(nil, []byte(path))); got != want {
			t.Errorf("template of %q = %q, want %q", path, got, want)
		}
	}
	for _, bad := range []string{"", "x", "=x", "x=", "(=x"} {
		if _, err := New([]string{bad}); err == nil {
			t.Errorf("New(%q): no error", bad)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	builtin, _ := New(nil)
	dst := make([]byte, 0, 512)
	path := []byte("/api/users/12345/orders/6fa459ea-ee8a-3ca4-894e-db77e160355e/main.8f3a2b1c.js")
	if n := testing.AllocsPerRun(100, func() { dst = builtin.Append(dst[:0], path) }); n != 0 {
		t.Errorf("%v allocations a path, want 0", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	builtin, _ := New(nil)
	dst := make([]byte, 0, 512)
	for path, want := range map[string]string{
		"/api/users/12345/orders":                      "/api/users/{int}/orders",
		"/u/6fa459ea-ee8a-3ca4-894e-db77e160355e/cart": "/u/{uuid}/cart",
		"/products/shoes-cotton-472":                   "/products/shoes-cotton-{int}",
	} {
		for name, way := range map[string]func(dst, path []byte) []byte{"": builtin.Append, "plain": appendShort} {
			b.Run("template="+want+"/"+name, func(b *testing.B) {
				path := []byte(path)
				b.ReportAllocs()
				for range b.N {
					dst = way(dst[:0], path)
				}
				if string(dst) != want {
					b.Fatal(string(dst))
				}
			})
		}
	}
}
