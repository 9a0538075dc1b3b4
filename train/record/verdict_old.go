package record

import (
	"encoding/json"
	"slices"
	"strings"
)

// plainReport is a Report as JSON has it.
type plainReport Report

// UnmarshalJSON reads a report, one without a schema too: its keys have dashes, and each
// replica's findings stand for themselves.
func (r *Report) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, (*plainReport)(r)); err != nil || r.Schema != 0 {
		return err
	}
	var old any
	if err := json.Unmarshal(data, &old); err != nil {
		return err
	}
	renamed, err := json.Marshal(withUnderscores(old))
	if err != nil {
		return err
	}
	*r = Report{}
	if err := json.Unmarshal(renamed, (*plainReport)(r)); err != nil {
		return err
	}
	r.Schema = Schema
	r.Findings = together(r.Findings)
	return nil
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

// together puts findings of one kind, severity and layer into one, the first's.
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
	return all
}
