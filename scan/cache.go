package scan

import (
	"alblens/partial"
	"alblens/sources"
)

// A Cache keeps what was read of objects, each for itself and, for several, folded in their order. Its methods may be
// called from several goroutines at once.
type Cache interface {
	// Has reports whether Load is likely to return something, at little cost.
	Has(refs []sources.Ref) bool
	// Load returns what reading the objects, as they were listed, would yield; nil if it cannot.
	Load(refs []sources.Ref) *partial.Partial
	// Save keeps p, which was read of the objects, and reports whether it did. It leaves p as it is. The objects of a
	// folded one were all loaded or saved, each for itself.
	Save(refs []sources.Ref, p *partial.Partial) bool
}

// noCache is there to need no nil.
type noCache struct{}

func (noCache) Has([]sources.Ref) bool                    { return false }
func (noCache) Load([]sources.Ref) *partial.Partial       { return nil }
func (noCache) Save([]sources.Ref, *partial.Partial) bool { return false }

// load returns what the cache has of the objects, if it is as good as reading them.
func (c *Config) load(refs []sources.Ref) *partial.Partial {
	p := c.Cache.Load(refs)
	if p == nil || c.Strict && p.Ledger.Malformed > 0 { // which of the lines is told by reading them
		return nil
	}
	c.Meter.stored.Add(p.Ledger.CompressedBytes)
	c.Meter.bytes.Add(p.Ledger.Bytes)
	return p
}

// loadShard returns what the cache has of a whole shard. When each object is to be told of, or is the only one, it is
// looked for by itself.
func (c *Config) loadShard(refs []sources.Ref) *partial.Partial {
	if !c.hasShard(refs) {
		return nil
	}
	return c.load(refs)
}

func (c *Config) hasShard(refs []sources.Ref) bool {
	return !c.told && len(refs) > 1 && c.Cache.Has(refs)
}
