//go:build !unix

package s3test

import "errors"

// lock fails: the server is built for unix alone. ALBLENS_VERSITYGW still names
// a ready one.
func lock(string) (func(), error) { return nil, errors.New("built only on unix") }
