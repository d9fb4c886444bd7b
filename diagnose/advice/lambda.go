package advice

import (
	"strconv"
	"strings"
)

func lambdaError(a *adviser) {
	for _, g := range a.groups {
		function := a.function(g)
		a.check("Which function is it, and what are its timeout and memory?",
			a.aws("lambda get-function-configuration --function-name", function, `--query '[FunctionArn,Timeout,MemorySize,State,LastUpdateStatus]'`))
		if !a.From.IsZero() {
			from, to := a.span()
			a.check("What did the function log at these times? An exception, Task timed out, or nothing at all.",
				a.aws("logs filter-log-events --log-group-name",
					`"/aws/lambda/$(`+a.text("FunctionName", "lambda get-function-configuration --function-name", function)+`)"`,
					"--start-time", word(strconv.FormatInt(from.UnixMilli(), 10)), "--end-time", word(strconv.FormatInt(to.UnixMilli(), 10)), `--filter-pattern '?ERROR ?Exception ?"timed out"' --max-items 50`))
		}
	}
	a.groupMetric("Errors of the function or its configuration.", "LambdaUserError", "Sum")
	a.groupMetric("Errors of the Lambda service.", "LambdaInternalError", "Sum")
	a.records("The records; error_reason says which.", "lambda-error")

	reasons := a.reasonsWith("Lambda")
	if len(reasons) == 0 {
		a.change("text", "The error reasons are unknown here.", "error_reason of the records names what to repair; see alblens explain lambda-error.")
	}
	for _, reason := range reasons {
		a.lambdaReason(reason)
	}
	a.change("text", "What does not cure it.", "The idle timeout does not bound functions: the load balancer waits for the function's own timeout.")
}

// function is the ARN of the function that a target group holds, as a word.
func (a *adviser) function(g targetGroup) script {
	return output(a.text(`'TargetHealthDescriptions[0].Target.Id'`, "elbv2 describe-target-health --target-group-arn", word(g.arn)))
}

func (a *adviser) lambdaReason(reason string) {
	switch {
	case reason == "LambdaThrottling":
		a.change("text", reason+": more requests at once than the function may run.",
			"Raise its reserved concurrency or the account's quota, make it faster, or keep provisioned concurrency for peaks. It does not cure a database that cannot take so many at once.")
	case reason == "LambdaUnhandled":
		a.change("text", reason+": the function threw an exception or ran into its own timeout.",
			"Catch what is thrown and answer statusCode 500. Where the log says Task timed out: make it faster, or raise its timeout, which only hides a slow function.")
	case reason == "LambdaInvalidResponse":
		a.change("lambda", reason+": the function did not answer the JSON that load balancers want.",
			`{"statusCode": 200, "statusDescription": "200 OK", "headers": {"Content-Type": "text/plain"}, "isBase64Encoded": false, "body": "ok"}`)
	case reason == "LambdaResponseTooLarge", reason == "LambdaRequestTooLarge":
		a.change("text", reason+": 1 MB is the limit each way, and fixed.", "Put larger bodies into S3 and hand out a presigned URL, or answer a page at a time.")
	case reason == "LambdaAccessDenied":
		for _, g := range a.groups {
			a.cli(reason+": the load balancer may not invoke the function.",
				a.aws("lambda add-permission --function-name", a.function(g), "--statement-id", word("alb-"+g.name),
					"--action lambda:InvokeFunction --principal elasticloadbalancing.amazonaws.com --source-arn", word(g.arn)))
		}
	case strings.HasPrefix(reason, "LambdaConnection"), strings.HasPrefix(reason, "LambdaService"), reason == "LambdaUnhandledException":
		a.change("text", reason+": an error of the Lambda service.", "Let clients retry what may run twice. If it goes on, ask AWS support with the times.")
	case strings.HasPrefix(reason, "LambdaKMS"), strings.HasPrefix(reason, "LambdaEC2"), strings.HasPrefix(reason, "LambdaENI"),
		strings.HasPrefix(reason, "LambdaSubnet"), strings.HasPrefix(reason, "LambdaInvalid"):
		a.change("text", reason+": the function's configuration keeps it from starting.",
			"The name says what: the KMS key, the VPC's subnets and their free addresses, a security group, the package or the runtime.")
	default:
		a.change("text", reason+" is not known to this version.", "AWS lists the error reasons with the fields of the access log.")
	}
}
