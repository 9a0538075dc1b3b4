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
