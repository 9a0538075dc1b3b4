//go:build browser

package browser

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"

	"gradwatch/internal/testenv"
)

var picture = flag.String("picture", "", "also save the README's picture of TensorBoard as this file, relative to the repository")

// maxPicture is what a page's picture may weigh, in bytes.
const maxPicture = 400_000

// takePicture saves the sizes of the gradients of both runs, layer by layer, for the README.
func (p *tab) takePicture(name string) {
	p.t.Helper()
	p.visit("histograms", pictureWidth, pictureHeight)
	p.filter("all_layers")
	p.until("the sizes of all layers' gradients", func() error {
		cards, err := p.cards("tf-histogram-loader")
		if err != nil {
			return err
		}
		return drawn(cards, seriesOf(sizesTag), 40)
	})
	img, err := png.Decode(bytes.NewReader(p.save("picture")))
	if err != nil {
		p.t.Fatal(err)
	}
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&small, img); err != nil {
		p.t.Fatal(err)
	}
	if small.Len() > maxPicture {
		p.t.Errorf("got a picture of %d bytes, want at most %d", small.Len(), maxPicture)
	}
	root, err := testenv.Repository()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, name), small.Bytes(), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// The picture's size in pixels: four cards a row, so that the runs stand side by
// side and all layers are in sight.
const pictureWidth, pictureHeight = 1760, 1000
