// Package diagnose says why requests failed: it refines what single records suggest by what stands around them, and
// makes findings that an engineer can act on.
package diagnose
