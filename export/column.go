package export

import (
	"strconv"
	"strings"

	"alblens/internal/cause"
	"alblens/internal/jsontext"
	"alblens/parser"
)

// A Row is a record with what its columns need besides. It is valid as long as the record is.
type Row struct {
	*parser.Record
	Path       []byte // the template, nil if the request has no path
	Cause      cause.Cause
	Confidence float64
	Reasons    []string // for and against the cause
	Source     string
	Line       int // from 1

	address scratch
}

// scratch holds what several columns are made from.
type scratch struct {
	clientIP, clientPort, targetIP, targetPort []byte
	request                                    parser.Request
}

// prepare computes what several columns share.
func (r *Row) prepare() {
	r.address.clientIP, r.address.clientPort = parser.SplitAddress(r.Text(parser.FieldClient))
	r.address.targetIP, r.address.targetPort = parser.SplitAddress(r.Text(parser.FieldTarget))
	r.address.request = r.Request()
}

// A column has either text, nil where absent, or a number that is appended unless it is absent.
type column struct {
	name   string
	text   func(*Row) []byte
	number func(*Row, []byte) []byte // returns dst as it is where absent
	plain  bool                      // the text is not ALB's, and so holds none of its escapes
}

// columns stand in the order of the contract. Extra comes last and is not among them, for it is a list.
var columns = []column{
	field("type", parser.FieldType),
	field("time", parser.FieldTime),
	field("elb", parser.FieldELB),
	text("client_ip", func(r *Row) []byte { return r.address.clientIP }),
	digits("client_port", func(r *Row) []byte { return r.address.clientPort }),
	text("target_ip", func(r *Row) []byte { return r.address.targetIP }),
	digits("target_port", func(r *Row) []byte { return r.address.targetPort }),
	decimal("request_processing_time", 6, func(r *Row) int64 { return int64(r.RequestTime) }),
	decimal("target_processing_time", 6, func(r *Row) int64 { return int64(r.TargetTime) }),
	decimal("response_processing_time", 6, func(r *Row) int64 { return int64(r.ResponseTime) }),
	decimal("elb_status_code", 0, func(r *Row) int64 { return int64(r.ELBStatus) }),
	decimal("target_status_code", 0, func(r *Row) int64 { return int64(r.TargetStatus) }),
	decimal("received_bytes", 0, func(r *Row) int64 { return r.ReceivedBytes }),
	decimal("sent_bytes", 0, func(r *Row) int64 { return r.SentBytes }),
	text("request_method", func(r *Row) []byte { return r.address.request.Method }),
	text("request_url", func(r *Row) []byte { return r.address.request.URL }),
	text("request_protocol", func(r *Row) []byte { return r.address.request.Protocol }),
	field("user_agent", parser.FieldUserAgent),
	field("ssl_cipher", parser.FieldSSLCipher),
	field("ssl_protocol", parser.FieldSSLProtocol),
	field("target_group_arn", parser.FieldTargetGroupARN),
	field("trace_id", parser.FieldTraceID),
	field("domain_name", parser.FieldDomainName),
	field("chosen_cert_arn", parser.FieldChosenCertARN),
	{name: "matched_rule_priority", number: rulePriority},
	field("request_creation_time", parser.FieldCreationTime),
	field("actions_executed", parser.FieldActions),
	field("redirect_url", parser.FieldRedirectURL),
	field("error_reason", parser.FieldErrorReason),
	field("target_port_list", parser.FieldTargetList),
	field("target_status_code_list", parser.FieldTargetStatusList),
	field("classification", parser.FieldClassification),
	field("classification_reason", parser.FieldClassificationReason),
	field("conn_trace_id", parser.FieldConnTraceID),
	field("transformed_host", parser.FieldTransformedHost),
	field("transformed_uri", parser.FieldTransformedURI),
	field("request_transform_status", parser.FieldTransformStatus),
	field("ip_address", parser.FieldNodeIP),
	field("target_error_code", parser.FieldTargetErrorCode),
	field("elb_error_code", parser.FieldELBErrorCode),
	text("path", func(r *Row) []byte { return r.Path }),
	decimal("duration_ms", 3, func(r *Row) int64 { return int64(r.Duration()) }),
	text("cause", causeText),
	{name: "confidence", number: confidence},
	{name: "source", text: func(r *Row) []byte { return []byte(r.Source) }, plain: true},
	decimal("line", 0, func(r *Row) int64 { return int64(r.Line) }),
	{name: "reasons", text: reasons, plain: true},
}

func text(name string, f func(*Row) []byte) column { return column{name: name, text: f} }

func field(name string, f parser.Field) column {
	return text(name, func(r *Row) []byte { return r.Text(f) })
}

// digits is for numbers that the log has as text, and the parser has checked.
func digits(name string, f func(*Row) []byte) column {
	return column{name: name, number: func(r *Row, dst []byte) []byte {
		if n, err := strconv.ParseUint(string(f(r)), 10, 64); err == nil {
			return strconv.AppendUint(dst, n, 10)
		}
		return dst
	}}
}

// decimal is for values in 10^-places, where -1 is absent.
func decimal(name string, places int, f func(*Row) int64) column {
	return column{name: name, number: func(r *Row, dst []byte) []byte {
		if v := f(r); v >= 0 {
			return jsontext.AppendDecimal(dst, v, places)
		}
		return dst
	}}
}

func rulePriority(r *Row, dst []byte) []byte {
	if r.RulePriority == parser.NoRule {
		return dst
	}
	return strconv.AppendInt(dst, int64(r.RulePriority), 10)
}

func causeText(r *Row) []byte {
	if r.Cause == cause.None {
		return nil
	}
	return []byte(r.Cause.String())
}

func reasons(r *Row) []byte {
	if r.Cause == cause.None || len(r.Reasons) == 0 {
		return nil
	}
	return []byte(strings.Join(r.Reasons, "; "))
}

func confidence(r *Row, dst []byte) []byte {
	if r.Cause == cause.None {
		return dst
	}
	return jsontext.AppendDecimal(dst, int64(r.Confidence*1000+0.5), 3)
}

// Columns are the names of the columns, in their order.
func Columns() []string {
	names := make([]string, 0, len(columns)+1)
	for _, c := range columns {
		names = append(names, c.name)
	}
	return append(names, extraColumn)
}

const extraColumn = "extra"
