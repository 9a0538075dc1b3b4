package record

import (
	"encoding/json"
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
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Seeds, f.InSeeds = 1, []uint32{f.Seed}
		f.Units = append([]int{}, f.Units...)
	}
	r.Findings = Together([][]Finding{r.Findings}, nil)
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
