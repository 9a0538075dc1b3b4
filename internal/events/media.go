package events

import "strconv"

// The plugins behind TensorBoard's tabs Text and Images
// (tensorboard/plugins/text/metadata.py, tensorboard/plugins/image/metadata.py).
// Their content holds a version of 0, which as a serialized message is empty.
const (
	textPlugin  = "text"
	imagePlugin = "images"
)

// Text adds Markdown for the Text tab, as tf.summary.text does. What TensorBoard
// makes of it is Python-Markdown with tables and fenced code, of which it keeps a
// few tags and of attributes only a link's or an image's:
//
//   - Shown are headings, paragraphs, emphasis, code spans and blocks, block quotes,
//     rules, links, tables, and lists, where an inner one is indented by four blanks.
//   - Underscores within words and < as in "RMS < 1e-3" may stand as they are.
//   - A list or table needs an empty line before it. In a table | is written \|, but
//     not in a code span, where it may stand as it is.
//   - Lost are the alignment of a table's columns, a code block's language and
//     images within the text (data:). HTML, but for <br> and the tags of the above,
//     strike-through and task lists are shown as they were written.
//
// A tag's steps stand below each other, the last on top, in a box 500 pixels high
// that scrolls: what matters comes first. TensorBoard keeps 100 of them.
func (s *Summary) Text(tag, markdown string) {
	s.addTensor(tag, stringTensor([]byte(valid(markdown))), metadata(textPlugin, "", nil))
}

// Image adds a PNG of a width and height in pixels for the Images tab, as
// tf.summary.image does. The tab shows it 350 pixels wide, and in its own size
// after a click; the description is Markdown behind the card's sign for
// information, and may be empty. TensorBoard keeps ten steps of a tag.
func (s *Summary) Image(tag, description string, width, height int, png []byte) {
	size := func(n int) []byte { return strconv.AppendInt(nil, int64(n), 10) }
	s.addTensor(tag, stringsTensor(size(width), size(height), png), metadata(imagePlugin, description, nil))
}
