package settings

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestAfter(t *testing.T) {
	for prefix, want := range map[string]string{
		"10.0.0.0/24": "10.0.1.0", "10.0.0.7/32": "10.0.0.8", "0.0.0.0/0": "invalid IP", "255.255.255.0/24": "invalid IP",
		"10.0.0.129/25": "10.0.1.0", "2001:db8::/32": "2001:db9::",
	} {
		if got := after(netip.MustParsePrefix(prefix)).String(); got != want {
			t.Errorf("%s: %s, want %s", prefix, got, want)
		}
	}
}

// What blocked finds by trying a few packets is what trying all of them finds.
func TestBlockedAgainstAll(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	found, passed := 0, 0
	for range 3000 {
		var f filter
		for range r.IntN(6) {
			from := 1 + r.IntN(12)
			f = append(f, filterRule{
				number: len(f) + 1,
				peer:   netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(32))}), 24+r.IntN(9)).Masked(),
				from:   from, to: from + r.IntN(12), admit: r.IntN(4) > 0,
			})
		}
		peer := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(32))}), 28+r.IntN(5)).Masked()
		from := 1 + r.IntN(8)
		to := from + r.IntN(8)
		got, blocked := f.blocked(peer, from, to)

		want := false
		for a := peer.Addr(); peer.Contains(a); a = a.Next() {
			for p := from; p <= to; p++ {
				if _, ok := f.admits(a, p); !ok {
					want = true
				}
			}
		}
		if blocked != want {
			t.Fatalf("%v from %s ports %d-%d: blocked %v, want %v", f, peer, from, to, blocked, want)
		}
		if !blocked {
			passed++
			continue
		}
		found++
		rule, ok := f.admits(got.addr, got.port)
		if ok || rule != got.rule || !peer.Contains(got.addr) || got.port < from || got.port > to {
			t.Fatalf("%v from %s ports %d-%d: %+v is no packet that is blocked", f, peer, from, to, got)
		}
	}
	if found < 100 || passed < 100 {
		t.Errorf("%d blocked, %d passed: too few to tell", found, passed)
	}
}
