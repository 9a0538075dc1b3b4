//go:build tensorflow

package eventfiles

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/events"
	"gradwatch/internal/testenv/tensorboard"
)

const verdict = `# Verdict: the gradient vanishes

dense_1 and dense_2 get **1e-5** of what dense_6 gets; want RMS > 1e-3 & < 70, see ` + "`flow/dense_1/gradient_rms`" + `:

| layer | gradient |
| :--- | ---: |
| ` + "`dense_1`" + ` | 3e-7 ` + "`▁▁▂|`" + ` |
| dense_2 | a\|b <b>bold</b> |

## What to do

1. another activation
    - relu

` + "```sh\ngradwatch train --activation relu\n```\n"

// verdictHTML is what TensorBoard makes of it: with neither the columns'
// alignment nor the code's language, nor HTML.
const verdictHTML = `<h1>Verdict: the gradient vanishes</h1>
<p>dense_1 and dense_2 get <strong>1e-5</strong> of what dense_6 gets; want RMS &gt; 1e-3 &amp; &lt; 70, see <code>flow/dense_1/gradient_rms</code>:</p>
<table>
<thead>
<tr>
<th>layer</th>
<th>gradient</th>
</tr>
</thead>
<tbody>
<tr>
<td><code>dense_1</code></td>
<td>3e-7 <code>▁▁▂|</code></td>
</tr>
<tr>
<td>dense_2</td>
<td>a|b &lt;b&gt;bold&lt;/b&gt;</td>
</tr>
</tbody>
</table>
<h2>What to do</h2>
<ol>
<li>another activation<ul>
<li>relu</li>
</ul>
</li>
</ol>
<pre><code>gradwatch train --activation relu
</code></pre>`

// mediaSteps is more than TensorBoard keeps of an image's steps.
const mediaSteps = 12

// drawStep draws a picture that differs from step to step.
func drawStep(t *testing.T, step int64) (file []byte, width, height int) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 400, 300))
	draw.Draw(img, image.Rect(0, 0, 400, 20*int(step+1)), image.White, image.Point{}, draw.Src)
	var picture bytes.Buffer
	if err := png.Encode(&picture, img); err != nil {
		t.Fatal(err)
	}
	return picture.Bytes(), 400, 300
}

// TestTextAndImage writes texts and pictures with TensorFlow's writer, and reads
// them with TensorBoard's Python readers and through a running TensorBoard.
func TestTextAndImage(t *testing.T) {
	logDir := t.TempDir()
	folder := filepath.Join(logDir, "run")
	w := newEventWriter(t, folder)
	pictures := make(map[int64][]byte)
	var want []tensorboard.Event
	for step := range int64(mediaSteps) {
		text := fmt.Sprintf("%s\nstep %d", verdict, step)
		picture, width, height := drawStep(t, step)
		pictures[step] = picture
		var s events.Summary
		s.Text("verdict", text)
		s.Image("flow", "layer by **epoch**", width, height, picture)
		w.summary(step, s.Bytes())
		want = append(want,
			tensorboard.Event{Step: step, Kind: "tensor", Tag: "verdict", Plugin: "text", Strings: [][]byte{[]byte(text)}},
			tensorboard.Event{
				Step: step, Kind: "tensor", Tag: "flow", Plugin: "images", Description: "layer by **epoch**",
				Strings: [][]byte{[]byte("400"), []byte("300"), picture},
			})
	}
	w.close()
	read, err := tensorboard.ReadEvents(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	got := read[0][1:] // after the version
	for i := range got {
		got[i].File = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	server, err := tensorboard.Start(t.Context(), logDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	if !server.FastLoading() {
		t.Error("got TensorBoard's Python loader, want its Rust loader, as users have it")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	checkServedTexts(ctx, t, server)
	checkServedImages(ctx, t, server, pictures)
}

// checkServedTexts checks what the Text tab gets.
func checkServedTexts(ctx context.Context, t *testing.T, server *tensorboard.Server) {
	t.Helper()
	var texts []tensorboard.Text
	err := server.Wait(ctx, func(ctx context.Context) (err error) {
		texts, err = server.Texts(ctx, "run", "verdict")
		if err == nil && len(texts) < mediaSteps {
			err = fmt.Errorf("got %d texts, want %d", len(texts), mediaSteps)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		want := fmt.Sprintf("%s\n<p>step %d</p>", verdictHTML, i)
		if diff := cmp.Diff(want, text.HTML); diff != "" || text.Step != int64(i) {
			t.Errorf("text %d is of step %d (-want +got):\n%s", i, text.Step, diff)
		}
	}
	tags, err := server.TextTags(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"run": {"verdict"}}, tags); diff != "" {
		t.Errorf("tags of texts (-want +got):\n%s", diff)
	}
}

// checkServedImages checks what the Images tab gets: some steps, the last among
// them.
func checkServedImages(ctx context.Context, t *testing.T, server *tensorboard.Server, pictures map[int64][]byte) {
	t.Helper()
	tags, err := server.ImageTags(ctx)
	if err != nil {
		t.Fatal(err)
	}
	info := tensorboard.ImageInfo{Description: "<p>layer by <strong>epoch</strong></p>", Samples: 1}
	if diff := cmp.Diff(map[string]map[string]tensorboard.ImageInfo{"run": {"flow": info}}, tags); diff != "" {
		t.Errorf("tags of images (-want +got):\n%s", diff)
	}
	images, err := server.Images(ctx, "run", "flow")
	if err != nil {
		t.Fatal(err)
	}
	if len(images) != 10 || images[len(images)-1].Step != mediaSteps-1 {
		t.Errorf("got images %v, want 10 steps, the last %d", images, mediaSteps-1)
	}
	for _, shown := range images {
		file, err := server.ImageFile(ctx, shown)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file, pictures[shown.Step]) {
			t.Errorf("step %d: got an image of %d bytes, want the %d that were written", shown.Step, len(file), len(pictures[shown.Step]))
		}
	}
	missing, err := server.Images(ctx, "run", "verdict")
	if err == nil || !strings.Contains(err.Error(), "No image data") {
		t.Errorf("got images %v and error %v for a text's tag, want an error", missing, err)
	}
}
