package record

import (
	"encoding/json"
	"slices"
	"strings"
)

// oldReport reads a verdict without a schema: its keys have dashes, and each replica's findings stand for themselves.
func oldReport(summary []byte) (*Report, error) {
	var old struct {
		Verdict any `json:"verdict"`
	}
	if err := json.Unmarshal(summary, &old); err != nil {
		return nil, err
	}
	renamed, err := json.Marshal(withUnderscores(old.Verdict))
	if err != nil {
		return nil, err
	}
	r := &Report{}
	if err := json.Unmarshal(renamed, r); err != nil {
		return nil, err
	}
	r.Schema = Schema
	r.Findings = together(r.Findings)
	return r, nil
}

// withUnderscores replaces the dashes in the keys.
func withUnderscores(value any) any {
	switch v := value.(type) {
	case map[string]any:
		renamed := make(map[string]any, len(v))
		for key, of := range v {
			renamed[strings.ReplaceAll(key, "-", "_")] = withUnderscores(of)
		}
		return renamed
	case []any:
		for i := range v {
			v[i] = withUnderscores(v[i])
		}
	}
	return value
}

// together puts findings of one kind, severity and layer into one, the first's; the worst come first.
func together(each []Finding) []Finding {
	all := []Finding{}
	for _, f := range each {
		i := slices.IndexFunc(all, func(g Finding) bool {
			return g.Kind == f.Kind && g.Severity == f.Severity && g.Layer == f.Layer
		})
		if i < 0 {
			i = len(all)
			f.Units = append([]int{}, f.Units...)
			all = append(all, f)
		}
		if g := &all[i]; !slices.Contains(g.InSeeds, f.Seed) {
			g.InSeeds = append(g.InSeeds, f.Seed)
			g.Seeds = len(g.InSeeds)
		}
	}
	severities := []Severity{Error, Warning, Note}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return slices.Index(severities, a.Severity) - slices.Index(severities, b.Severity)
	})
	return all
}
