package dataset

import (
	"bytes"
	"path/filepath"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
)

// fileType is a kind of file that is not read as a table.
type fileType struct {
	name  string
	is    func(start []byte) bool
	shell string // makes a CSV file of it, after the file's name as $1 and the new one as $2
}

// pandas returns a command that makes a CSV file with pandas.
func pandas(read string) string {
	return `python3 -c 'import pandas, sys; ` + read + `.to_csv(sys.argv[2], index=False)' $1 $2`
}

func prefix(prefixes ...string) func([]byte) bool {
	return func(start []byte) bool {
		for _, p := range prefixes {
			if bytes.HasPrefix(start, []byte(p)) {
				return true
			}
		}
		return false
	}
}

// zipWith recognizes a zip archive with that text near its beginning.
func zipWith(text string) func([]byte) bool {
	return func(start []byte) bool {
		return bytes.HasPrefix(start, []byte("PK\x03\x04")) && bytes.Contains(start, []byte(text))
	}
}

// markup recognizes text that begins with one of some words, in any case.
func markup(words ...string) func([]byte) bool {
	return func(start []byte) bool {
		text := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(start[:min(len(start), 200)], []byte(byteOrderMark)), " \t\r\n")))
		for _, word := range words {
			if strings.HasPrefix(text, word) {
				return true
			}
		}
		return false
	}
}

// lineJSON recognizes an object on each line.
func lineJSON(start []byte) bool {
	line, rest, found := bytes.Cut(bytes.TrimSpace(start), []byte("\n"))
	return found && bytes.HasPrefix(line, []byte(`{"`)) && bytes.HasSuffix(bytes.TrimSpace(line), []byte("}")) && bytes.HasPrefix(rest, []byte(`{"`))
}

func isJSON(start []byte) bool {
	text := bytes.TrimLeft(start, " \t\r\n")
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(text[1:], " \t\r\n")
	return len(rest) > 0 && (text[0] == '{' && rest[0] == '"' || text[0] == '[' && (rest[0] == '{' || rest[0] == '['))
}

// fileTypes are in the order in which they are tried.
var fileTypes = []fileType{
	{"an Excel workbook", zipWith("xl/"), pandas("pandas.read_excel(sys.argv[1])")},
	{"an OpenDocument spreadsheet", zipWith("opendocument.spreadsheet"), pandas("pandas.read_excel(sys.argv[1])")},
	{"a NumPy archive", zipWith(".npy"), `python3 -c 'import numpy, sys; a = numpy.load(sys.argv[1]); numpy.savetxt(sys.argv[2], a[a.files[0]], delimiter=",")' $1 $2`},
	{"a zip archive", prefix("PK\x03\x04", "PK\x05\x06"), `unzip -p $1 > $2`},
	{"an old Excel workbook", prefix("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), pandas("pandas.read_excel(sys.argv[1])")},
	{"a Parquet file", prefix("PAR1"), pandas("pandas.read_parquet(sys.argv[1])")},
	{"a Feather file", prefix("ARROW1", "FEA1"), pandas("pandas.read_feather(sys.argv[1])")},
	{"an Arrow stream", prefix("\xff\xff\xff\xff"), `python3 -c 'import pyarrow, sys; pyarrow.ipc.open_stream(sys.argv[1]).read_pandas().to_csv(sys.argv[2], index=False)' $1 $2`},
	{"an HDF5 file", prefix("\x89HDF\r\n\x1a\n"), pandas("pandas.read_hdf(sys.argv[1])")},
	{"a NumPy array", prefix("\x93NUMPY"), `python3 -c 'import numpy, sys; numpy.savetxt(sys.argv[2], numpy.load(sys.argv[1]), delimiter=",")' $1 $2`},
	{"a Python pickle", prefix("\x80\x02", "\x80\x03", "\x80\x04\x95", "\x80\x05\x95"), pandas("pandas.read_pickle(sys.argv[1])")},
	{"an SQLite database", prefix("SQLite format 3\x00"), `sqlite3 -csv -header $1 'select * from TABLE' > $2`},
	{"a bzip2 file", prefix("BZh"), `bzip2 -dc $1 > $2`},
	{"an xz file", prefix("\xfd7zXZ\x00"), `xz -dc $1 > $2`},
	{"a Zstandard file", prefix("\x28\xb5\x2f\xfd"), `zstd -dc $1 > $2`},
	{"a PDF file", prefix("%PDF-"), ""},
	{"a Stata file", prefix("<stata_dta>"), pandas("pandas.read_stata(sys.argv[1])")},
	{"an HTML page", markup("<!doctype html", "<html", "<table", "<head", "<body"), pandas("pandas.read_html(sys.argv[1])[0]")},
	{"an XML file", markup("<?xml"), pandas("pandas.read_xml(sys.argv[1])")},
	{"an ARFF file", markup("@relation"), `python3 -c 'import pandas, sys; from scipy.io import arff; pandas.DataFrame(arff.loadarff(sys.argv[1])[0]).to_csv(sys.argv[2], index=False)' $1 $2`},
	{"a file of JSON lines", lineJSON, pandas("pandas.read_json(sys.argv[1], lines=True)")},
	{"a JSON file", isJSON, pandas("pandas.read_json(sys.argv[1])")},
}

// checkType returns an [*invalid.Error] for the beginning of a file that is no text of records.
// It says how a CSV file is made of the file at path; "" for one that has none.
func checkType(start []byte, file, path string) error {
	for _, t := range fileTypes {
		if !t.is(start) {
			continue
		}
		wrong := &invalid.Error{File: file, Problem: t.name, Want: "a CSV file"}
		if t.shell != "" && path != "" {
			name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) + ".csv"
			if name == filepath.Base(path) {
				name = "table.csv"
			}
			wrong.Want += ", as made by: " + strings.NewReplacer("$1", shellPath(path), "$2", shellPath(name)).Replace(t.shell)
		}
		return wrong
	}
	return nil
}

// shellPath returns a path as a word of a shell's command that no program takes for a flag.
func shellPath(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return printable.ShellWord(path)
}
