package stream

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unsafe"
)

// exactPowers are the powers of ten that a double holds exactly.
var exactPowers = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// largestExact is the largest integer up to which a double holds all.
const largestExact = 1 << 53

// marks are the bytes between fields and before decimals.
type marks struct{ separator, point byte }

// number reads the decimal number that starts at text[at:] and goes up to a separator
// or the end of the line, whose place is next. It returns false for all that is not simply
// a finite number in digits: a slower reader must decide on that. text ends with a line's
// end. Where digits and exponent are few the result is one exact
// product or quotient (Clinger 1990), else one of 128 bits, and beyond that strconv's:
// the nearest double in each case. strconv.ParseFloat takes 1.5 times as long for numbers of
// six decimals, and 3 to 6 times for those of one or of 17 digits.
func number(text []byte, at int, m marks) (value float64, next int, ok bool) {
	i := at
	negative := text[i] == '-'
	if negative || text[i] == '+' {
		i++
	}
	mantissa, first := uint64(0), i
	i, mantissa = digits(text, i, mantissa)
	count, exponent := i-first, 0
	if text[i] == m.point {
		i++
		point := i
		i, mantissa = digits(text, i, mantissa)
		exponent = point - i
		count += i - point
	}
	if count == 0 {
		return 0, at, false
	}
	if text[i] == 'e' || text[i] == 'E' {
		var power int
		if power, i, ok = decimalPower(text, i+1); !ok {
			return 0, at, false
		}
		exponent += power
	}
	if text[i] != m.separator && text[i] != '\n' && text[i] != '\r' {
		return 0, at, false
	}
	switch {
	case count > 19 || exponent < -largestPower || exponent > largestPower:
		plain := unsafe.String(&text[at], i-at)
		if m.point != '.' {
			plain = strings.Replace(plain, string(m.point), ".", 1)
		}
		var err error
		value, err = strconv.ParseFloat(plain, 64)
		return value, i, err == nil
	case mantissa > largestExact || exponent < -22 || exponent > 22:
		value = scaled(mantissa, exponent)
	case exponent < 0:
		value = float64(mantissa) / exactPowers[-exponent]
	default:
		value = float64(mantissa) * exactPowers[exponent]
	}
	if negative {
		value = -value
	}
	return value, i, true
}

// largestPower is the largest power of five below 2^63.
const largestPower = 27

// powersOfFive are 5^0 to 5^largestPower.
var powersOfFive = func() (powers [largestPower + 1]uint64) {
	powers[0] = 1
	for i := range largestPower {
		powers[i+1] = powers[i] * 5
	}
	return powers
}()

// scaled returns the double nearest to mantissa * 10^exponent, where the exponent's
// size is at most largestPower: the product or quotient of 64 bits by 64 is exact in
// 128 bits, or its remainder is known.
func scaled(mantissa uint64, exponent int) float64 {
	if mantissa == 0 {
		return 0
	}
	var high uint64   // the leading 64 bits, the first one set
	var rest bool     // there is more behind them
	power := exponent // of two, by which high is to be multiplied
	if exponent >= 0 {
		hi, lo := bits.Mul64(mantissa, powersOfFive[exponent])
		if hi == 0 {
			hi, lo, power = lo, 0, power-64
		}
		shift := bits.LeadingZeros64(hi)
		high, rest = hi<<shift|lo>>(64-shift), lo<<shift != 0
		power += 64 - shift
	} else {
		divisor := powersOfFive[-exponent]
		up, down := bits.LeadingZeros64(mantissa), bits.LeadingZeros64(divisor)
		hi, lo := mantissa<<up, uint64(0)
		divisor <<= down
		power += down - up - 64
		if hi >= divisor {
			hi, lo, power = hi>>1, hi<<63, power+1
		}
		var remainder uint64
		high, remainder = bits.Div64(hi, lo, divisor)
		rest = remainder != 0
	}
	const dropped = 64 - 53
	kept, half := high>>dropped, uint64(1)<<(dropped-1)
	switch below := high & (1<<dropped - 1); {
	case below > half, below == half && (rest || kept&1 == 1):
		kept++ // 2^53 is a double, too
	}
	return float64(kept) * math.Float64frombits(uint64(1023+power+dropped)<<52) // times a power of two
}

// digits reads digits on from i. Beyond 19 of them the mantissa has overflowed.
func digits(text []byte, i int, mantissa uint64) (int, uint64) {
	for i+8 <= len(text) {
		eight := binary.LittleEndian.Uint64(text[i:])
		if !allDigits(eight) {
			break
		}
		mantissa = mantissa*100_000_000 + fromDigits(eight)
		i += 8
	}
	for {
		d := text[i] - '0'
		if d > 9 {
			return i, mantissa
		}
		mantissa = mantissa*10 + uint64(d)
		i++
	}
}

// allDigits reports whether eight bytes are all between '0' and '9'.
func allDigits(eight uint64) bool {
	const zeros, sixes, high = 0x3030303030303030, 0x0606060606060606, 0xF0F0F0F0F0F0F0F0
	return eight&high == zeros && (eight+sixes)&high == zeros
}

// fromDigits returns the number that eight digits are, the first in the lowest byte:
// pairs, then fours, then all are put together side by side.
func fromDigits(eight uint64) uint64 {
	eight -= 0x3030303030303030
	eight = eight*10 + eight>>8
	const mask, low, high = 0x000000FF000000FF, 100 + 1_000_000<<32, 1 + 10_000<<32
	return ((eight&mask)*low + (eight>>16&mask)*high) >> 32
}

// decimalPower reads what follows an e.
func decimalPower(text []byte, i int) (power, next int, ok bool) {
	negative := text[i] == '-'
	if negative || text[i] == '+' {
		i++
	}
	first := i
	for ; text[i]-'0' <= 9; i++ {
		if power < 10_000 {
			power = power*10 + int(text[i]-'0')
		}
	}
	if negative {
		power = -power
	}
	return power, i, i > first
}
