package profile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"gradwatch/internal/dataset"
)

// BenchmarkOf compares describing a table with reading it.
func BenchmarkOf(b *testing.B) {
	for _, size := range []struct{ rows, columns int }{{100_000, 30}, {1000, 2000}} {
		path := filepath.Join(b.TempDir(), "table.csv")
		var text []byte
		r := rand.New(rand.NewPCG(1, 2))
		for range size.rows {
			for range size.columns {
				text = append(strconv.AppendFloat(text, r.NormFloat64(), 'g', 6, 64), ',')
			}
			text = append(text, "ab"[r.IntN(2)], '\n')
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			b.Fatal(err)
		}
		source := dataset.DefaultSource()
		source.Dataset, source.ShuffleRows = path, true
		set, err := dataset.Open(&source)
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("%dx%d", size.rows, size.columns)
		b.Run(name+"/read", func(b *testing.B) {
			for b.Loop() {
				if _, err := dataset.Open(&source); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/describe", func(b *testing.B) {
			for b.Loop() {
				Of(set)
			}
		})
	}
}
