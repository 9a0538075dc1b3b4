package stream_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/dataset"
	"gradwatch/internal/stream"
)

// openSet opens a stream of a file and, where test is not empty, of a second one that tests.
func openSet(t *testing.T, train, test string) (*stream.Dataset, *dataset.Source, error) {
	t.Helper()
	folder, caches := t.TempDir(), t.TempDir()
	source := dataset.DefaultSource()
	source.Dataset = filepath.Join(folder, "train.csv")
	write(t, source.Dataset, train)
	if test != "" {
		source.Test = filepath.Join(folder, "test.csv")
		write(t, source.Test, test)
	}
	set, err := stream.OpenDataset(func(source *dataset.Source, like *stream.Cache) (*stream.Cache, error) {
		return stream.Open(context.Background(), source, stream.Options{Folder: caches, Like: like})
	}, &source)
	if err == nil {
		t.Cleanup(set.Close)
	}
	return set, &source, err
}

// TestSecondFile finds the columns of a second file by their names, as the reader that
// holds tables in memory does.
func TestSecondFile(t *testing.T) {
	const train = "a,b,y\n1,2,0\n3,4,1\n"
	for name, text := range map[string]string{
		"same columns": "a,b,y\n5,6,1\n", "another order": "y,b,a\n1,6,5\n", "among others": "c,y,b,d,a\n7,1,6,8,5\n",
		"no header": "5,6,1\n", "with quotes": "y,\"b\",a\n1,\"6\",5\n", "no column": "a,y\n5,1\n", "no target": "b,a\n6,5\n",
		"two of a name": "a,b,y,y\n5,6,1,0\n", "a word": "y,b,a\n1,six,5\n", "another width": "5,6,7,1\n",
	} {
		t.Run(name, func(t *testing.T) {
			set, source, err := openSet(t, train, text)
			want, wanted := dataset.Open(source)
			if wanted != nil {
				if err == nil || !strings.HasPrefix(err.Error(), source.Test+":") {
					t.Errorf("got %v, want an error of the file, such as %v", err, wanted)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			trains, tests, err := set.Samples(10)
			if err != nil {
				t.Fatal(err)
			}
			got := append(append([]float64{}, trains.X...), tests.X...)
			if diff := cmp.Diff(want.Examples.X, got); diff != "" {
				t.Errorf("inputs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.Examples.Y, append(trains.Y, tests.Y...)); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.Schema, set.Schema); diff != "" {
				t.Errorf("schema (-want +got):\n%s", diff)
			}
		})
	}
}

// TestClasses refuses classes that no training row is of, and those that a stream can't
// tell apart.
func TestClasses(t *testing.T) {
	for name, c := range map[string]struct{ train, test, want string }{
		"sorted":           {"a,y\n1,0\n2,0\n3,1\n4,1\n", "", `column "y": class "1": none of the 2 training rows is of it: want a row of each class among them: another order of the file's rows, or a second file, --test`},
		"of a second":      {"a,y\n1,0\n2,0\n", "a,y\n1,1\n", `column "y": class "1": none of the 2 training rows is of it: want a row of each class among them`},
		"ones alone":       {"a,y\n1,1\n2,1\n", "", `column "y": 1 class (1): want 2 to 1000`},
		"beyond a float32": {"a,y\n1,16777216\n2,16777217\n3,16777216\n", "", `column "y": classes 16777216 and 16777217: want numbers that a float32 tells apart, such as 0, 1, 2`},
		"beyond a double":  {"a,y\n1,0\n2,9007199254740993\n", "", `column "y": class 9007199254740992: want whole numbers below 2^53, such as 0, 1, 2`},
	} {
		t.Run(name, func(t *testing.T) {
			_, source, err := openSet(t, c.train, c.test)
			if want := source.Dataset + ": " + c.want; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}
