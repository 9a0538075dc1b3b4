//go:build tensorflow

package eventfiles

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/testenv"
	"gradwatch/internal/testenv/tensorboard"
)

// pictureRuns are what gradwatch train is asked for, with the pictures that
// TensorBoard is to show.
func pictureRuns() []pictureRun {
	pictures := []string{"accuracy", "decision", "flow", "gradients", "loss", "weights"}
	return []pictureRun{
		{"pictures", nil, pictures},
		{"replicas", []string{"--repeats", "3", "--diagnose-freq", "1"}, pictures},
		{"no-verdict", []string{"--diagnose-freq", "0"}, slices.DeleteFunc(slices.Clone(pictures), func(p string) bool { return p == "flow" })},
		{"no-plots", []string{"--plots=false"}, nil},
	}
}

type pictureRun struct {
	name     string
	flags    []string
	pictures []string
}

// pictureEpochs is how many epochs they train.
const pictureEpochs = 8

// TestPictures trains with gradwatch train, which draws the pictures when the engine
// has trained and has it write them, and looks for them in the event files and in
// TensorBoard.
func TestPictures(t *testing.T) {
	logDir, gradwatch := t.TempDir(), buildPrograms(t)
	var folders []string
	for _, run := range pictureRuns() {
		args := append([]string{
			"train", "--preset", "tanh-5", "--epochs", strconv.Itoa(pictureEpochs), "--quiet", "--logdir", logDir, "--run", run.name,
		}, run.flags...)
		command(t, gradwatch, args...)
		folders = append(folders, filepath.Join(logDir, run.name))
	}
	events, err := tensorboard.ReadEvents(t.Context(), folders...)
	if err != nil {
		t.Fatal(err)
	}
	server, err := tensorboard.Start(t.Context(), logDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for i, run := range pictureRuns() {
		t.Run(run.name, func(t *testing.T) {
			run.checkEvents(t, folders[i], events[i])
			run.checkServed(ctx, t, server, folders[i])
		})
	}
}

// checkEvents checks that the run's event files hold each picture once, as it is in
// the folder, at the last epoch, in a file of their own.
func (p pictureRun) checkEvents(t *testing.T, folder string, events []tensorboard.Event) {
	t.Helper()
	var got []string
	files := make(map[string]bool)
	for _, e := range events {
		files[e.File] = true
		name, isPicture := strings.CutPrefix(e.Tag, "pictures/")
		if !isPicture {
			continue
		}
		got = append(got, name)
		file, err := os.ReadFile(filepath.Join(folder, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		size, err := png.DecodeConfig(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		want := [][]byte{[]byte(strconv.Itoa(size.Width)), []byte(strconv.Itoa(size.Height)), file}
		if e.Plugin != "images" || e.Step != pictureEpochs-1 || !slices.EqualFunc(e.Strings, want, bytes.Equal) {
			t.Errorf("%s: got %d values of %s at step %d, want width, height and file of an image at step %d",
				e.Tag, len(e.Strings), e.Plugin, e.Step, pictureEpochs-1)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(p.pictures, got); diff != "" {
		t.Errorf("pictures (-want +got):\n%s", diff)
	}
	want := 1
	if p.pictures != nil {
		want = 2
	}
	if len(files) != want {
		t.Errorf("got %d event files, want %d", len(files), want)
	}
}

// checkServed checks that TensorBoard shows the pictures, and the scalars of the
// other file beside them.
func (p pictureRun) checkServed(ctx context.Context, t *testing.T, server *tensorboard.Server, folder string) {
	t.Helper()
	err := server.Wait(ctx, func(ctx context.Context) error {
		tags, err := server.ImageTags(ctx)
		if err != nil {
			return err
		}
		if got := len(tags[p.name]); got != len(p.pictures) {
			return fmt.Errorf("%s: got %d pictures, want %d", p.name, got, len(p.pictures))
		}
		series, err := server.Scalars(ctx, p.name, "val_loss")
		if err != nil {
			return err
		}
		if len(series) != pictureEpochs {
			return fmt.Errorf("%s: got %d steps of val_loss, want %d", p.name, len(series), pictureEpochs)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range p.pictures {
		images, err := server.Images(ctx, p.name, "pictures/"+name)
		if err != nil || len(images) != 1 {
			t.Fatalf("pictures/%s: got %d images and error %v, want one", name, len(images), err)
		}
		got, err := server.ImageFile(ctx, images[0])
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(folder, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("pictures/%s: got an image of %d bytes, want the %d of the file", name, len(got), len(want))
		}
	}
}

// buildPrograms builds gradwatch and its engine, and returns gradwatch's path.
func buildPrograms(t *testing.T) string {
	t.Helper()
	folder, err := testenv.BuildPrograms(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "gradwatch")
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if output, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, output)
	}
}
