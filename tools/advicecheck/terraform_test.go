package advicecheck

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"alblens/diagnose/advice"
)

// provider is what Terraform's AWS provider calls the arguments and nested blocks that advice uses, by block: its type,
// the kind of resource, and the blocks that it stands in.
var provider = map[string]string{
	"variable":                                                      "type description",
	"data aws_lb":                                                   "name",
	"data aws_network_interface":                                    "filter",
	"data aws_network_interface filter":                             "name values",
	"data aws_network_acls":                                         "filter",
	"data aws_network_acls filter":                                  "name values",
	"data aws_vpc":                                                  "id",
	"data aws_iam_policy_document":                                  "statement",
	"data aws_iam_policy_document statement":                        "actions resources principals",
	"data aws_iam_policy_document statement principals":             "type identifiers",
	"resource aws_lb":                                               "name idle_timeout enable_waf_fail_open access_logs",
	"resource aws_lb access_logs":                                   "bucket enabled",
	"resource aws_lb_target_group":                                  "name deregistration_delay slow_start health_check",
	"resource aws_lb_target_group health_check":                     "port interval timeout healthy_threshold unhealthy_threshold",
	"resource aws_vpc_security_group_ingress_rule":                  "security_group_id referenced_security_group_id ip_protocol from_port to_port",
	"resource aws_vpc_security_group_egress_rule":                   "security_group_id cidr_ipv4 ip_protocol from_port to_port",
	"resource aws_network_acl_rule":                                 "network_acl_id rule_number egress protocol rule_action cidr_block ipv6_cidr_block from_port to_port",
	"resource aws_ecs_service":                                      "deployment_minimum_healthy_percent deployment_maximum_percent",
	"resource aws_autoscaling_policy":                               "name autoscaling_group_name policy_type target_tracking_configuration",
	"resource aws_autoscaling_policy target_tracking_configuration": "target_value predefined_metric_specification",
	"resource aws_autoscaling_policy target_tracking_configuration predefined_metric_specification": "predefined_metric_type resource_label",
	"resource aws_s3_bucket":        "bucket_prefix",
	"resource aws_s3_bucket_policy": "bucket policy",
}

// attributes are what references read of the blocks above.
var attributes = map[string]string{
	"aws_lb":                  "security_groups",
	"aws_network_interface":   "security_groups subnet_id vpc_id",
	"aws_network_acls":        "ids",
	"aws_vpc":                 "cidr_block ipv6_cidr_block",
	"aws_iam_policy_document": "json",
	"aws_s3_bucket":           "arn id",
	"aws_s3_bucket_policy":    "bucket",
}

func TestTerraform(t *testing.T) {
	used := map[string]bool{}
	for _, f := range cases() {
		_, fix := advice.For(f)
		for _, c := range fix {
			if c.Kind != "terraform" {
				continue
			}
			checkTerraform(t, f.ID, c.Text, used)
			if formatted := string(hclwrite.Format([]byte(c.Text))); formatted != c.Text {
				t.Errorf("%s: terraform fmt would make of\n%s\n\n%s", f.ID, c.Text, formatted)
			}
		}
	}
	for path := range provider {
		if !used[path] {
			t.Errorf("no advice has %s", path)
		}
	}
}

// checkTerraform parses text and holds its blocks against provider, and its references against its own blocks.
func checkTerraform(t *testing.T, id, text string, used map[string]bool) {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL([]byte(text), id)
	if diags.HasErrors() {
		t.Errorf("%s: %v in\n%s", id, diags, text)
		return
	}
	declared := map[string]bool{}
	var check func(path string, body *hclsyntax.Body)
	check = func(path string, body *hclsyntax.Body) {
		used[path] = true
		allowed, ok := provider[path]
		if !ok {
			t.Errorf("%s: no block %s", id, path)
		}
		for name := range body.Attributes {
			if !slices.Contains(strings.Fields(allowed), name) {
				t.Errorf("%s: %s has no argument %s", id, path, name)
			}
		}
		for _, b := range body.Blocks {
			if !slices.Contains(strings.Fields(allowed), b.Type) {
				t.Errorf("%s: %s has no block %s", id, path, b.Type)
			}
			check(path+" "+b.Type, b.Body)
		}
	}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		path, name := b.Type, strings.Join(b.Labels, ".")
		switch b.Type {
		case "data":
			path, name = "data "+b.Labels[0], "data."+name
		case "resource":
			path = "resource " + b.Labels[0]
		case "variable":
			name = "var." + name
		}
		if declared[name] {
			t.Errorf("%s: %s twice in\n%s", id, name, text)
		}
		for _, label := range b.Labels {
			if !hclsyntax.ValidIdentifier(label) {
				t.Errorf("%s: label %q", id, label)
			}
		}
		declared[name] = true
		check(path, b.Body)
	}
	for _, v := range variables(file.Body.(*hclsyntax.Body)) {
		checkReference(t, id, v, declared)
	}
}

// checkReference wants a declared block, and an attribute that it has. The group that scales the targets is the reader's.
func checkReference(t *testing.T, id string, reference hcl.Traversal, declared map[string]bool) {
	t.Helper()
	var parts []string
	for _, step := range reference {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			parts = append(parts, s.Name)
		case hcl.TraverseAttr:
			parts = append(parts, s.Name)
		}
	}
	switch {
	case parts[0] == "aws_autoscaling_group" || len(parts) == 1 && parts[0] == "number":
		return
	case parts[0] == "var" && declared["var."+parts[1]]:
		return
	}
	last := len(parts) - 1
	if !declared[strings.Join(parts[:last], ".")] || !slices.Contains(strings.Fields(attributes[parts[last-2]]), parts[last]) {
		t.Errorf("%s: reference to %s", id, strings.Join(parts, "."))
	}
}

func variables(body *hclsyntax.Body) []hcl.Traversal {
	var all []hcl.Traversal
	for _, a := range body.Attributes {
		all = append(all, a.Expr.Variables()...)
	}
	for _, b := range body.Blocks {
		all = append(all, variables(b.Body)...)
	}
	return all
}
