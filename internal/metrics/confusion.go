package metrics

import (
	"encoding/csv"
	"io"
	"strconv"
)

// Confusion counts points by their class and the class they were taken for:
// [class][predicted]. There may be a last column of points that were taken for no class.
type Confusion [][]int

// NewConfusion returns one of that many classes, with the column of no class if none is set.
func NewConfusion(classes int, none bool) Confusion {
	columns := classes
	if none {
		columns++
	}
	c := make(Confusion, classes)
	for i := range c {
		c[i] = make([]int, columns)
	}
	return c
}

// Score is how well a class is told.
type Score struct {
	// Precision is the part of the points taken for the class that are of it, Recall the
	// part of its points that are taken for it, F1 their harmonic mean. What would be a
	// part of nothing is 0.
	Precision, Recall, F1 float64
	Support               int // points of the class
}

// Scores returns those of the classes.
func (c Confusion) Scores() []Score {
	scores := make([]Score, len(c))
	for k := range c {
		support, taken := 0, 0
		for j := range c {
			taken += c[j][k]
		}
		for _, n := range c[k] {
			support += n
		}
		right := c[k][k]
		scores[k] = Score{
			Precision: part(right, taken), Recall: part(right, support), F1: part(2*right, taken+support), Support: support,
		}
	}
	return scores
}

// Accuracy returns the part of all points that are taken for what they are.
func (c Confusion) Accuracy() float64 {
	right, all := 0, 0
	for k := range c {
		right += c[k][k]
		for _, n := range c[k] {
			all += n
		}
	}
	return part(right, all)
}

// Add adds the counts of another matrix of the same classes.
func (c Confusion) Add(other Confusion) {
	for k := range c {
		for j := range c[k] {
			c[k][j] += other[k][j]
		}
	}
}

// BalancedAccuracy returns the mean recall of the classes that have points.
func BalancedAccuracy(scores []Score) float64 {
	sum, classes := 0.0, 0
	for _, s := range scores {
		if s.Support > 0 {
			sum += s.Recall
			classes++
		}
	}
	return sum / float64(max(1, classes))
}

// MacroF1 returns the mean of the classes' F1.
func MacroF1(scores []Score) float64 {
	sum := 0.0
	for _, s := range scores {
		sum += s.F1
	}
	return sum / float64(len(scores))
}

func part(count, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(count) / float64(of)
}

// WriteCSV writes a row a class: its name and how many of its points were taken for each
// class, in the columns of their names. columns names them all, classes the rows.
func (c Confusion) WriteCSV(w io.Writer, classes, columns []string) error {
	out := csv.NewWriter(w)
	rows := [][]string{append([]string{"class"}, columns...)}
	for k, counts := range c {
		row := []string{classes[k]}
		for _, n := range counts {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, row)
	}
	return out.WriteAll(rows)
}
