package invalid

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// TestError: the one line that users read, of each form that an error has.
func TestError(t *testing.T) {
	for _, c := range []struct {
		err  *Error
		want string
	}{
		{New("epochs", "0", "an integer of at least 1"), `epochs "0": want an integer of at least 1`},
		{&Error{Field: "out", Value: "model", Problem: "is there already", Want: "a new folder"}, `out "model": is there already: want a new folder`},
		{
			&Error{Field: "scale", Value: "minmax", Column: "x1", Problem: "values from 0 to 1e308 are too far apart to scale"},
			`scale "minmax": column "x1": values from 0 to 1e308 are too far apart to scale`,
		},
		{&Error{File: "a.csv", Line: 3, Column: "x1", Value: "", Want: "a value"}, `a.csv:3: column "x1": "": want a value`},
		{&Error{File: "a.csv", Column: "y", Problem: "1 class (0)", Want: "2 to 1000"}, `a.csv: column "y": 1 class (0): want 2 to 1000`},
		{&Error{File: "a.csv", Line: 2, Want: "numbers separated by commas"}, "a.csv:2: want numbers separated by commas"},
		{&Error{File: "a.csv", Line: 2, Problem: `bare " in non-quoted-field`}, `a.csv:2: bare " in non-quoted-field`},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

// TestCopies: what adds a place to an error leaves the error that it was given as it is.
func TestCopies(t *testing.T) {
	given := Want("a number of at least %d", 3)
	var of, at *Error
	if err := Of(fmt.Errorf("read: %w", given), "patience", "2"); !errors.As(err, &of) || *of != *New("patience", "2", "a number of at least 3") {
		t.Errorf("got %v, want the field and its value", err)
	}
	if err := At(given, "a.csv", 7); !errors.As(err, &at) || *at != (Error{File: "a.csv", Line: 7, Want: "a number of at least 3"}) {
		t.Errorf("got %v, want the file and its line", err)
	}
	if *given != (Error{Want: "a number of at least 3"}) {
		t.Errorf("got %+v of the given error, want it unchanged", given)
	}
	if err := Of(At(fs.ErrExist, "a.csv", 1), "out", "x"); err != fs.ErrExist { //nolint:errorlint // the same error, not one that wraps it
		t.Errorf("got %v, want another error as it is", err)
	}
	if Of(nil, "out", "x") != nil || At(nil, "a.csv", 1) != nil {
		t.Error("got an error of none")
	}
}

// TestJSON: an error is the same on the other side of the engine's pipe.
func TestJSON(t *testing.T) {
	want := Error{Field: "a", Value: "b", File: "c", Line: 4, Column: "d", Problem: "e", Want: "f"}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Error
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
