// Package s3 reads log objects from Amazon S3, and from servers that speak its
// protocol, for package sources. It is the only place that knows the AWS SDK.
//
//  1. [New] takes the settings the AWS CLI has, under the same names, and
//     reaches nothing yet. Shared config, SSO, roles and the AWS_* variables
//     work as there.
//  2. List pages through a prefix with ListObjectsV2, and jumps over what the
//     selection cannot want: see the function after.
//  3. Open streams an object, as stored, and takes the stream up again where
//     the connection broke.
//
// Needed are s3:ListBucket on the bucket and s3:GetObject on its objects; a key
// named in full can be read with s3:GetObject alone.
package s3
