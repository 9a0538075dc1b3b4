package chart

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"image"
	"io"
	"sync"
)

// encode writes img, which must be opaque, as a PNG of 8-bit RGB. image/png tries
// all five filters on every row; in pictures of flat colours no filter at all
// packs best, and leaving the trial out halves the time of writing.
// The format: https://www.w3.org/TR/png-3/.
func encode(w io.Writer, img *image.RGBA) error {
	p := pngWriter{w: w}
	_, p.err = io.WriteString(w, "\x89PNG\r\n\x1a\n")
	size := img.Bounds().Size()
	header := binary.BigEndian.AppendUint32(nil, uint32(size.X))
	header = binary.BigEndian.AppendUint32(header, uint32(size.Y))
	header = append(header, 8, 2, 0, 0, 0) // bits, RGB, deflate, filters by row, not interlaced
	p.chunk("IHDR", header)
	p.pixels(img)
	p.chunk("IEND", nil)
	if p.err != nil {
		return fmt.Errorf("write png: %w", p.err)
	}
	return nil
}

// pngWriter writes chunks and keeps the first error.
type pngWriter struct {
	w   io.Writer
	err error
}

// chunk writes one chunk: length, kind, data, checksum of kind and data.
func (p *pngWriter) chunk(kind string, data []byte) {
	if p.err != nil {
		return
	}
	buf := binary.BigEndian.AppendUint32(make([]byte, 0, len(data)+12), uint32(len(data)))
	buf = append(append(buf, kind...), data...)
	buf = binary.BigEndian.AppendUint32(buf, crc32.ChecksumIEEE(buf[4:]))
	_, p.err = p.w.Write(buf)
}

// bands is the number of strips of a picture that are compressed at a time.
const bands = 2

// pixels writes the image's rows as one zlib stream. The strips are compressed
// side by side; a flush ends each on a whole byte, so that their streams can be
// put one after the other.
func (p *pngWriter) pixels(img *image.RGBA) {
	var packed [bands]bytes.Buffer
	var raw [bands][]byte
	var wait sync.WaitGroup
	height := img.Bounds().Dy()
	for b := range bands {
		wait.Go(func() {
			raw[b] = rows(img, b*height/bands, (b+1)*height/bands)
			deflate(&packed[b], raw[b], b == bands-1)
		})
	}
	wait.Wait()
	sum := adler32.New()
	for _, r := range raw {
		sum.Write(r) // never fails
	}
	p.chunk("IDAT", []byte{0x78, 0x01}) // zlib's header: a window of 32 KB, fastest
	for b := range packed {
		p.chunk("IDAT", packed[b].Bytes())
	}
	p.chunk("IDAT", sum.Sum(nil))
}

// rows returns the rows from y0 to y1 as PNG wants them: a byte 0 for "no
// filter", then RGB.
func rows(img *image.RGBA, y0, y1 int) []byte {
	width := img.Bounds().Dx()
	out := make([]byte, (y1-y0)*(1+3*width))
	for y := y0; y < y1; y++ {
		row := out[(y-y0)*(1+3*width)+1:][:3*width]
		rgba := img.Pix[y*img.Stride:][:4*width]
		for len(row) >= 3 && len(rgba) >= 4 {
			row[0], row[1], row[2] = rgba[0], rgba[1], rgba[2]
			row, rgba = row[3:], rgba[4:]
		}
	}
	return out
}

// deflate compresses data into dst. A buffer takes everything, and the level is
// one that exists: nothing here can fail.
func deflate(dst *bytes.Buffer, data []byte, last bool) {
	z, _ := flate.NewWriter(dst, flate.BestSpeed)
	_, _ = z.Write(data)
	if last {
		_ = z.Close()
	} else {
		_ = z.Flush()
	}
}
