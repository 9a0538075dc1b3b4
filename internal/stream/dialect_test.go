package stream_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"

	"gradwatch/internal/dataset"
)

// TestDialects: the rows of a cache are the same, however their file is written, and in a
// pattern of files that are written in different ways.
func TestDialects(t *testing.T) {
	folder, caches := t.TempDir(), t.TempDir()
	text := rowsText(5_000, 7) + "  0.5, 1 ,2,1\n"
	wide, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	comma := strings.NewReplacer(",", ";", ".", ",").Replace(text)
	usual := dataset.Dialect{Separator: "comma", Decimal: "point", Encoding: "utf-8"}
	files := []struct {
		name, text string
		want       dataset.Dialect
	}{
		{"usual", text, usual},
		{"tab", strings.ReplaceAll(text, ",", "\t"), dataset.Dialect{Separator: "tab", Decimal: "point", Encoding: "utf-8"}},
		{"decimal-comma", comma, dataset.Dialect{Separator: "semicolon", Decimal: "comma", Encoding: "utf-8"}},
		{"grouped", strings.Replace(comma, "0,5; 1 ;2;1", "0,5;1;2;1\n1.234,5;1;2;0", 1), dataset.Dialect{Separator: "semicolon", Decimal: "comma", Encoding: "utf-8"}},
		{"cr", strings.ReplaceAll(text, "\n", "\r"), usual},
		{"crlf", strings.ReplaceAll(text, "\n", "\r\n"), usual},
		{"wide", wide, dataset.Dialect{Separator: "comma", Decimal: "point", Encoding: "utf-16be"}},
	}
	var want [][]float32
	for _, file := range files {
		path := filepath.Join(folder, "part-"+file.name+".csv")
		write(t, path, file.text)
		c, _ := open(t, path, caches)
		rows := allRows(t, c)
		if want == nil {
			want = rows
		}
		if file.name == "grouped" {
			if last := rows[len(rows)-1]; last[0] != 1234.5 {
				t.Errorf("%s: got %v as the last row, want 1234.5 first", file.name, last)
			}
			rows = rows[:len(rows)-1]
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s (-want +got):\n%.300s", file.name, diff)
		}
		if got := *c.Dialect(); got != file.want {
			t.Errorf("%s: got %+v, want %+v", file.name, got, file.want)
		}
	}
	all, _ := open(t, filepath.Join(folder, "part-*.csv"), caches)
	if got, want := fmt.Sprint(all.Rows()), fmt.Sprint(len(files)*len(want)+1); got != want {
		t.Errorf("all files: got %s rows, want %s", got, want)
	}
}
