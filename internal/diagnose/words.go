package diagnose

import (
	"fmt"
	"math"
	"strconv"

	"gradwatch/internal/printable"
)

// part writes a part of something: 1/750, 0.42, nothing.
func part(x float64) string {
	switch {
	case math.IsNaN(x):
		return "an unknown part"
	case x == 0:
		return "nothing"
	case x < 1e-6:
		return short(x)
	case x < 0.2:
		return "1/" + strconv.FormatFloat(rounded(1/x), 'f', 0, 64)
	default:
		return short(x)
	}
}

// rounded returns a number of at least 1 to three significant digits.
func rounded(x float64) float64 {
	unit := math.Pow(10, max(0, math.Floor(math.Log10(x))-2))
	return math.Round(x/unit) * unit
}

// partOf writes a part of what follows: 1/6 of, 1.38 times.
func partOf(x float64) string {
	if x >= 1 {
		return short(x) + " times"
	}
	return part(x) + " of"
}

// percent writes a share: 12 %, or 0.5 % of what is less than one.
func percent(share float64) string {
	if share > 0 && share < 0.01 {
		return short(100*share) + "%"
	}
	return fmt.Sprintf("%.0f%%", 100*share)
}

// countedOf writes the number that a part of things is: none, 2.
func countedOf(part float64, all int) string {
	if n := int(math.Round(part * float64(all))); n > 0 {
		return strconv.Itoa(n)
	}
	return "none"
}

// lastSeen says that something has gone.
func lastSeen(epoch int) string { return fmt.Sprintf(" Last seen in epoch %d.", epoch) }

// short writes a number with two or three significant digits.
func short(x float64) string {
	if x != 0 && (math.Abs(x) < 1e-3 || math.Abs(x) >= 1e5) {
		return strconv.FormatFloat(x, 'e', 1, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// unitsText names units: "unit 3", "units 0, 2 and 4", "all 5 units".
func unitsText(units []int, all int) string {
	const most = 8
	switch {
	case len(units) == all && all > 1:
		return fmt.Sprintf("all %d units", all)
	case len(units) == 1:
		return fmt.Sprintf("unit %d", units[0])
	case len(units) > most:
		return fmt.Sprintf("%d of %d units", len(units), all)
	}
	texts := make([]string, len(units))
	for i, u := range units {
		texts[i] = strconv.Itoa(u)
	}
	return "units " + printable.List(texts)
}

// verb returns the one that follows a number of things.
func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// layersText names layers, from 0, in their order: three and more that follow one
// another as a range.
func layersText(layers []int) string {
	var texts []string
	for i := 0; i < len(layers); {
		end := i
		for end+1 < len(layers) && layers[end+1] == layers[end]+1 {
			end++
		}
		if end-i >= 2 {
			texts = append(texts, layerName(layers[i])+" to "+layerName(layers[end]))
			i = end + 1
			continue
		}
		texts = append(texts, layerName(layers[i]))
		i++
	}
	return printable.List(texts)
}

// quoted writes a name after a space; nothing for none.
func quoted(name string) string {
	if name == "" {
		return ""
	}
	return " " + strconv.Quote(name)
}
