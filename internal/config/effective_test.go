package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/dataset"
)

// TestEffective looks through all fields of what was in force for a value that stands
// for a default: a negative number, an empty text or list that JSON writes, auto.
func TestEffective(t *testing.T) {
	for name, set := range map[string]func(*Run){
		"default":    func(*Run) {},
		"adam":       func(r *Run) { r.Optimizer = "adam" },
		"mixed":      func(r *Run) { r.Layers, r.Activations = []int{3, 3}, []string{"relu", "tanh"} },
		"replicas":   func(r *Run) { r.Repeats, r.GradientData, r.GradientRows, r.GradientBatch = 3, "train", 0, 0 },
		"a table":    func(r *Run) { r.Dataset = "rows.csv" },
		"a stream":   func(r *Run) { r.Dataset, r.Stream = "rows.csv", true },
		"one thread": func(r *Run) { r.Threads, r.Device = 1, "cpu" },
	} {
		t.Run(name, func(t *testing.T) {
			run := Default()
			set(&run)
			schema := dataset.PlainSchema([]string{"x1", "x2"}, dataset.Scaler{})
			known := Known{TrainRows: 500, MeasuredRows: 400, Schema: schema, Plan: run.Plan(2), Device: "cpu", Cache: "/cache"}
			effective := run.Effective(&known)
			fields := reflect.TypeFor[Effective]()
			for _, field := range reflect.VisibleFields(fields) {
				key, options, _ := strings.Cut(field.Tag.Get("json"), ",")
				if field.Anonymous || hidden(fields, key, field) {
					continue
				}
				// 0 is no default of these, but the value: none, never, no bound.
				zero := []string{"l1", "l2", "clip-norm", "global-clip-norm", "clip-value", "early-stopping", "early-stopping-min-delta", "checkpoint-freq"}
				value := reflect.ValueOf(effective).FieldByIndex(field.Index)
				switch written := options != "omitempty" || !value.IsZero(); {
				case value.CanInt() && (value.Int() < 0 || value.IsZero() && written && !slices.Contains(zero, key)),
					value.CanFloat() && value.IsZero() && written && !slices.Contains(zero, key),
					value.Kind() == reflect.String && written && (value.Len() == 0 || value.String() == "auto"),
					value.Kind() == reflect.Slice && written && value.Len() == 0:
					t.Errorf("%s: got %v, want the value that is in force", key, value)
				}
			}
			if run.Stream && effective.Cache != known.Cache {
				t.Errorf("cache: got %q, want %q", effective.Cache, known.Cache)
			}
		})
	}
}

// hidden reports whether JSON writes another field by that name, one less deep.
func hidden(in reflect.Type, key string, field reflect.StructField) bool {
	for _, other := range reflect.VisibleFields(in) {
		otherKey, _, _ := strings.Cut(other.Tag.Get("json"), ",")
		if otherKey == key && len(other.Index) < len(field.Index) {
			return true
		}
	}
	return false
}

// TestEffectiveValues checks the values of the tutorial's run and of a mixed one.
func TestEffectiveValues(t *testing.T) {
	run := Default()
	run.Layers, run.Activations = []int{3, 3}, []string{"relu", "tanh"}
	known := Known{TrainRows: 20, MeasuredRows: 10, Schema: dataset.PlainSchema([]string{"x1"}, dataset.Scaler{}), Plan: Plan{Threads: 1}, Device: "cpu"}
	e := run.Effective(&known)
	if e.LearningRate != 0.01 || e.BatchSize != 20 || e.GradientRows != 10 || e.GradientBatch != 10 || e.DiagnoseFreq != 25 ||
		e.Threads != 1 || e.Device != "cpu" || e.Task != "classification" || e.Header != "no" || e.Name != "relu-tanh-2x3" ||
		e.HistogramReplicas != "0" || !slices.Equal(e.KernelInitializers, []string{"he_uniform", "glorot_uniform"}) {
		t.Errorf("got %+v, want the defaults of this run", e)
	}
	run.Repeats = 2
	if got := run.Effective(&known).HistogramReplicas; got != EveryReplica {
		t.Errorf("of two replicas: got %q, want %q", got, EveryReplica)
	}
}
