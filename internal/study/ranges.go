package study

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"gradwatch/internal/invalid"
)

// looksLikeRange reports whether all parts between the colons are numbers, or
// nothing, or x and a number, so that the item can only be meant as a range.
func looksLikeRange(item string) bool {
	for part := range strings.SplitSeq(item, ":") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if _, ok := parseNumber(strings.TrimPrefix(part, "x")); !ok {
			return false
		}
	}
	return true
}

// expandRange returns the values of FIRST:LAST, FIRST:LAST:STEP or
// FIRST:LAST:xFACTOR, at most room of them. The error is an
// [*invalid.Error] without a field.
func expandRange(item string, room int) ([]string, error) {
	parts := strings.Split(item, ":")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	first, firstOK := parseNumber(parts[0])
	last, lastOK := parseNumber(parts[1])
	if !firstOK || !lastOK || len(parts) > 3 {
		return nil, invalid.Want("FIRST:LAST, FIRST:LAST:STEP or FIRST:LAST:xFACTOR, not %s", item)
	}
	if len(parts) == 2 {
		if !first.IsInt() || !last.IsInt() {
			return nil, invalid.Want("a step after %s, such as %s:0.1", item, item)
		}
		step := big.NewRat(1, 1)
		if last.Cmp(first) < 0 {
			step.Neg(step)
		}
		return arithmetic(first, last, step, item, room)
	}
	text, isFactor := strings.CutPrefix(parts[2], "x")
	step, ok := parseNumber(text)
	if !ok || step.Sign() == 0 {
		return nil, invalid.Want("a step other than 0, or a factor such as x10, at the end of %s", item)
	}
	if isFactor {
		return geometric(first, last, step, item, room)
	}
	return arithmetic(first, last, step, item, room)
}

// arithmetic returns first, first+step, ... up to last, without rounding.
func arithmetic(first, last, step *big.Rat, item string, room int) ([]string, error) {
	steps := new(big.Rat).Sub(last, first)
	steps.Quo(steps, step)
	if steps.Sign() < 0 {
		return nil, invalid.Want("a step that leads from the first to the last number of %s", item)
	}
	whole := new(big.Int).Quo(steps.Num(), steps.Denom())
	if whole.Cmp(big.NewInt(int64(room))) >= 0 {
		return nil, invalid.Want("at most %d values", maxValues)
	}
	values := make([]string, whole.Int64()+1)
	value := new(big.Rat).Set(first)
	for i := range values {
		decimals, _ := value.FloatPrec() // sums of decimals are decimals
		values[i] = value.FloatString(decimals)
		value.Add(value, step)
	}
	return values, nil
}

// geometricDigits are the significant digits of values made by a factor: many
// enough to tell, few enough that float64's rounding does not show.
const geometricDigits = 12

// geometric returns first, first*factor, first*factor^2, ... up to last.
func geometric(first, last, factor *big.Rat, item string, room int) ([]string, error) {
	if first.Sign() <= 0 || last.Sign() <= 0 {
		return nil, invalid.Want("numbers above 0 at both ends of %s", item)
	}
	x, _ := first.Float64() // the number's form keeps it within float64's range
	end, _ := last.Float64()
	by, _ := factor.Float64()
	if by <= 0 || by == 1 {
		return nil, invalid.Want("a factor above 0 other than 1 at the end of %s", item)
	}
	const slack = 1e-9 // 0.0001:0.1:x10 has three steps, not 2.9999999999999996
	steps := math.Floor((math.Log(end)-math.Log(x))/math.Log(by) + slack)
	if steps < 0 {
		return nil, invalid.Want("a factor that leads from the first to the last number of %s", item)
	}
	if steps >= float64(room) {
		return nil, invalid.Want("at most %d values", maxValues)
	}
	values := make([]string, int(steps)+1)
	for i := range values {
		rounded := strconv.FormatFloat(x*math.Pow(by, float64(i)), 'e', geometricDigits-1, 64)
		value, _ := strconv.ParseFloat(rounded, 64) // it was just written
		values[i] = strconv.FormatFloat(value, 'f', -1, 64)
	}
	return values, nil
}
