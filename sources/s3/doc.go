// Package s3 reads log objects from Amazon S3, and from servers that speak its
// protocol, for package sources. It is the only place that knows the AWS SDK.
//
//  1. [New] takes the settings the AWS CLI has, under the same names, and
//     reaches nothing yet. Shared config, SSO, roles and the AWS_* variables
//     work as there.
//  2. List pages through a prefix with ListObjectsV2, jumps over what the
//     selection cannot want (see the function after), and lists what turns out
//     to be long in several stretches at once (see lister), which it waits for.
//  3. Open streams an object, as stored, and takes the stream up again where
//     the connection broke or fell silent.
//
// What fails and may go better is tried again, within a budget that all
// requests share: see patience. What fails for good is a *sources.Problem that
// says what to do. docs/reliability.md tells what was tried.
//
// A bucket may be an access point, by its alias or ARN, which is a host of its own and needs its own leave.
//
// Needed are s3:ListBucket on the bucket and s3:GetObject on its objects; a key
// named in full can be read with s3:GetObject alone.
package s3
