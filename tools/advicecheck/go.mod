// Holds the commands and texts of diagnose/advice against a shell's parser, Terraform's and the AWS CLI, apart from the
// root module so that these never become alblens's.
module alblens/tools/advicecheck

go 1.26.0

require (
	alblens v0.0.0
	github.com/hashicorp/hcl/v2 v2.25.0
	mvdan.cc/sh/v3 v3.14.1
)

require (
	github.com/agext/levenshtein v1.2.1 // indirect
	github.com/apparentlymart/go-textseg/v15 v15.0.0 // indirect
	github.com/apparentlymart/go-textseg/v17 v17.0.1 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/mitchellh/go-wordwrap v1.0.1 // indirect
	github.com/zclconf/go-cty v1.19.0 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
)

replace alblens => ../..
