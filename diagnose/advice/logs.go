package advice

import "fmt"

func unattributed(a *adviser) {
	a.records("The lines as they stand in the log.", "unattributed", "-f raw")
	a.groupMetric("Does CloudWatch count connection failures at these times?", "TargetConnectionErrorCount", "Sum")
	a.health("Is a target ill?")
}

func logGaps(a *adviser) {
	a.metric("Were there requests? Compare with the records of each minute.", "RequestCount", "Sum")
	if a.Account != "" && a.Region != "" && a.Partition != "" && !a.From.IsZero() {
		for _, b := range a.balancers {
			a.check("Which files are there?", a.listDay(b))
		}
	}
	a.change("text", "The files may be there by now, or never come.",
		"Read again later: files come about 5 minutes after their interval, and some late. Check lifecycle rules and the bucket policy. AWS writes access logs with best effort and does not promise every request.")
}

// listDay lists the files of the finding's day, in the bucket that the load balancer writes to.
func (a *adviser) listDay(b loadBalancer) script {
	setting := func(key script) script {
		return a.text(`"Attributes[?Key=='access_logs.s3.`+key+`'].Value"`, "elbv2 describe-load-balancer-attributes --load-balancer-arn", a.balancerARN(b))
	}
	day := script(fmt.Sprintf("AWSLogs/%s/elasticloadbalancing/%s/%s/", a.Account, a.Region, a.From.UTC().Format("2006/01/02")))
	return `p=$(` + setting("prefix") + `); ` + a.text(`'Contents[].[Key,Size]'`, "s3api list-objects-v2 --bucket", output(setting("bucket")), `--prefix "${p:+$p/}`+day+`"`)
}

func formatDrift(a *adviser) {
	a.records("Lines of it: unknown fields are kept in extra.", "any", "-f ndjson")
	a.change("text", "Nothing is needed to read on: fields are only ever appended.",
		"A newer alblens may name them. Athena tables and other readers that expect an exact number of fields have to be changed.")
}

func accessLogs(a *adviser) {
	a.balancerAttribute("Are access logs on?", "access_logs.s3.enabled")
	a.balancerAttribute("Where do they go?", "access_logs.s3.bucket")

	bucket := resource("aws_s3_bucket", "alb_logs", arg("bucket_prefix", `"alb-logs-"`))
	policy := data("aws_iam_policy_document", "alb_logs", nested("statement",
		arg("actions", `["s3:PutObject"]`), arg("resources", `["${aws_s3_bucket.alb_logs.arn}/AWSLogs/*"]`),
		nested("principals", arg("type", `"Service"`), arg("identifiers", `["logdelivery.elasticloadbalancing.amazonaws.com"]`))))
	attach := resource("aws_s3_bucket_policy", "alb_logs", arg("bucket", "aws_s3_bucket.alb_logs.id"), arg("policy", "data.aws_iam_policy_document.alb_logs.json"))
	blocks := []hcl{bucket, policy, attach}
	for _, b := range a.balancers {
		blocks = append(blocks, resource("aws_lb", label(b.name), arg("name", quoted(b.name)),
			nested("access_logs", arg("bucket", "aws_s3_bucket_policy.alb_logs.bucket"), arg("enabled", "true"))))
	}
	a.terraform("A bucket that the load balancer may write to, and the logs turned on, in the resource that is there. What happened before stays unknown.", blocks...)
}
