package diagnose

func (s *scene) badKeys([]Finding) []Finding      { return nil }
func (s *scene) shutdowns() []Finding             { return nil }
func (s *scene) failOpens([]Finding) []Finding    { return nil }
func (s *scene) saturations([]Finding) []Finding  { return nil }
func (s *scene) coldStarts() []Finding            { return nil }
func (s *scene) nearTimeouts([]Finding) []Finding { return nil }
func (s *scene) deploys() []Finding               { return nil }
func (s *scene) logGaps() []Finding               { return nil }
func (s *scene) formatDrift() []Finding           { return nil }
