package stream

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestNumber(t *testing.T) {
	tests := []struct {
		text string
		ok   bool
	}{
		{"0", true},
		{"-0", true},
		{"+1", true},
		{"12.", true},
		{".5", true},
		{"1e5", true},
		{"1E-5", true},
		{"-1.25e+3", true},
		{"9007199254740993", true},
		{"1234567890123456789", true},
		{"12345678901234567890", true},
		{"123456789012345678901234567890", true},
		{"8.692932128906250000e-01", true},
		{"0.10000000000000001", true},
		{"1e22", true},
		{"1e23", true},
		{"1e-22", true},
		{"1e-23", true},
		{"4.9e-324", true},
		{"1e-400", true},
		{"1.7976931348623157e308", true},
		{"00000000000000000000000001", true},
		{"", false},
		{"-", false},
		{".", false},
		{"e5", false},
		{"1e", false},
		{"1e+", false},
		{"nan", false},
		{"inf", false},
		{"0x1p3", false},
		{"1_000", false},
		{"1 ", false},
		{" 1", false},
		{"1e999", false},
		{"1.2.3", false},
		{"--1", false},
		{"\"1\"", false},
	}
	for _, tt := range tests {
		for _, end := range []string{",7\n", "\n", "\r\n"} {
			got, next, ok := number([]byte(tt.text+end), 0, usual)
			if ok != tt.ok {
				t.Errorf("number(%q): got ok %v, want %v", tt.text+end, ok, tt.ok)
				continue
			}
			if !ok {
				continue
			}
			want, err := strconv.ParseFloat(tt.text, 64)
			if err != nil {
				t.Fatal(err)
			}
			if math.Float64bits(got) != math.Float64bits(want) || next != len(tt.text) {
				t.Errorf("number(%q): got %v up to %d, want %v up to %d", tt.text+end, got, next, want, len(tt.text))
			}
		}
	}
}

// usual are the marks of most files.
var usual = marks{separator: ',', point: '.'}

// texts returns numbers as programs print them, of one format.
func texts(format byte, precision, count int) []string {
	random := rand.New(rand.NewPCG(1, uint64(precision)))
	list := make([]string, count)
	for i := range list {
		list[i] = strconv.FormatFloat(random.NormFloat64()*math.Exp(random.NormFloat64()), format, precision, 64)
	}
	return list
}

func TestNumberIsTheNearestDouble(t *testing.T) {
	for _, format := range []byte{'f', 'e', 'g'} {
		for precision := -1; precision < 25; precision++ {
			for _, text := range texts(format, precision, 2000) {
				want, err := strconv.ParseFloat(text, 64)
				if err != nil {
					t.Fatal(err)
				}
				got, _, ok := number([]byte(text+",0\n"), 0, usual)
				if !ok || math.Float64bits(got) != math.Float64bits(want) {
					t.Fatalf("number(%q): got %v, %v, want %v", text, got, ok, want)
				}
				comma := strings.Replace(text, ".", ",", 1)
				got, next, ok := number([]byte(comma+";0\n"), 0, marks{separator: ';', point: ','})
				if !ok || math.Float64bits(got) != math.Float64bits(want) || next != len(text) {
					t.Fatalf("number(%q): got %v up to %d, %v, want %v", comma, got, next, ok, want)
				}
			}
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, text := range []string{"1.5", "-1e-5", "12345678.12345678", "1e", "nan", "0x1p3", "99999999999999999999e-30"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, ",;\r\n") {
			return
		}
		comma, end, isComma := number([]byte(strings.ReplaceAll(text, ".", ",")+"\n"), 0, marks{separator: ';', point: ','})
		got, next, ok := number([]byte(text+"\n"), 0, usual)
		if !ok {
			return
		}
		want, err := strconv.ParseFloat(text, 64)
		if err != nil || next != len(text) || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("number(%q): got %v up to %d, want %v (%v)", text, got, next, want, err)
		}
		if isComma && (end != next || math.Float64bits(comma) != math.Float64bits(got)) {
			t.Errorf("number(%q) with a comma: got %v up to %d, want %v", text, comma, end, got)
		}
	})
}

func BenchmarkNumber(b *testing.B) {
	for name, list := range map[string][]string{
		"6 digits": texts('g', 6, 1000), "17 digits": texts('g', 17, 1000), "18 decimals": texts('e', 18, 1000),
	} {
		text := []byte(strings.Join(list, ",") + "\n")
		fields := strings.Split(strings.TrimSpace(string(text)), ",")
		b.Run(name+"/number", func(b *testing.B) {
			for b.Loop() {
				for at := 0; at < len(text); {
					_, next, ok := number(text, at, usual)
					if !ok {
						b.Fatal("no number")
					}
					at = next + 1
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(fields)), "ns/value")
		})
		b.Run(name+"/strconv", func(b *testing.B) {
			for b.Loop() {
				for _, field := range fields {
					if _, err := strconv.ParseFloat(field, 64); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(fields)), "ns/value")
		})
	}
}
