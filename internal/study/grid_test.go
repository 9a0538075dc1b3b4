package study

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/invalid"
)

func mustParse(tb testing.TB, texts ...string) []Axis {
	tb.Helper()
	axes := make([]Axis, len(texts))
	for i, text := range texts {
		axis, err := ParseAxis(text)
		if err != nil {
			tb.Fatal(err)
		}
		axes[i] = axis
	}
	return axes
}

func mustGrid(tb testing.TB, texts ...string) []Configuration {
	tb.Helper()
	grid, err := Grid(mustParse(tb, texts...))
	if err != nil {
		tb.Fatal(err)
	}
	return grid
}

func TestGrid(t *testing.T) {
	got := mustGrid(t, "hidden-layers=1:3", "activation=tanh,relu")
	var want []Configuration
	for i, layers := range []string{"1", "2", "3"} {
		for j, activation := range []string{"tanh", "relu"} {
			want = append(want, Configuration{2*i + j, []Setting{{"hidden-layers", layers}, {"activation", activation}}})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := got[3].String(); text != "--hidden-layers 2 --activation relu" {
		t.Errorf("got %s", text)
	}
	if base := mustGrid(t); len(base) != 1 || base[0].Name() != "base" {
		t.Errorf("without axes: got %v", base)
	}
	if most := mustGrid(t, "seed=1:1000", "units=1:100"); len(most) != MaxConfigurations {
		t.Errorf("got %d configurations", len(most))
	}
}

func TestGridErrors(t *testing.T) {
	many := make([]Axis, 30) // 10^30 configurations: more than an integer holds
	for i := range many {
		many[i] = Axis{fmt.Sprintf("f%d", i), strings.Split("0123456789", "")}
	}
	for _, test := range []struct {
		name string
		axes []Axis
		want string
	}{
		{"a flag twice", mustParse(t, "units=1:2", "units=5"), `vary "units=5": want all values of units in one list`},
		{"no values", []Axis{{"units", nil}}, `vary "units=": want FLAG=VALUES, with`},
		{"a value twice", []Axis{{"units", []string{"1", "01"}}}, `vary "units=1,01": want each value once, not 01 twice`},
		{"too many", mustParse(t, "seed=1:1000", "units=1:101"), `vary "seed,units": want at most 100000 configurations, not 101000`},
		{"far too many", many, `want at most 100000 configurations, not 1000000000000000000000000000000`},
	} {
		t.Run(test.name, func(t *testing.T) {
			grid, err := Grid(test.axes)
			var field *invalid.Error
			if !errors.As(err, &field) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %d configurations, %v, want %s", len(grid), err, test.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("very-", 40) + "long.csv"
	for _, test := range []struct {
		name     string
		settings []Setting
		want     string // a regular expression
	}{
		{"plain", []Setting{{"hidden-layers", "3"}, {"activation", "tanh"}}, `hidden-layers=3,activation=tanh`},
		{"number", []Setting{{"noise", "-1.5e+3"}}, `noise=-1.5e\+3`},
		{"list", []Setting{{"layers", "8,8,4"}}, `layers=8,8,4`},
		{"colon", []Setting{{"kernel-initializer", "uniform:0,1"}}, `kernel-initializer=uniform@0,1`},
		{"file", []Setting{{"dataset", "../a b/c.csv"}}, `dataset=\.\.-a-b-c\.csv~[0-9a-f]{12}`},
		{"capitals", []Setting{{"dataset", "A.csv"}}, `dataset=A\.csv~[0-9a-f]{12}`},
		{"letters beyond ASCII", []Setting{{"dataset", "é\x00\xff"}}, `dataset=---~[0-9a-f]{12}`},
		{"equals sign", []Setting{{"dataset", "1,b=2"}}, `dataset=1,b-2~[0-9a-f]{12}`},
		{"digest's sign", []Setting{{"dataset", "~a"}}, `dataset=-a~[0-9a-f]{12}`},
		{"long", []Setting{{"dataset", long}}, `dataset=very-.{94}~[0-9a-f]{12}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Configuration{Settings: test.settings}.Name()
			if !regexp.MustCompile("^" + test.want + "$").MatchString(got) {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if len(got) > maxName {
				t.Errorf("%d bytes: want at most %d", len(got), maxName)
			}
		})
	}
}

// TestNamesDiffer gives values that are alike once they are made safe; the names
// must differ even where capitals count as small letters.
func TestNamesDiffer(t *testing.T) {
	long := strings.Repeat("a", 200)
	values := []string{
		"1", "1,b=1", "a/b", "a-b", "a\\b", "a:b", "a@b", "A-b", "x.csv", "X.csv", "é", "è", long + "1", long + "2", "a~b", "1,b-1", "",
	}
	grid, err := Grid([]Axis{{"a", values}, {"b", []string{"1", "1,b=1", "2/", "2-"}}})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]Configuration)
	for _, c := range grid {
		name := strings.ToLower(c.Name())
		if other, ok := seen[name]; ok {
			t.Errorf("%v and %v are both %s", c, other, name)
		}
		seen[name] = c
	}
}

func TestDefaultName(t *testing.T) {
	for _, test := range []struct {
		name string
		axes []Axis
		want string
	}{
		{"none", nil, "study"},
		{"two", mustParse(t, "hidden-layers=1:10", "activation=tanh,relu"), "study-hidden-layers-activation"},
		{"long", []Axis{{strings.Repeat("a", 100), nil}}, "study-" + strings.Repeat("a", 74)},
	} {
		if got := DefaultName(test.axes); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func ExampleGrid() {
	layers, _ := ParseAxis("hidden-layers=1:2")
	activations, _ := ParseAxis("activation=tanh,relu")
	grid, err := Grid([]Axis{layers, activations})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, configuration := range grid {
		fmt.Println(configuration.Index, configuration.Name())
	}
	// Output:
	// 0 hidden-layers=1,activation=tanh
	// 1 hidden-layers=1,activation=relu
	// 2 hidden-layers=2,activation=tanh
	// 3 hidden-layers=2,activation=relu
}
