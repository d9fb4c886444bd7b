package parser

import "strings"

// tokens is one line of today's 36 fields, as ALB would write them. All values differ, so that two fields that
// changed places are noticed.
var tokens = [KnownFields]string{
	`https`, `2026-11-20T14:05:00.123456Z`, `app/shop/50dc6c495c0c9188`, `203.0.113.7:50123`, `10.0.1.9:8443`,
	`0.001`, `0.022`, `0.333`, `200`, `201`, `1234`, `56789`,
	`"GET https://shop.example:443/a/b?c=d HTTP/1.1"`, `"curl/8.9.1"`, `ECDHE-RSA-AES128-GCM-SHA256`, `TLSv1.2`,
	`arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067`,
	`"Root=1-691f1f4b-23a8c76965a2ef7629b185e3"`, `"shop.sni.example"`,
	`"arn:aws:acm:eu-west-1:123456789012:certificate/1277e7c7"`, `7`, `2026-11-20T14:04:59.456000Z`,
	`"waf,forward"`, `"https://r.example:443/to"`, `"LambdaInvalidResponse"`, `"10.0.1.9:8444"`, `"202"`,
	`"Ambiguous"`, `"EmptyHeader"`, `TID_b33932fc40603344`, `"t.example"`, `"/t?u"`, `"TransformSuccess"`,
	`10.0.0.5`, `"0x2"`, `"0x8"`,
}

// An edit changes the tokens of a line.
type edit func([]string) []string

// set puts raw in the place of a field, with the quotes if there are to be any.
func set(f Field, raw string) edit {
	return func(all []string) []string {
		all[f] = raw
		return all
	}
}

// first keeps the first n fields.
func first(n int) edit {
	return func(all []string) []string { return all[:n] }
}

// add appends fields.
func add(raw ...string) edit {
	return func(all []string) []string { return append(all, raw...) }
}

// logLine is the line of tokens with edits.
func logLine(edits ...edit) string {
	all := append([]string(nil), tokens[:]...)
	for _, e := range edits {
		all = e(all)
	}
	return strings.Join(all, " ")
}
