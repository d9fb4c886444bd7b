package parser

import "strconv"

// A Field is the position of a field in a line, from 0.
type Field uint8

// The fields in AWS's order. Lines written before a field was announced end before it.
const (
	FieldType Field = iota
	FieldTime
	FieldELB
	FieldClient
	FieldTarget
	FieldRequestTime
	FieldTargetTime
	FieldResponseTime
	FieldELBStatus
	FieldTargetStatus
	FieldReceivedBytes
	FieldSentBytes
	FieldRequest
	FieldUserAgent
	FieldSSLCipher
	FieldSSLProtocol
	FieldTargetGroupARN
	FieldTraceID
	FieldDomainName
	FieldChosenCertARN
	FieldRulePriority
	FieldCreationTime
	FieldActions
	FieldRedirectURL
	FieldErrorReason
	FieldTargetList
	FieldTargetStatusList
	FieldClassification
	FieldClassificationReason
	FieldConnTraceID
	FieldTransformedHost
	FieldTransformedURI
	FieldTransformStatus
	FieldNodeIP
	FieldTargetErrorCode
	FieldELBErrorCode

	// KnownFields is how many fields this version has names for.
	KnownFields int = iota
)

// MinFields is how many fields a line must have to be a record: all up to sent_bytes.
const MinFields = int(FieldSentBytes) + 1

var fieldNames = [KnownFields]string{
	"type", "time", "elb", "client:port", "target:port",
	"request_processing_time", "target_processing_time", "response_processing_time",
	"elb_status_code", "target_status_code", "received_bytes", "sent_bytes",
	"request", "user_agent", "ssl_cipher", "ssl_protocol", "target_group_arn", "trace_id",
	"domain_name", "chosen_cert_arn", "matched_rule_priority", "request_creation_time",
	"actions_executed", "redirect_url", "error_reason", "target:port_list", "target_status_code_list",
	"classification", "classification_reason", "conn_trace_id",
	"transformed_host", "transformed_uri", "request_transform_status",
	"ip_address", "target_error_code", "elb_error_code",
}

// String returns AWS's name of the field, or "field 37" and so on beyond those known.
func (f Field) String() string {
	if int(f) < len(fieldNames) {
		return fieldNames[f]
	}
	return "field " + strconv.Itoa(int(f)+1)
}
