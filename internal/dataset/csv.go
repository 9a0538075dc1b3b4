package dataset

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// WriteCSV writes a header and a row for each point: the inputs, then the
// label, with the 17 significant digits that give the same double when read.
func (p *Examples) WriteCSV(w io.Writer) error {
	b := bufio.NewWriter(w)
	header := csv.NewWriter(b)
	if err := header.Write(append(slices.Clone(p.Columns), labelColumn)); err != nil {
		return fmt.Errorf("write CSV header: %w", err)
	}
	header.Flush()
	var line []byte
	for i, y := range p.Y {
		line = line[:0]
		for _, v := range p.Row(i) {
			line = strconv.AppendFloat(line, v, 'g', 17, 64)
			line = append(line, ',')
		}
		line = strconv.AppendFloat(line, y, 'g', -1, 64)
		line = append(line, '\n')
		if _, err := b.Write(line); err != nil {
			return fmt.Errorf("write CSV row %d: %w", i+1, err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}
