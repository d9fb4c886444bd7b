// Package sources finds log objects and hands out their raw bytes.
//
//  1. [Parse] turns SOURCE arguments (a file, a directory, a glob, a URL such
//     as s3://bucket/prefix, or "-") into one [Source].
//  2. List yields a [Ref] for each object that can hold records of the
//     [Selection], and a [*Problem] for each one that it must pass over.
//  3. Open streams an object as it is stored: compression and log format are
//     the business of others.
//
// A Ref is plain data. It may be written down and opened later, by another
// process, through any Source whose [Options] know its scheme.
//
// Only local files and standard input live here. What reads other places is a
// [Store], passed in by scheme, so that this package needs no cloud SDK.
package sources
