// Package export selects single records and writes them: the lines as they stand, NDJSON, or CSV.
//
//  1. A Filter says which records are wanted.
//  2. A Format appends each as text, in the columns of design/contract.md.
//
// Here ALB's \xHH escapes are decoded, so that consumers see what the client sent; characters that could steer a
// terminal are escaped again in each format's own way.
package export
