package study

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/invalid"
)

func TestParseAxis(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"one value", "f=tanh", []string{"tanh"}},
		{"dashes before the flag", "--f=tanh", []string{"tanh"}},
		{"list", "f=tanh,relu", []string{"tanh", "relu"}},
		{"white space", "f= tanh , relu ", []string{"tanh", "relu"}},
		{"an equals sign in a value", "f=a=b.csv,c.csv", []string{"a=b.csv", "c.csv"}},
		{"values with commas", "f=8,8,4;16,16", []string{"8,8,4", "16,16"}},
		{"one value with commas", "f=8,8,4;", []string{"8,8,4"}},
		{"names with numbers", "f=uniform:0,1;he_uniform", []string{"uniform:0,1", "he_uniform"}},
		{"device", "f=gpu:1,cpu", []string{"gpu:1", "cpu"}},
		{"file with a colon", "f=1:points.csv", []string{"1:points.csv"}},
		{"a name that begins with x", "f=x:1", []string{"x:1"}},
		{"number as it was given", "f=1e-4,0.10", []string{"1e-4", "0.10"}},
		{"range", "f=1:4", []string{"1", "2", "3", "4"}},
		{"range of one", "f=3:3", []string{"3"}},
		{"negative range", "f=-1:1", []string{"-1", "0", "1"}},
		{"downward", "f=3:1", []string{"3", "2", "1"}},
		{"downward by a step", "f=30:5:-10", []string{"30", "20", "10"}},
		{"steps", "f=5:20:5", []string{"5", "10", "15", "20"}},
		{"steps beyond the end", "f=5:19:5", []string{"5", "10", "15"}},
		{"decimal steps", "f=0.1:0.5:0.1", []string{"0.1", "0.2", "0.3", "0.4", "0.5"}},
		{"decimal steps through 0", "f=-.5:0.50:.25", []string{"-0.5", "-0.25", "0", "0.25", "0.5"}},
		{"tiny steps", "f=1e-7:3e-7:1e-7", []string{"0.0000001", "0.0000002", "0.0000003"}},
		{"beyond float64's integers", "f=9007199254740992:9007199254740993", []string{"9007199254740992", "9007199254740993"}},
		{"factor", "f=0.0001:0.1:x10", []string{"0.0001", "0.001", "0.01", "0.1"}},
		{"factor for integers", "f=1:1000000:x100", []string{"1", "100", "10000", "1000000"}},
		{"factor beyond the end", "f=1:7:x2", []string{"1", "2", "4"}},
		{"factor below 1", "f=1:0.01:x0.1", []string{"1", "0.1", "0.01"}},
		{"factor that rounding shows", "f=0.3:3:x1.7", []string{"0.3", "0.51", "0.867", "1.4739", "2.50563"}},
		{"factor that is no decimal", "f=1:2:x1.189207115", []string{"1", "1.189207115", "1.41421356237", "1.6817928305", "1.99999999998"}},
		{"ranges in a list", "f=1:3,10,20:40:20", []string{"1", "2", "3", "10", "20", "40"}},
		{"ranges beside commas", "f=1:2;8,8", []string{"1", "2", "8,8"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			axis, err := ParseAxis(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Axis{"f", test.want}, axis); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.text, diff)
			}
			again, err := ParseAxis(axis.String())
			if err != nil || !cmp.Equal(again, axis) {
				t.Errorf("from %s: got %v, %v back", axis, again, err)
			}
		})
	}
}

func TestParseAxisErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "FLAG=VALUES, with values such as"},
		{"no equals sign", "hidden-layers", "FLAG=VALUES, with values such as"},
		{"no flag", "=1:10", "FLAG=VALUES, with values such as"},
		{"a flag in capitals", "Units=1", "FLAG=VALUES, with values such as"},
		{"no value", "units=", "FLAG=VALUES, with values such as"},
		{"white space for a value", "units=  ", "FLAG=VALUES, with values such as"},
		{"a semicolon alone", "units=;", "a value before and after each comma or semicolon"},
		{"two commas", "units=1,,2", "a value before and after each comma or semicolon"},
		{"comma at the end", "units=1,2,", "a value before and after each comma or semicolon"},
		{"two values alike", "units=1:5,3", "each value once, not 3 twice"},
		{"two numbers alike", "noise=0.1,1e-1", "each value once, not 1e-1 twice"},
		{"two names alike", "activation=relu,relu", "each value once, not relu twice"},
		{"step 0", "units=1:10:0", "a step other than 0, or a factor such as x10, at the end of 1:10:0"},
		{"no step", "units=1:10:", "a step other than 0, or a factor such as x10, at the end of 1:10:"},
		{"wrong way up", "units=1:10:-1", "a step that leads from the first to the last number of 1:10:-1"},
		{"wrong way down", "units=10:1:2", "a step that leads from the first to the last number of 10:1:2"},
		{"decimals without a step", "noise=0.1:0.5", "a step after 0.1:0.5, such as 0.1:0.5:0.1"},
		{"no last number", "units=1:", "FIRST:LAST, FIRST:LAST:STEP or FIRST:LAST:xFACTOR, not 1:"},
		{"four numbers", "units=1:2:3:4", "FIRST:LAST, FIRST:LAST:STEP or FIRST:LAST:xFACTOR, not 1:2:3:4"},
		{"factor 1", "units=1:10:x1", "a factor above 0 other than 1 at the end of 1:10:x1"},
		{"factor 0", "units=1:10:x0", "a step other than 0, or a factor such as x10, at the end of 1:10:x0"},
		{"negative factor", "units=1:10:x-2", "a factor above 0 other than 1 at the end of 1:10:x-2"},
		{"factor from 0", "units=0:10:x2", "numbers above 0 at both ends of 0:10:x2"},
		{"factor to 0", "units=1:0:x0.1", "numbers above 0 at both ends of 1:0:x0.1"},
		{"factor the wrong way", "units=10:1:x2", "a factor that leads from the first to the last number of 10:1:x2"},
		{"too long a range", "units=1:10001", "at most 10000 values"},
		{"too long by far", "units=1:1e99", "at most 10000 values"},
		{"too fine a step", "units=0:1:1e-99", "at most 10000 values"},
		{"too fine a factor", "units=1:2:x1.00001", "at most 10000 values"},
		{"too long together", "units=1:9999,10000,10001", "at most 10000 values"},
		{"control character", "dataset=a\x00b", "values without control characters"},
		{"broken text", "dataset=a\xff", "values without control characters"},
	} {
		t.Run(test.name, func(t *testing.T) {
			axis, err := ParseAxis(test.text)
			var field *invalid.Error
			if !errors.As(err, &field) {
				t.Fatalf("%s: got %v, %v, want a *invalid.Error", test.text, axis, err)
			}
			if field.Field != "vary" || field.Value != test.text || !strings.HasPrefix(field.Want, test.want) {
				t.Errorf("got %+v, want %s", field, test.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
		})
	}
}

func TestMostValues(t *testing.T) {
	axis, err := ParseAxis("seed=1:10000")
	if err != nil || len(axis.Values) != 10_000 || axis.Values[9999] != "10000" {
		t.Errorf("got %d values, %v", len(axis.Values), err)
	}
}

func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		values []string
		want   []float64
		ok     bool
	}{
		{[]string{"1", "1e-4", "-.5"}, []float64{1, 1e-4, -0.5}, true},
		{[]string{"1", "relu"}, nil, false},
		{[]string{"1", "NaN"}, nil, false},
		{[]string{"1", "8,8"}, nil, false},
		{[]string{"1e999"}, nil, false},
	} {
		got, ok := Axis{"f", test.values}.Numbers()
		if ok != test.ok || !cmp.Equal(got, test.want) {
			t.Errorf("%v: got %v, %v, want %v, %v", test.values, got, ok, test.want, test.ok)
		}
	}
}

// FuzzParseAxis checks that no text makes the parser panic, and that what it
// reads is a list of values that it reads again.
func FuzzParseAxis(f *testing.F) {
	for _, text := range []string{"a=1:10", "a=0.1:0.5:0.1", "a=1:100:x10", "a=8,8;4", "a=uniform:0,1", "a=-1e3:1e99:x", "=", "a=;"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		axis, err := ParseAxis(text)
		if err != nil {
			var field *invalid.Error
			if !errors.As(err, &field) || field.Value != text {
				t.Errorf("%q: got %v", text, err)
			}
			return
		}
		if n := len(axis.Values); n < 1 || n > maxValues {
			t.Errorf("%q: got %d values", text, n)
		}
		if _, err := Grid([]Axis{axis}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func ExampleParseAxis() {
	for _, text := range []string{"hidden-layers=1:5,10", "learning-rate=0.0001:0.1:x10", "layers=8,8,4;16,16", "units=5:1:1"} {
		axis, err := ParseAxis(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s %q\n", axis.Flag, axis.Values)
	}
	// Output:
	// hidden-layers ["1" "2" "3" "4" "5" "10"]
	// learning-rate ["0.0001" "0.001" "0.01" "0.1"]
	// layers ["8,8,4" "16,16"]
	// vary "units=5:1:1": want a step that leads from the first to the last number of 5:1:1
}
