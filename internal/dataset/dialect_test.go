package dataset_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"gradwatch/internal/dataset"
)

func encoded(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	out, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestOneTable reads one table, written in every way: the rows are the same, and what was
// recognized is what was written.
func TestOneTable(t *testing.T) {
	rows := [][]string{{"größe", "preis, netto", "art"}, {"1.5", "-2", "käse"}, {"0.25", "1e3", "brot"}, {"7", "12345.5", "käse"}}
	want := &dataset.Examples{Columns: rows[0][:2], X: []float64{1.5, -2, 0.25, 1000, 7, 12345.5}, Y: []float64{1, 0, 1}}
	for name, separator := range map[string]string{"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"} {
		for _, decimal := range []string{"point", "comma"} {
			for _, end := range []string{"\n", "\r\n", "\r"} {
				for encodingName, e := range map[string]encoding.Encoding{
					"utf-8": encoding.Nop, "windows-1252": charmap.Windows1252,
					"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
				} {
					var lines []string
					for i, row := range rows {
						row = slices.Clone(row)
						for k, field := range row {
							if i > 0 && decimal == "comma" {
								field = strings.ReplaceAll(field, ".", ",")
							}
							if strings.Contains(field, separator) {
								field = `"` + field + `"`
							}
							row[k] = field
						}
						lines = append(lines, strings.Join(row, separator))
					}
					text := encoded(t, e, strings.Join(lines, end)+end)
					records, err := dataset.NewRecords(strings.NewReader(text), "a.csv", dataset.Reading{})
					if err != nil {
						t.Errorf("%s, decimal %s, %q, %s: %v", name, decimal, end, encodingName, err)
						continue
					}
					if got, want := records.Dialect(), (dataset.Dialect{Separator: name, Decimal: decimal, Encoding: encodingName}); got != want {
						t.Errorf("%q: got %+v, want %+v", text, got, want)
					}
					got, err := dataset.ParseCSV(strings.NewReader(text), "a.csv")
					if err != nil {
						t.Errorf("%q: %v", text, err)
					} else if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%q (-want +got):\n%s", text, diff)
					}
				}
			}
		}
	}
}

// TestRecognizes has files in which a separator or a mark is also part of a text.
func TestRecognizes(t *testing.T) {
	for name, tt := range map[string]struct{ text, separator, decimal string }{
		"a semicolon in quotes":                  {"a,b,y\n\"x; y\",2.5,0\n\"z\",3,1\n", "comma", "point"},
		"semicolons in the text of each row":     {"a,text,y\n1,x; y,0\n2,z; w,1\n", "comma", ""},
		"as many semicolons as commas":           {"1,a;b,0\n2,c;d,1\n", "comma", ""},
		"a text column with commas":              {"a;text;y\n1;x, y;0\n2;z, w;1\n", "semicolon", ""},
		"commas in one text":                     {"text\ty\nx, y, z\t0\nw\t1\n", "tab", ""},
		"one comma in each text, no header":      {"Doe, J\tx\nRoe, K\ty\n", "tab", ""},
		"decimal commas, no header":              {"1,5;2,5;0\n2,5;3,25;1\n", "semicolon", "comma"},
		"decimal commas in quotes":               {"a,b,y\n\"1,5\",2,0\n\"2,75\",3,1\n", "comma", "comma"},
		"decimal commas and a tab":               {"1,5\t2\t0\n2,5\t3\t1\n", "tab", "comma"},
		"decimal commas with groups":             {"a;y\n1.234,5;0\n999;1\n", "semicolon", "comma"},
		"groups by commas":                       {"a,y\n\"1,234.5\",0\n999,1\n", "comma", "point"},
		"groups by commas, twice":                {"a,y\n\"1,234,567\",0\n999,1\n", "comma", "point"},
		"either a group or a decimal comma":      {"a,y\n\"1,234\",0\n\"2,345\",1\n", "comma", ""},
		"a group by what another column shows":   {"a,b,y\n\"1,234\",0.5,0\n\"2,345\",0.25,1\n", "comma", "point"},
		"a decimal comma after 0":                {"a;y\n0,125;0\n0,250;1\n", "semicolon", "comma"},
		"lists of numbers in another column":     {"a,list,y\n0.5,\"1,2\",0\n0.25,\"3,45\",1\n", "comma", "point"},
		"a missing number":                       {"a;y\n1,5;0\n;1\nNA;0\n", "semicolon", "comma"},
		"whole numbers":                          {"a|y\n1|0\n2|1\n", "bar", ""},
		"a bar in the text":                      {"a,y\nx|y,0\nz|w,1\n", "comma", ""},
		"empty fields by tabs":                   {"a\tb\ty\n1\t\t0\n\t2\t1\n", "tab", ""},
		"a wrong row":                            {"a;b;y\n1,5;2;0\n3;1\n2,5;2;1\n1,5;3;0\n", "semicolon", "comma"},
		"a stray quote":                          {"a;b;y\n1;2;0\n1;2;1\n1;2\"x;0\n", "semicolon", ""},
		"a quoted line end":                      {"\"a\nb\";y\n1;0\n2;1\n", "semicolon", ""},
		"one column":                             {"a\n1\n2\n", "comma", ""},
		"times and dates":                        {"t;y\n2020-01-02 10:30;0\n2020-01-03 11:30;1\n", "semicolon", ""},
		"percent of an apostrophe in words":      {"a;b\nit's;0\ndon't;1\n", "semicolon", ""},
		"a date with points, and decimal commas": {"d;x;y\n31.12.2020;1,5;0\n01.02.2021;2,5;1\n", "semicolon", "comma"},
	} {
		records, err := dataset.NewRecords(strings.NewReader(tt.text), "a.csv", dataset.Reading{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := records.Dialect(); d.Separator != tt.separator || d.Decimal != tt.decimal {
			t.Errorf("%s: got %+v, want %s and decimal %q", name, d, tt.separator, tt.decimal)
		}
	}
}

// TestRecognizesInLongFiles: what shows the encoding, or ends a quote, may stand behind the
// text that is read in advance.
func TestRecognizesInLongFiles(t *testing.T) {
	var text strings.Builder
	text.WriteString("a;b;word\n")
	for i := range 20_000 {
		fmt.Fprintf(&text, "%d,5;%d;w%d\n", i, i%7, i%2)
	}
	plain := text.String()
	for name, tt := range map[string]struct{ text, encoding string }{
		"ASCII":              {plain, "utf-8"},
		"UTF-8 at the end":   {plain + "1,5;2;ñ\n", "utf-8"},
		"Latin-1 at the end": {plain + encoded(t, charmap.ISO8859_1, "1,5;2;ñ\n"), "windows-1252"},
		"UTF-16":             {encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), plain+"1,5;2;ñ\n"), "utf-16le"},
		"a long quote":       {plain + "1,5;2;\"" + strings.Repeat("x\n", 100_000) + "\"\n", "utf-8"},
	} {
		s := dataset.DefaultSource()
		s.Dataset = write(t, "a.csv", tt.text)
		s.Test = s.Dataset
		set, err := dataset.Open(&s)
		if err != nil {
			t.Errorf("%s: %.200s", name, err)
			continue
		}
		want := dataset.Dialect{Separator: "semicolon", Decimal: "comma", Encoding: tt.encoding}
		if got := *set.Schema.Dialect; got != want || set.Examples.X[0] != 0.5 && set.Examples.X[0] != 1.5 {
			t.Errorf("%s: got %+v and first %g, want %+v", name, got, set.Examples.X[0], want)
		}
		if name == "Latin-1 at the end" || name == "UTF-16" {
			if !slices.Contains(set.Schema.Target.Classes, "ñ") {
				t.Errorf("%s: got classes %q, want one ñ", name, set.Schema.Target.Classes)
			}
		}
	}
}

// TestRefusesWhatIsNotClear: a choice that the file does not show is asked for, in one line.
func TestRefusesWhatIsNotClear(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		set        func(*dataset.Source)
	}{
		{"x;y,z;w\nu;v,p;q\n", "FILE: the separator is not clear: columns: 2 by comma, 3 by semicolon: want --separator comma, semicolon, tab, bar", nil},
		{"a,y\n\"1,234\",0\n\"2,345\",1\n", `FILE:2: column "a": "1,234": want a finite number: --decimal point for 1234, --decimal comma for 1.234`, nil},
		{"a;y\n1;0\n1,5;1\n1.5;1\n", `FILE:3: column "a": "1,5": want a finite number: --decimal comma for 1.5`, nil},
		{"a,y\n1,0\n12%,1\n", `FILE:3: column "a": "12%": want a finite number, without a sign for percent or a currency`, nil},
		{"a,y\n1,0\n€ 5.50,1\n", `FILE:3: column "a": "€ 5.50": want a finite number, without a sign for percent or a currency`, nil},
		{"a,y\n1,0\n0x1f,1\n", `FILE:3: column "a": "0x1f": want a finite number, or --one-hot for a column of words`, nil},
		{"The data of 2020\n\na,b,y\n1,2,0\n3,4,1\n", "FILE:1: 1 field, and from line 3 on 3: want no title or comments before the table, as made by: tail -n +3 FILE", nil},
		{"# made by hand\n# twice\na;b;y\n1;2;0\n3;4;1\n", "FILE:1: 1 field, and from line 3 on 3: want no title or comments before the table, as made by: tail -n +3 FILE", nil},
		{"a,b,y\n1,2,0\n# end\n3,4,1\n", "FILE:3: a comment: want rows only", nil},
		{"when,y\n2020-01-02,0\n2020-01-03,1\n", `FILE:2: column "when": "2020-01-02": want a finite number: --date when for days since 1970-01-01, or --ignore when to leave the column out`, nil},
		{"a b,y\n3/4/2020,0\n5/6/2020,1\n", `FILE:2: column "a b": "3/4/2020": want --date-order dmy or mdy: no date of the column shows whether the day or the month is first`, func(s *dataset.Source) { s.Date = "a b" }},
		{"d,y\n13/4/2020,0\n5/16/2020,1\n", `FILE:3: column "d": "5/16/2020": want day and month in one order in all rows`, func(s *dataset.Source) { s.Date = "d" }},
		{"d,y\n13/4/2020,0\n5/6/2020,1\n", `FILE:2: column "d": "13/4/2020": want a date with the month first, or --date-order dmy`, func(s *dataset.Source) { s.Date, s.DateOrder = "d", "mdy" }},
		{"d,y\n2020-02-30,0\n", `FILE:2: column "d": "2020-02-30": want a date such as 2020-12-31, 2020-12-31 23:59:59, 31.12.2020, 31/12/2020, 12/31/2020 or 31 Dec 2020`, func(s *dataset.Source) { s.Date = "1" }},
		{"d,y\n2020-02-03,0\n", `date "y": want input columns: neither the target nor one that --ignore leaves out`, func(s *dataset.Source) { s.Date = "y" }},
		{"d,y\n2020-02-03,0\n", `date "day": want names of columns, such as d, y, or their numbers, from 1 to 2`, func(s *dataset.Source) { s.Date = "day" }},
		{"a,y\nyes,0\nno,1\n3,1\n", `FILE:4: column "a": "3": want yes or no, true or false, t or f, y or n, as in the rows before, or --one-hot for a column of words`, nil},
		{"a,y\n1,0\nno,1\n", `FILE:3: column "a": "no": want a finite number, or --one-hot for a column of words`, nil},
		{"a,y\nf,0\nm,1\n", `FILE:3: column "a": "m": want a finite number, or --one-hot for a column of words`, func(s *dataset.Source) { s.Header = "yes" }},
	} {
		s := dataset.DefaultSource()
		s.Dataset = write(t, "a.csv", tt.text)
		if tt.set != nil {
			tt.set(&s)
		}
		_, err := dataset.Open(&s)
		if got, want := fmt.Sprint(err), strings.ReplaceAll(tt.want, "FILE", s.Dataset); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", tt.text, got, want)
		}
	}
}

// TestChoices: what is asked for is done, whatever the file shows.
func TestChoices(t *testing.T) {
	for _, tt := range []struct {
		text string
		set  func(*dataset.Source)
		want []float64
	}{
		{"x,1;0\ny,2;1\n", func(s *dataset.Source) { s.Separator, s.Decimal, s.OneHot = "comma", "", "x1" }, nil},
		{"1,5;0\n2,5;1\n", func(s *dataset.Source) { s.Separator = "semicolon" }, []float64{1.5, 2.5}},
		{"a,y\n\"1,234\",0\n\"2,345\",1\n", func(s *dataset.Source) { s.Decimal = "point" }, []float64{1234, 2345}},
		{"a,y\n\"1,234\",0\n\"2,345\",1\n", func(s *dataset.Source) { s.Decimal = "comma" }, []float64{1.234, 2.345}},
		{"a;y\n1.234;0\n2.345;1\n", func(s *dataset.Source) { s.Decimal = "comma" }, []float64{1234, 2345}},
		{"a;y\n1.234;0\n2.345;1\n", nil, []float64{1.234, 2.345}},
		{"a,y\n +5 ,0\n1e3,1\n", nil, []float64{5, 1000}},
		{"a,y\nYes,0\nFALSE,1\nt,0\nn,1\n", nil, []float64{1, 0, 1, 0}},
		{"a,y\n-,0\n2,1\nn/a,0\n4,1\n-999.0,1\n", func(s *dataset.Source) { s.MissingValues, s.Missing = "N/A,-,-999", "mean" }, []float64{3, 2, 3, 4, 3}},
		{"a,y\n-,0\n2,1\n4,0\n", func(s *dataset.Source) { s.MissingValues, s.Missing = "-", "drop" }, []float64{2, 4}},
		{"d,y\n1970-01-02,0\n1969-12-31T12:00,1\n1970-01-01 00:00:00+01:00,0\n", func(s *dataset.Source) { s.Date = "d" }, []float64{1, -0.5, -1. / 24}},
		{"d,y\n3/4/1970,0\n13/4/1970,1\n", func(s *dataset.Source) { s.Date = "d" }, []float64{92, 102}},
		{"d,y\n3/4/1970,0\n4/13/1970,1\n", func(s *dataset.Source) { s.Date = "d" }, []float64{62, 102}},
		{"d,y\n3/4/1970,0\n,1\n4/13/1970,1\n", func(s *dataset.Source) { s.Date, s.Missing = "d", "drop" }, []float64{62, 102}},
		{"d,y\n3/4/1970,0\n,1\n4/13/1970,1\n", func(s *dataset.Source) { s.Date, s.Missing = "d", "mean" }, []float64{62, 82, 102}},
		{"d,y\n3/4/1970,0\n5/4/1970,1\n", func(s *dataset.Source) { s.Date, s.DateOrder = "d", "mdy" }, []float64{62, 123}},
		{"d,y\n5-Jan-1970,0\n\"January 6, 1970\",1\n07.01.1970,0\n19700109,1\n1970/1/2 1:30 PM,1\n", func(s *dataset.Source) { s.Date = "d" }, []float64{4, 5, 6, 8, 1.5625}},
		{"id,d,y\n7,1970-01-02,0\n8,1970-01-03,1\n", func(s *dataset.Source) { s.Date, s.Ignore = "2", "1" }, []float64{1, 2}},
	} {
		s := dataset.DefaultSource()
		s.Dataset, s.Test = write(t, "a.csv", tt.text), ""
		s.TestFraction = 0.01
		if tt.set != nil {
			tt.set(&s)
		}
		s.Test = s.Dataset
		set, err := dataset.Open(&s)
		if err != nil {
			if tt.want != nil {
				t.Errorf("%q: %v", tt.text, err)
			}
			continue
		}
		if got := set.Examples.X[:set.Train*set.Examples.Features()]; tt.want != nil && !cmp.Equal(got, tt.want, cmp.Comparer(near)) {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.want)
		}
		if got := set.Examples.X[set.Train*set.Examples.Features():]; tt.want != nil && !cmp.Equal(got, tt.want, cmp.Comparer(near)) {
			t.Errorf("%q: as a second file: got %v, want %v", tt.text, got, tt.want)
		}
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// TestOtherFiles: a file that is no CSV is called by its kind, with a command.
func TestOtherFiles(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("PAR1....")); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"it's.xlsx":    {"PK\x03\x04....[Content_Types].xml....xl/workbook.xml", "an Excel workbook: want a CSV file, as made by: python3 -c 'import pandas, sys; pandas.read_excel(sys.argv[1]).to_csv(sys.argv[2], index=False)' 'FOLDER/it'\\''s.xlsx' 'it'\\''s.csv'"},
		"a.ods":        {"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "an OpenDocument spreadsheet: want a CSV file, as made by: python3 -c 'import pandas, sys; pandas.read_excel(sys.argv[1]).to_csv(sys.argv[2], index=False)' FOLDER/a.ods a.csv"},
		"a.zip":        {"PK\x03\x04....a.csv", "a zip archive: want a CSV file, as made by: unzip -p FOLDER/a.zip > a.csv"},
		"a.csv":        {"PAR1....", "a Parquet file: want a CSV file, as made by: python3 -c 'import pandas, sys; pandas.read_parquet(sys.argv[1]).to_csv(sys.argv[2], index=False)' FOLDER/a.csv table.csv"},
		"b.parquet.gz": {packed.String(), "a Parquet file: want a CSV file"},
		"a.json":       {"[\n {\"a\": 1}]", "a JSON file: want a CSV file, as made by: python3 -c 'import pandas, sys; pandas.read_json(sys.argv[1]).to_csv(sys.argv[2], index=False)' FOLDER/a.json a.csv"},
		"a.jsonl":      {"{\"a\": 1}\n{\"a\": 2}\n", "a file of JSON lines: want a CSV file, as made by: python3 -c 'import pandas, sys; pandas.read_json(sys.argv[1], lines=True).to_csv(sys.argv[2], index=False)' FOLDER/a.jsonl a.csv"},
		"a.html":       {"\n<!DOCTYPE HTML><table>", "an HTML page: want a CSV file, as made by: python3 -c 'import pandas, sys; pandas.read_html(sys.argv[1])[0].to_csv(sys.argv[2], index=False)' FOLDER/a.html a.csv"},
		"a.pdf":        {"%PDF-1.7", "a PDF file: want a CSV file"},
	} {
		s := dataset.DefaultSource()
		s.Dataset = write(t, name, tt.text)
		_, err := dataset.Open(&s)
		folder := filepath.Dir(s.Dataset)
		if got, want := fmt.Sprint(err), s.Dataset+": "+strings.ReplaceAll(tt.want, "FOLDER", folder); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestPredictsFromAnotherDialect: rows of a file that is written in another way are read as
// what they are, and what that file does not show is taken from the training file.
func TestPredictsFromAnotherDialect(t *testing.T) {
	s := dataset.DefaultSource()
	s.Dataset = write(t, "a.csv", "id;größe;am;member;y\n1;1,5;13/4/1970;yes;0\n2;2.500,5;3/4/1970;no;1\n")
	s.Date, s.Ignore, s.Test, s.Scale = "am", "id", s.Dataset, "none"
	set, err := dataset.Open(&s)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, want string }{
		{"am\tgröße\tmember\n3/4/1970\t1.25\tTrue\n", "[1.25 92 1] <nil>"},
		{encoded(t, charmap.Windows1252, "id;größe;am;member\n7;1.234;4/4/1970;n\n"), "[1234 93 0] <nil>"}, // a decimal comma, as in training
		{"am,größe,member\n5/13/1970,1.25,no\n", `[] p.csv:2: column "am": "5/13/1970": want a date such as 2020-12-31, 2020-12-31 23:59:59, 31.12.2020, 31/12/2020, 12/31/2020 or 31 Dec 2020, with the day before the month`},
		{"am,größe,member\n5/3/1970,1.25,0\n", `[] p.csv:2: column "member": "0": want yes or no, true or false, t or f, y or n`},
	} {
		records, err := dataset.NewRecords(strings.NewReader(tt.text), "p.csv", dataset.Reading{Like: set.Schema.Dialect})
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		e, err := set.Schema.Encoder(records)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		fields, err := records.Next()
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		row := make([]float32, 3)
		if err = records.Wrap(e.Row(fields, row)); err != nil {
			row = nil
		}
		if got := fmt.Sprint(row, err); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.text, got, tt.want)
		}
	}
	want := []string{"separator semicolon, decimal comma", `column "am": dates as days since 1970-01-01, dmy`, `column "member": yes as 1, no as 0 (or true and false)`}
	if got := set.Schema.Recognized(); !slices.Equal(got, want) {
		t.Errorf("recognized: got %q, want %q", got, want)
	}
	if err := set.Schema.Check(); err != nil {
		t.Error(err)
	}
}
