package diagnose

import (
	"math"
	"testing"

	"gradwatch/internal/profile"
	"gradwatch/internal/record"
)

// tabled gives a run a table's profile, of 500 training rows and as many test rows.
func tabled(change func(t *profile.Table)) func(r *Run) {
	return func(r *Run) {
		r.TrainRows, r.TestRows, r.Inputs = 500, 500, 4
		r.Profile = &profile.Table{
			Classes: []profile.Class{{Class: "cat", Train: 250, Test: 250}, {Class: "dog", Train: 250, Test: 250}}, Compared: 5,
			Alone: &profile.Alone{Column: "size", Score: 0.9, Others: 1},
		}
		change(r.Profile)
	}
}

func rows(train, test, inputs int) func(r *Run) {
	return func(r *Run) { r.TrainRows, r.TestRows, r.Inputs = train, test, inputs }
}

// differs has one difference, of the target or of a column.
func differs(d profile.Difference) func(r *Run) {
	return tabled(func(t *profile.Table) { t.Differences = []profile.Difference{d} })
}

func copied(copies int, chance float64) func(r *Run) {
	return tabled(func(t *profile.Table) { t.Copies, t.Chance = copies, chance })
}

func alone(score, others float64) func(r *Run) {
	return tabled(func(t *profile.Table) {
		t.Alone = &profile.Alone{Column: "price in euro", Score: score, Others: others}
	})
}

func identified(ids ...profile.Identifier) func(r *Run) {
	return tabled(func(t *profile.Table) { t.Identifiers = ids })
}

// tableCases have each finding of a table and, beside it, the numbers that are just not enough.
func tableCases() []ruleCase {
	healthy := func(*profile.Table) {}
	classes := profile.Difference{Column: "kind", Target: true, Category: "cat", Train: 1, Test: 0.34, Distance: 0.66, P: 1e-100}
	column := func(distance, p float64) profile.Difference {
		return profile.Difference{Column: "age", Train: 31, Test: 62.5, Distance: distance, P: p}
	}
	oneClass := func(t *profile.Table) { t.Classes[0].Test, t.Classes[1].Test = 0, 500 }
	return []ruleCase{
		{"a table", of("tanh", 3, tabled(healthy)), nil},
		{"a table before the first epoch", of("tanh", 3, differs(classes), func(r *Run) { r.Replicas[0].History, r.Replicas[0].Checks = nil, nil }), nil},

		{"test rows of one class", of("tanh", 3, tabled(oneClass), differsToo(classes)), []string{"error single-class"}},
		{"test rows of one class, from a file of their own", of("tanh", 3, tabled(oneClass), func(r *Run) { r.Split.Files = true }), []string{"error single-class"}},
		{"test rows of two classes, but for one row", of("tanh", 3, tabled(func(t *profile.Table) { t.Classes[0].Test, t.Classes[1].Test = 1, 499 })), nil},

		{"other classes in the test rows", of("tanh", 3, differs(classes)), []string{"warning shifted-test"}},
		{"the same in shuffled rows", of("tanh", 3, differs(classes), func(r *Run) { r.Split.Mixed = true }), []string{"warning shifted-test"}},
		{"another column in the test rows", of("tanh", 3, differs(column(0.4, 1e-9))), []string{"warning shifted-test"}},
		{"a difference that one of ten thousand splits has", of("tanh", 3, differs(column(0.4, 2.1e-5))), nil},
		{"a difference that a few more do", of("tanh", 3, differs(column(0.4, 1.9e-5))), []string{"warning shifted-test"}},
		{"a sure difference that is small", of("tanh", 3, differs(column(0.09, 1e-20))), nil},
		{"small shares that differ", of("tanh", 3, differs(profile.Difference{Column: "kind", Target: true, Category: "dog", Train: 0.06, Distance: 0.06, P: 1e-8})), []string{"warning shifted-test"}},
		{"what is learned does not hold for rows drawn differently", of("tanh", 3, differs(column(0.9, 1e-50)), memorized, drift(0.1, 1.2)), []string{"error shifted-test"}},
		{"the same where the rows differ a little", of("tanh", 3, differs(column(0.3, 1e-9)), drift(0.1, 1.2)), []string{"error overfitting", "warning shifted-test"}},

		{"test rows that were trained on", of("tanh", 3, copied(25, 1e-4)), []string{"warning duplicate-rows"}},
		{"a few of them", of("tanh", 3, copied(24, 1e-4)), nil},
		{"as many as columns of few values have", of("tanh", 3, copied(250, 0.01)), nil},
		{"a few rows, of which some were trained on", of("tanh", 3, copied(4, 0), rows(500, 60, 4)), nil},

		{"a column that tells the target", of("tanh", 3, alone(0.998, 0.6)), []string{"note leaked-target"}},
		{"one of a table of which columns are left out", of("tanh", 3, alone(0.998, 0.6), func(r *Run) { r.Ignore = "id" }), []string{"note leaked-target"}},
		{"another column in the test rows of a stream", of("tanh", 3, differs(column(0.4, 1e-9)), func(r *Run) { r.Split.Streamed = true }), []string{"warning shifted-test"}},
		{"one that explains a number", of("tanh", 3, alone(0.998, 0.6), regression(1, 1), flat(0.01)), []string{"note leaked-target"}},
		{"one that tells nearly all", of("tanh", 3, alone(0.97, 0.6)), nil},
		{"one of an easy target", of("tanh", 3, alone(0.998, 0.96)), nil},
		{"one that is not much better than the others", of("tanh", 3, alone(0.98, 0.92)), nil},

		{"numbered rows", of("tanh", 3, identified(profile.Identifier{Column: "id", Score: 0.1})), []string{"note identifier-column"}},
		{"numbered rows, sorted by the target", of("tanh", 3, identified(profile.Identifier{Column: "id", Score: 0.97})), []string{"warning identifier-column"}},
		{"numbered rows of a number that follows time", of("tanh", 3, identified(profile.Identifier{Column: "month", Score: 0.97}), regression(1, 1), flat(0.01)), []string{"note identifier-column"}},
		{"named rows", of("tanh", 3, identified(profile.Identifier{Column: "id", Score: 0.1}, profile.Identifier{Column: "full name", Words: true})), []string{"warning identifier-column"}},

		{"fewer training rows than inputs", of("tanh", 3, tabled(healthy), rows(30, 500, 31)), []string{"note too-few-rows"}},
		{"as many", of("tanh", 3, tabled(healthy), rows(31, 500, 31)), nil},
		{"fewer training rows than inputs, learned by heart", of("tanh", 3, tabled(healthy), rows(30, 500, 31), memorized, drift(0.1, 1.2)), []string{"error too-few-rows"}},
		{"fewer training rows than inputs, learned in part", of("tanh", 3, tabled(healthy), rows(30, 500, 31), drift(0.1, 0.5)), []string{"warning too-few-rows"}},
		{"few test rows", of("tanh", 3, tabled(healthy), rows(100, 20, 4), func(r *Run) { accuracies(r, 0.9, 0.8) }), []string{"note too-few-rows"}},
		{"few validation rows", of("tanh", 3, tabled(healthy), rows(100, 500, 4), func(r *Run) {
			r.Validation, r.Replicas[0].Test = 20, new(record.Number(0.8))
			accuracies(r, 0.9, 0.8)
		}), nil},
		{"few test rows beside validation rows", of("tanh", 3, tabled(healthy), rows(100, 20, 4), func(r *Run) {
			r.Validation, r.Replicas[0].Test = 500, new(record.Number(0.8))
			accuracies(r, 0.9, 0.99)
		}), []string{"note too-few-rows"}},
		{"few test rows, nearly all of them right", of("tanh", 3, tabled(healthy), rows(100, 30, 4), func(r *Run) { accuracies(r, 1, 0.97) }), nil},

		{"a constant column", of("tanh", 3, tabled(func(t *profile.Table) { t.Constant = []string{"unit"} })), []string{"note constant-column"}},
		{"many constant columns", of("tanh", 3, tabled(func(t *profile.Table) { t.Constant = []string{"a", "b", "c", "d", "e", "f"} })), []string{"note constant-column"}},
		{"equal columns", of("tanh", 3, tabled(func(t *profile.Table) { t.Same = []profile.Pair{{Column: "town", Other: "port"}} })), []string{"note duplicate-column"}},
	}
}

// differsToo adds a difference to a table.
func differsToo(d profile.Difference) func(r *Run) {
	return func(r *Run) { r.Profile.Differences = append(r.Profile.Differences, d) }
}

// TestWilson compares with scipy.stats.binomtest(k, n).proportion_ci(method="wilson").
func TestWilson(t *testing.T) {
	for _, tc := range []struct {
		right, rows int
		low, high   float64
	}{{16, 20, 0.583983, 0.919342}, {29, 30, 0.833296, 0.994091}, {0, 10, 0, 0.277533}, {45, 75, 0.486880, 0.703375}} {
		low, high := wilson(float64(tc.right)/float64(tc.rows), tc.rows)
		if math.Abs(low-tc.low) > 1e-5 || math.Abs(high-tc.high) > 1e-5 {
			t.Errorf("%d of %d: got %g to %g, want %g to %g", tc.right, tc.rows, low, high, tc.low, tc.high)
		}
	}
}
