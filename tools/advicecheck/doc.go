// Package advicecheck has tests only: every command that diagnose/advice or a rule of settings gives is taken by a POSIX
// shell and by the AWS CLI, every text for Terraform by Terraform's parser, and no value from a log gets out of its quotes.
package advicecheck
