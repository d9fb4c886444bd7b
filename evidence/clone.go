package evidence

import (
	"maps"
	"slices"
)

// Clone returns a copy that shares nothing with s that either of them changes.
func (s *Set) Clone() *Set {
	s.Close()
	c := &Set{
		opts: s.opts, causes: s.causes, failures: s.failures.clone(), lives: s.lives.clone(), pools: s.pools.clone(), loads: s.loads.clone(),
	}
	for i := range c.causes {
		c.causes[i].samples = slices.Clone(c.causes[i].samples)
	}
	return c
}

func (s *failures) clone() failures {
	c := *s
	c.routes.values, c.resources.values = maps.Clone(s.routes.values), maps.Clone(s.resources.values) // what they point to is never changed
	for i := range c.of {
		list := slices.Clone(c.of[i].list)
		for k, f := range list {
			list[k] = new(*f)
		}
		c.of[i].list = list
	}
	return c
}

func (l *lives) clone() lives {
	c := *l
	c.of = make(map[string]*Life, len(l.of))
	for target, x := range l.of {
		y := *x
		for _, b := range []*Bits{&y.Sent, &y.Answered, &y.Ended} {
			b.words = slices.Clone(b.words)
		}
		c.of[target] = &y
	}
	return c
}

func (p *pools) clone() pools {
	c := newPools()
	for key, t := range p.tails {
		c.tails[key] = &tail{slices.Clone(t.freed), slices.Clone(t.starts)}
	}
	c.stops = slices.Clone(p.stops)
	for i := range c.stops {
		c.stops[i].Starts = slices.Clone(c.stops[i].Starts)
	}
	for group, x := range p.idle {
		c.idle[group] = new(*x)
	}
	return c
}

func (l *loads) clone() loads {
	c := *l
	c.of = make(map[string]map[int64]*load, len(l.of))
	for group, slots := range l.of {
		copied := make(map[int64]*load, len(slots))
		for slot, x := range slots {
			copied[slot] = new(*x)
		}
		c.of[group] = copied
	}
	return c
}
