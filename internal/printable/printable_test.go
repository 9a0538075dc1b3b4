package printable

import "testing"

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "",
		"iris setosa, é 字": "iris setosa, é 字",
		"a\x1b[31m\a\x00b": `a\x1b[31m\a\x00b`,
		"a\nb\tc\r":        `a\nb\tc\r`,
		"a\u202eb\u2066":   `a\u202eb\u2066`,
		"a\u009bb\ufeff":   `a\u009bb\ufeff`,
		"a\x9bb":           "a\uFFFDb",
		`a'b"c\`:           `a'b"c\`,
	} {
		if got := Text(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		n    int
		noun string
		want string
	}{{0, "row", "0 rows"}, {1, "row", "1 row"}, {2, "row", "2 rows"}, {1, "class", "1 class"}, {3, "class", "3 classes"}} {
		if got := Count(c.n, c.noun); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
