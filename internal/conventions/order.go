package conventions

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/invalid"
)

// Order says how layers are put in order, from the input to the output. The zero Order finds out.
type Order struct {
	// Text is what the user asked for: "", first-seen, natural, or the path of a file.
	Text string
	// Names are the file's.
	Names []string
}

// The orders that have a name.
const (
	FirstSeen = "first-seen"
	Natural   = "natural"
)

// ParseOrder reads an order. A file has the names of the layers, one a line, the input's first.
func ParseOrder(text string) (Order, error) {
	if text == FirstSeen || text == Natural {
		return Order{Text: text}, nil
	}
	const most = 1 << 20
	info, err := os.Stat(text)
	if err != nil || !info.Mode().IsRegular() || info.Size() > most {
		return Order{}, invalid.New("order", text, "first-seen, natural, or a file with the layers' names, one a line, the input's first")
	}
	content, err := os.ReadFile(text)
	if err != nil {
		return Order{}, err
	}
	o := Order{Text: text}
	for line := range strings.Lines(string(content)) {
		if name := strings.TrimSpace(line); name != "" && !strings.HasPrefix(name, "#") && !slices.Contains(o.Names, name) {
			o.Names = append(o.Names, name)
		}
	}
	if len(o.Names) == 0 {
		return Order{}, invalid.New("order", text, "a file with the layers' names, one a line, the input's first")
	}
	return o, nil
}

// sort returns the names in order, and the order's name.
func (o *Order) sort(names []string) (sorted []string, how string, err error) {
	switch {
	case o.Names != nil:
		for _, name := range o.Names {
			if !slices.Contains(names, name) {
				return nil, "", invalid.New("order", name, "the name of a layer of the run, which "+o.Text+" does not have here: "+known(names))
			}
		}
		return o.Names, o.Text, nil
	case o.Text == FirstSeen:
		return names, FirstSeen, nil
	case o.Text == Natural:
		return naturally(names), Natural, nil
	}
	// Hooks see the output layer first, and dictionaries that are sorted have dense_10 before dense_2.
	rising, falling := directions(names)
	switch {
	case falling > 0 && slices.IsSorted(names):
		return naturally(names), Natural, nil
	case falling > 0 && rising == 0:
		reversed := slices.Clone(names)
		slices.Reverse(reversed)
		return reversed, "last seen first, because their numbers fall", nil
	}
	return names, FirstSeen, nil
}

// known lists names for a message.
func known(names []string) string {
	const most = 8
	switch {
	case len(names) == 0:
		return "it has none"
	case len(names) > most:
		return strings.Join(names[:most], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}

var digits = regexp.MustCompile(`\d+`)

// directions returns how often of names that differ by a number only, one behind the other, the number rises and how often it falls.
func directions(names []string) (rising, falling int) {
	last := make(map[string][]int)
	for _, name := range names {
		form := digits.ReplaceAllString(name, "#")
		now := numbersOf(name)
		if before, ok := last[form]; ok {
			switch slices.Compare(before, now) {
			case -1:
				rising++
			case 1:
				falling++
			}
		}
		last[form] = now
	}
	return rising, falling
}

func numbersOf(name string) []int {
	var values []int
	for _, text := range digits.FindAllString(name, -1) {
		n, _ := strconv.Atoi(text) // too large a number is the largest
		values = append(values, n)
	}
	return values
}

// naturally sorts names by their texts and numbers: dense_2 before dense_10.
func naturally(names []string) []string {
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int {
		return cmp.Or(compareTexts(digits.Split(a, -1), digits.Split(b, -1), numbersOf(a), numbersOf(b)), strings.Compare(a, b))
	})
	return sorted
}

func compareTexts(a, b []string, numbersA, numbersB []int) int {
	for i := range min(len(a), len(b)) {
		if c := strings.Compare(a[i], b[i]); c != 0 {
			return c
		}
		if i < len(numbersA) && i < len(numbersB) && numbersA[i] != numbersB[i] {
			return cmp.Compare(numbersA[i], numbersB[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}
