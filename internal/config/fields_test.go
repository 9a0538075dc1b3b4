package config

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/invalid"
)

// other has a valid value other than the default, as a flag takes it, for fields whose rows
// don't tell one.
var other = map[string]string{
	"dataset": "moons", "test-fraction": "0.25", "target": "y", "test": "rest.csv", "one-hot": "all", "ignore": "id", "missing-values": "-", "date": "day", "cache": "caches", "layers": "8,8,4",
	"activation": "tanh", "kernel-initializer": "zeros", "output-initializer": "zeros", "bias-initializer": "ones", "initial-weights": "weights.json",
	"dropout": "0.5", "class-weight": "balanced", "learning-rate-schedule": "step:10,0.5", "logdir": "elsewhere", "run": "it",
	"histogram-replica": "0", "gradient-rows": "10", "gradient-batch": "10", "diagnose-freq": "10", "decision-columns": "x1,x2", "device": "cpu", "keep": "7", "cross-validate": "3", "fold": "2",
	"beta-1": "0.5", "beta-2": "0.5", "rho": "0.5", "epsilon": "0.5", "weight-decay": "0.5",
}

// changed returns the default with another value of one field.
func changed(t *testing.T, f *Field) Run {
	t.Helper()
	run := Default()
	text := other[f.Name]
	switch before := f.Value(&run).(type) {
	case bool:
		text = map[bool]string{true: "false", false: "true"}[before]
	case float64:
		if text == "" {
			text = map[bool]string{true: "3", false: "0.5"}[f.Placeholder == "N"]
		}
	default:
		if f.Choices != nil {
			text = f.Choices[slices.IndexFunc(f.Choices, func(name string) bool { return name != before })]
		}
	}
	before := f.Text(&run)
	if err := f.Set(&run, text); err != nil {
		t.Fatal(err)
	}
	if got := f.Text(&run); got != text || got == before {
		t.Errorf("%s: set to %q, got %q, by default %q", f.Name, text, got, before)
	}
	if err := f.Check(&run); err != nil {
		t.Errorf("%s: set to %q: %v", f.Name, text, err)
	}
	return run
}

// leaves returns the fields of a struct, those of embedded ones among them, by their names in
// JSON.
func leaves(of reflect.Type) map[string]reflect.StructField {
	found := make(map[string]reflect.StructField)
	for _, field := range reflect.VisibleFields(of) {
		if !field.Anonymous {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			found[name] = field
		}
	}
	return found
}

// TestFieldsAreComplete compares the table with the struct: a field that has no row, or that
// a row doesn't reach, fails.
func TestFieldsAreComplete(t *testing.T) {
	in := leaves(reflect.TypeFor[Run]())
	seen := make(map[string]bool)
	for _, f := range Fields() {
		if seen[f.Name] {
			t.Errorf("%s: two rows", f.Name)
		}
		seen[f.Name] = true
		field, ok := in[f.Name]
		if !ok {
			t.Errorf("%s: a row, but no field of Run has that name in JSON", f.Name)
			continue
		}
		base, run := Default(), changed(t, &f)
		for name, other := range in {
			same := reflect.DeepEqual(reflect.ValueOf(base).FieldByIndex(other.Index).Interface(), reflect.ValueOf(run).FieldByIndex(other.Index).Interface())
			if same == (name == f.Name) {
				t.Errorf("%s: its row changes %s: %v", f.Name, name, !same)
			}
		}
		_, isSwitch := reflect.Zero(field.Type).Interface().(bool)
		if f.Help == "" || isSwitch != (f.Placeholder == "") || !slices.Contains(Groups(), f.Group) {
			t.Errorf("%s: want a help, a placeholder unless it is a switch, and one of the groups: %q, %q, %q", f.Name, f.Help, f.Placeholder, f.Group)
		}
		for _, name := range f.Choices {
			if err := f.Set(&base, name); err != nil || f.Check(&base) != nil {
				t.Errorf("%s: %q is a choice, but refused", f.Name, name)
			}
		}
	}
	for name := range in {
		if !seen[name] {
			t.Errorf("%s: no row of Fields", name)
		}
	}
	effective := leaves(reflect.TypeFor[Effective]())
	for name := range in {
		if _, ok := effective[name]; !ok && name != "histogram-replica" {
			t.Errorf("%s: not in Effective", name)
		}
	}
}

// TestFieldsAgree changes one field after the other and compares what the table says of it
// with the run's folder's name, the key of its batch, its hyperparameters and its JSON.
func TestFieldsAgree(t *testing.T) {
	base := Default()
	for _, f := range Fields() {
		run := changed(t, &f)
		if got := run.FolderName() != base.FolderName(); got != f.InName() {
			t.Errorf("%s: in the folder's name: got %v, the table says %v", f.Name, got, f.InName())
		}
		want := f.has(beside) || f.Name == "learning-rate" // of sgd
		if got := run.BatchKey() == base.BatchKey(); got != want {
			t.Errorf("%s: the same batch: got %v, the table says %v", f.Name, got, want)
		}
		if got := !cmp.Equal(run.HParams(), base.HParams()); got != f.has(hyper) {
			t.Errorf("%s: a hyperparameter: got %v, the table says %v", f.Name, got, f.has(hyper))
		}
		if f.InName() && !f.OfModel() && f.Name != "run" {
			t.Errorf("%s: in the folder's name, but a preset keeps its own", f.Name)
		}
		text, err := json.Marshal(run)
		if err != nil {
			t.Fatal(err)
		}
		back := Default()
		if err := json.Unmarshal(text, &back); err != nil || !cmp.Equal(back, run) {
			t.Errorf("%s: JSON: %v, %s", f.Name, err, cmp.Diff(run, back))
		}
	}
}

// TestHParamsKeepTheirTypes: TensorBoard shows runs in one table, whose columns have a type.
func TestHParamsKeepTheirTypes(t *testing.T) {
	base := Default()
	for _, f := range Fields() {
		run := changed(t, &f)
		for i, want := range base.HParams() {
			got := run.HParams()[i]
			if got.Name != want.Name || reflect.TypeOf(got.Value) != reflect.TypeOf(want.Value) {
				t.Errorf("%s: got %s of type %T, want %s of %T", f.Name, got.Name, got.Value, want.Name, want.Value)
			}
		}
	}
}

// TestSetRefuses: a text that can't be read is refused with what the check of the same field
// wants, and changes nothing.
func TestSetRefuses(t *testing.T) {
	for _, c := range []struct{ field, text, want string }{
		{"epochs", "many", "an integer of at least 1"},
		{"repeats", "1.5", "an integer from 1 to 10000"},
		{"noise", "nan", "a number of at least 0"},
		{"learning-rate", "0", "a number above 0"},
		{"gradient-rows", "-1", "an integer of at least 0"},
		{"diagnose-freq", "-1", "auto or an integer of at least 0"},
		{"histogram-replica", "-1", "all or the number of a replica, from 0"},
		{"threads", "0", "auto or an integer from 1 to 1024"},
		{"seed", "-1", "an integer from 0 to 4294967295"},
		{"dropout", "0.1,x", "numbers of at least 0 and below 1"},
		{"layers", "5,0", "the widths of up to 1000 hidden layers, separated by commas, each from 1 to 1048576"},
		{"initial-weights", "", "a weights.json"},
		{"decision-columns", "x1", "the names of two inputs, such as x1,x2"},
		{"optimizer", "", "one of sgd, adam, rmsprop, adagrad, adamw, nadam, adamax, adadelta, ftrl, lion"},
		{"beta-1", "one", "auto or a number of at least 0 and below 1"},
		{"shuffle", "maybe", "true or false"},
	} {
		f, ok := LookupField(c.field)
		if !ok {
			t.Errorf("no field %s", c.field)
			continue
		}
		run := Default()
		var wrong *invalid.Error
		if err := f.Set(&run, c.text); !errors.As(err, &wrong) || *wrong != *invalid.New(c.field, c.text, c.want) {
			t.Errorf("%s %q: got %v, want %s", c.field, c.text, err, c.want)
		}
		if diff := cmp.Diff(Default(), run); diff != "" {
			t.Errorf("%s %q: changed %s", c.field, c.text, diff)
		}
	}
}
