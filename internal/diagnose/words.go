package diagnose

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// part writes a part of something: 1/750, 0.42, 0.
func part(x float64) string {
	switch {
	case math.IsNaN(x):
		return "nothing"
	case x == 0:
		return "nothing"
	case x < 1e-6:
		return short(x)
	case x < 0.2:
		return "1/" + strconv.FormatFloat(1/x, 'f', 0, 64)
	default:
		return short(x)
	}
}

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
	last := len(texts) - 1
	return "units " + strings.Join(texts[:last], ", ") + " and " + texts[last]
}

// verb returns the one that follows unitsText.
func verb(units []int, one, many string) string {
	if len(units) == 1 {
		return one
	}
	return many
}

// layersText names layers, from 0, that follow one another as a range.
func layersText(layers []int) string {
	if len(layers) == 1 {
		return layerName(layers[0])
	}
	last := len(layers) - 1
	if layers[last]-layers[0] == last {
		return layerName(layers[0]) + " to " + layerName(layers[last])
	}
	texts := make([]string, len(layers))
	for i, k := range layers {
		texts[i] = layerName(k)
	}
	return strings.Join(texts[:last], ", ") + " and " + texts[last]
}
