package dataset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Values of Reading.Encoding.
const (
	utf8Text    = "utf-8"
	utf16Little = "utf-16le"
	utf16Big    = "utf-16be"
	windows1252 = "windows-1252" // Latin-1 with printable characters in the place of rare control characters
	latin1      = "latin-1"
)

// EncodingNames returns the choices of an encoding.
func EncodingNames() []string {
	return []string{Automatic, utf8Text, utf16Little, utf16Big, windows1252, latin1}
}

var decoders = map[string]encoding.Encoding{
	utf16Little: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
	utf16Big:    unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	windows1252: charmap.Windows1252,
	latin1:      charmap.ISO8859_1,
}

// text reads a file's text as UTF-8, without a byte order mark, with lines that end with LF or
// CRLF.
type text struct {
	*bufio.Reader
	encoding func() string // that was found so far
	// changed: lines and separators are not where they are in the file.
	changed bool
}

// sampleBytes is the size of the text that is read in advance to recognize a file's form.
const sampleBytes = 1 << 16

// newText returns the text of a file in an encoding, one of EncodingNames or "".
func newText(source *bufio.Reader, choice string) *text {
	t := &text{Reader: source}
	if choice == Automatic || choice == "" {
		choice = wideEncoding(source)
	}
	if choice == "" {
		lazy := &lazyText{source: source, encoding: utf8Text}
		t.Reader, t.encoding = bufio.NewReaderSize(lazy, sampleBytes), func() string { return lazy.encoding }
	} else {
		if decoder := decoders[choice]; decoder != nil {
			t.Reader = bufio.NewReaderSize(decoder.NewDecoder().Reader(source), sampleBytes)
			t.changed = choice == utf16Little || choice == utf16Big
		}
		t.encoding = func() string { return choice }
	}
	if mark, _ := t.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		_, _ = t.Discard(len(byteOrderMark)) // cannot fail: just peeked
	}
	if sample, _ := t.Peek(sampleBytes); carriageReturns(sample) {
		t.Reader, t.changed = bufio.NewReaderSize(returnReader{t.Reader}, sampleBytes), true
	}
	return t
}

// wideEncoding returns the UTF-16 that a file's beginning shows, by its mark or because every
// other byte is 0, as in text that is mostly ASCII; "" for none.
func wideEncoding(source *bufio.Reader) string {
	start, _ := source.Peek(1 << 10)
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")):
		return utf16Little
	case bytes.HasPrefix(start, []byte("\xfe\xff")):
		return utf16Big
	}
	var zeros [2]int
	for i, b := range start {
		if b == 0 {
			zeros[i%2]++
		}
	}
	most := len(start) / 2
	switch {
	case most < 2:
		return ""
	case zeros[1] > most*3/4 && zeros[0] == 0:
		return utf16Little
	case zeros[0] > most*3/4 && zeros[1] == 0:
		return utf16Big
	}
	return ""
}

// carriageReturns reports whether lines end with CR only.
func carriageReturns(sample []byte) bool {
	return bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0
}

// returnReader replaces CR by LF.
type returnReader struct{ source io.Reader }

func (r returnReader) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// lazyText reads ASCII as it is, up to the first other byte. What is there and behind it shows
// whether the file is UTF-8; if not, it is Windows-1252.
type lazyText struct {
	source   *bufio.Reader
	rest     io.Reader // from there on
	encoding string
}

func (r *lazyText) Read(p []byte) (int, error) {
	if r.rest != nil {
		return r.rest.Read(p)
	}
	some, err := r.source.Peek(1)
	if len(some) == 0 {
		return 0, err
	}
	some, _ = r.source.Peek(min(r.source.Buffered(), len(p)))
	if n := asciiBytes(some); n > 0 {
		copy(p, some[:n])
		return r.source.Discard(n)
	}
	window, err := r.source.Peek(1 << 12)
	r.rest = r.source
	if !validUTF8(window, err != nil) {
		r.encoding = windows1252
		r.rest = decoders[windows1252].NewDecoder().Reader(r.source)
	}
	return r.rest.Read(p)
}

// validUTF8 reports whether text is UTF-8, perhaps cut off in its last character.
func validUTF8(text []byte, complete bool) bool {
	if complete {
		return utf8.Valid(text)
	}
	for cut := range min(utf8.UTFMax, len(text)) {
		if utf8.Valid(text[:len(text)-cut]) {
			return cut == 0 || !utf8.FullRune(text[len(text)-cut:])
		}
	}
	return false
}

// asciiBytes returns the number of ASCII bytes at the beginning.
func asciiBytes(text []byte) int {
	const high = 0x8080808080808080
	i := 0
	for i+8 <= len(text) && binary.LittleEndian.Uint64(text[i:])&high == 0 {
		i += 8
	}
	for i < len(text) && text[i] < utf8.RuneSelf {
		i++
	}
	return i
}
