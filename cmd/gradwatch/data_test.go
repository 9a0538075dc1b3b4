package main

import (
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/dataset"
)

func TestData(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("out", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args string
		name string // of the files
		kind string
		rows int
	}{
		{"", "circles", "circles", 1000},
		{"--dataset moons --samples 31 --out out/half.moons", "out/half.moons", "moons", 31},
		{"--dataset moons --samples 20 --out out/half.moons --overwrite", "out/half.moons", "moons", 20},
	} {
		t.Run(tc.args, func(t *testing.T) {
			r := succeed(t, append([]string{"data"}, strings.Fields(tc.args)...)...)
			for _, file := range []string{tc.name + ".csv", tc.name + ".png"} {
				if !strings.Contains(r.stdout, file+" ") {
					t.Errorf("got %q, want it to name %s", r.stdout, file)
				}
			}
			got, err := dataset.ReadCSV(tc.name + ".csv")
			if err != nil {
				t.Fatal(err)
			}
			want, err := dataset.Generate(tc.kind, tc.rows, 0.1, 1)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
			checkPNG(t, tc.name+".png")
		})
	}
	want := []string{"circles.csv", "circles.png", "out"}
	if diff := cmp.Diff(want, names(t, ".")); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// checkPNG decodes a picture and wants it not to be all of one colour.
func checkPNG(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, err := png.Decode(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	size := img.Bounds().Size()
	colours := make(map[any]bool)
	for y := 0; y < size.Y; y += 5 {
		for x := 0; x < size.X; x += 3 {
			colours[img.At(x, y)] = true
		}
	}
	if size.X < 300 || size.Y < 300 || len(colours) < 10 {
		t.Errorf("%s: got %d colours on %v pixels, want a chart", path, len(colours), size)
	}
}
