package dataset

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
)

// SHA256 returns the hash, in hexadecimal digits, of the rows' values as they were read and
// split, before they are scaled.
func (s *Dataset) SHA256() string {
	sum := sha256.New()
	out := bufio.NewWriter(sum) // a hash never fails to write
	fmt.Fprintf(out, "%d %q %q\n", s.Train, s.Examples.Columns, s.Schema.Target.Classes)
	writeFloats(out, s.Examples.X)
	writeFloats(out, s.Examples.Y)
	_ = out.Flush()
	return hex.EncodeToString(sum.Sum(nil))
}

func writeFloats(out io.Writer, values []float64) {
	var bytes [8]byte
	for _, value := range values {
		binary.LittleEndian.PutUint64(bytes[:], math.Float64bits(value))
		_, _ = out.Write(bytes[:])
	}
}
