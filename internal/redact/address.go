package redact

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// Pseudonyms of addresses are addresses that no host has, so that whatever reads them goes on working: 240.0.0.0/4 is
// reserved, 2001:db8::/32 is for documentation. Of 10 000 clients with IPv4 two share one in about every sixth run.
var pseudonyms6 = netip.MustParseAddr("2001:db8::").As16()

func (r *Redactor) address(a netip.Addr) string {
	a = a.Unmap()
	sum := r.sum("ip", a.String())
	if a.Is4() {
		n := 0xf<<28 | binary.BigEndian.Uint32(sum)%(1<<28-1) // the last is the broadcast address
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n))).String()
	}
	b := pseudonyms6
	copy(b[8:], sum)
	return netip.AddrFrom16(b).String()
}

// Client redacts the address of a client without its port.
func (r *Redactor) Client(ip string) string {
	if r == nil || !r.hide.IP || ip == "" || ip == "-" {
		return ip
	}
	if a, err := netip.ParseAddr(ip); err == nil {
		return r.address(a.WithZone(""))
	}
	return r.pseudonym("ip-", ip)
}

// isClient leaves alone what no request comes from: 0.0.0.0, loopback, link-local, and 120.0.0.0, which is the version of
// a browser.
func isClient(a netip.Addr) bool {
	a = a.Unmap()
	if a.Is4() {
		b := a.As4()
		return [3]byte(b[1:]) != [3]byte{} && b[0] != 0 && !a.IsLoopback() && !a.IsLinkLocalUnicast()
	}
	b := a.As16()
	return b[0]>>5 == 1 || b[0]>>1 == 0xfe>>1-1 || b[0] == 0 && b[1] == 0x64 // 2000::/3, fc00::/7, 64:ff9b::/96
}

// addresses puts pseudonyms in place of the addresses that may be a client's and are not to be kept.
func (r *Redactor) addresses(text string, keep func(a netip.Addr, behind string) bool) string {
	v := decode(text)
	var edits []edit
	for i := 0; i < len(v.plain); {
		end := i
		for end < len(v.plain) && (isHex(v.plain[end]) || v.plain[end] == ':' || v.plain[end] == '.') {
			end++
		}
		if end == i {
			i++
			continue
		}
		if from, to, a := find6(v.plain[i:end]); a.IsValid() {
			edits = r.find4(edits, &v, i, i+from, keep)
			if to += i; !keep(a, v.plain[to:]) {
				edits = append(edits, edit{i + from, to, r.address(a)})
			}
			i = to
			continue
		}
		edits = r.find4(edits, &v, i, end, keep)
		i = end
	}
	return v.apply(text, edits)
}

// find6 finds an IPv6 address of a client in a run of the characters of addresses, whatever stands in front of it or
// behind, such as a port: the longest of those that begin first.
func find6(run string) (from, to int, a netip.Addr) {
	for {
		for to = from + reach(run[from:]); to > from; to = from + max(0, strings.LastIndexByte(run[from:to], ':')) {
			if a, err := netip.ParseAddr(strings.TrimRight(run[from:to], ".")); err == nil && a.Is6() && isClient(a) {
				return from, to, a
			}
		}
		colon := strings.IndexByte(run[from:], ':')
		if colon < 0 {
			return 0, 0, netip.Addr{}
		}
		from += colon + 1
	}
}

// reach is how far an IPv6 address can go: it has eight colons at most.
func reach(run string) int {
	end := 0
	for range 9 {
		colon := strings.IndexByte(run[end:min(len(run), end+40)], ':')
		if colon < 0 {
			return min(len(run), end+40)
		}
		end += colon + 1
	}
	return end - 1
}

// find4 finds IPv4 addresses. More than four numbers with dots between that hold an address are masked whole, for any
// four of them may be it.
func (r *Redactor) find4(edits []edit, v *view, i, end int, keep func(netip.Addr, string) bool) []edit {
	for i < end {
		if v.plain[i]-'0' > 9 {
			i++
			continue
		}
		to := i
		for to < end && (v.plain[to]-'0' <= 9 || v.plain[to] == '.') {
			to++
		}
		numbers := strings.Split(strings.TrimRight(v.plain[i:to], "."), ".")
		last := i + len(strings.Join(numbers, "."))
		for n := 0; n+4 <= len(numbers); n++ {
			a, ok := parse4(numbers[n : n+4])
			if !ok || !isClient(a) || keep(a, v.plain[last:]) {
				continue
			}
			with := "{ip}"
			if len(numbers) == 4 {
				with = r.address(a)
			}
			edits = append(edits, edit{i, last, with})
			break
		}
		i = to
	}
	return edits
}

// parse4 takes leading zeros, which netip does not.
func parse4(numbers []string) (netip.Addr, bool) {
	var b [4]byte
	for i, s := range numbers {
		n := 0
		if len(s) == 0 || len(s) > 3 {
			return netip.Addr{}, false
		}
		for _, c := range []byte(s) {
			n = n*10 + int(c-'0')
		}
		if n > 255 {
			return netip.Addr{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}

// Own redacts text of the program's own making, which quotes log text only here and there: addresses that keep does not
// report to be known, and secrets that are told by their form. Networks stay.
func (r *Redactor) Own(text string, keep func(netip.Addr) bool) string {
	if r == nil {
		return text
	}
	if r.hide.IP {
		text = r.addresses(text, func(a netip.Addr, behind string) bool {
			return isNetwork(a, behind) || keep(a.Unmap())
		})
	}
	if r.hide.Secrets {
		text = secretForms(text)
	}
	return text
}

// isNetwork reports whether the length behind an address makes it a network: 10.0.0.0/16, but not 10.0.0.7/16.
func isNetwork(a netip.Addr, behind string) bool {
	length := len(behind) - len(strings.TrimLeft(strings.TrimPrefix(behind, "/"), "0123456789"))
	if length < 2 || length > 4 || behind[0] != '/' {
		return false
	}
	p, err := netip.ParsePrefix(a.String() + behind[:length])
	return err == nil && p.Bits() < a.BitLen() && p == p.Masked()
}
