package parser

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// SplitAddress splits "10.0.0.1:80" at its last colon, for AWS writes IPv6 addresses without brackets; brackets are
// taken off where there are some. What is no address, such as the ARN of a function, gives nil, nil. Both are views of
// addr.
func SplitAddress(addr []byte) (ip, port []byte) {
	i := bytes.LastIndexByte(addr, ':')
	if i < 0 || bytes.HasPrefix(addr, arnPrefix) {
		return nil, nil
	}
	ip, port = addr[:i:i], addr[i+1:]
	if len(ip) >= 2 && ip[0] == '[' && ip[len(ip)-1] == ']' {
		ip = ip[1 : len(ip)-1 : len(ip)-1]
	}
	return ip, port
}

// validAddress accepts "-", or anything in front of a colon and a port: addresses are kept as text, and masked ones
// ("x.x.x.x:80") are good enough to count.
func validAddress(b []byte) bool {
	if isAbsent(b) {
		return true
	}
	if n := len(b); n > 8 {
		y := binary.LittleEndian.Uint64(b[n-8:]) ^ '0'*lowBits
		digits := bits.LeadingZeros64((y|(y+0x76*lowBits))&highBits) / 8 // at the end
		return digits >= 1 && digits <= 5 && y>>(56-8*digits)&0xff == ':'^'0'
	}
	for i := len(b) - 1; i > 0; i-- {
		if b[i]-'0' <= 9 {
			continue
		}
		digits := len(b) - 1 - i
		return b[i] == ':' && digits >= 1 && digits <= 5
	}
	return false
}
