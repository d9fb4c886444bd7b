package main

import "alblens/diagnose/advice"

// access is how sources are read, for the commands of findings.
func (in *input) access(sources []string) advice.Access {
	x := advice.Access{Sources: sources, Flags: in.reading(), Profile: in.aws.Profile}
	if in.aws.EndpointURL == "" { // else the region is another server's
		x.Region = in.aws.Region
	}
	return x
}

// reading are the flags by which sources are read as they were, whatever is selected or reported of them.
func (in *input) reading() []string {
	var list []string
	text := func(name, value string) {
		if value != "" {
			list = append(list, "--"+name+"="+value)
		}
	}
	set := func(name string, on bool) {
		if on {
			list = append(list, "--"+name)
		}
	}
	text("profile", in.aws.Profile)
	text("region", in.aws.Region)
	text("endpoint-url", in.aws.EndpointURL)
	set("no-sign-request", in.aws.NoSignRequest)
	text("request-payer", in.aws.RequestPayer)
	text("ca-bundle", in.aws.CABundle)
	set("no-verify-ssl", in.aws.NoVerifySSL)
	set("raw-paths", in.rawPaths)
	for _, t := range in.pathTemplates {
		text("path-template", t)
	}
	return list
}
