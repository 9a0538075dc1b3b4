package dataset

import (
	"math"
	"strings"
	"time"

	"gradwatch/internal/invalid"
)

// Values of Source.DateOrder and Column.Date: the order of day and month.
const (
	anyOrder   = "clear" // no date of the column needs one
	dayFirst   = "dmy"
	monthFirst = "mdy"
)

// DateOrderNames returns the choices for dates such as 3/4/2020.
func DateOrderNames() []string { return []string{Automatic, dayFirst, monthFirst} }

// wantedDate says which dates are accepted.
const wantedDate = "a date such as 2020-12-31, 2020-12-31 23:59:59, 31.12.2020, 31/12/2020, 12/31/2020 or 31 Dec 2020"

// dateOrders says what a column's order adds to wantedDate.
var dateOrders = map[string]string{
	anyOrder: ": the order of day and month is not known", dayFirst: ", with the day before the month", monthFirst: ", with the month before the day",
}

// clearLayouts are those that can be read in one way.
var clearLayouts = []string{
	"2006-1-2", "2006/1/2", "2006.1.2", "20060102", "2006-1", "2.1.2006", "2.1.06", "2-Jan-2006", "2-Jan-06", "2 Jan 2006", "2 January 2006",
	"Jan 2, 2006", "January 2, 2006", "Jan 2 2006", "January 2 2006",
}

// orderedLayouts are those whose order of day and month must be known.
var orderedLayouts = map[string][]string{
	dayFirst:   {"2/1/2006", "2-1-2006", "2/1/06", "2-1-06"},
	monthFirst: {"1/2/2006", "1-2-2006", "1/2/06", "1-2-06"},
}

var clockLayouts = []string{
	"15:04:05", "15:04", "15:04:05Z07:00", "15:04Z07:00", "15:04:05Z0700", "15:04Z0700", "15:04:05 Z0700", "15:04:05 Z07:00", "3:04 PM", "3:04:05 PM", "3:04PM", "3:04:05PM",
}

// dateValue is a date as days since 1970-01-01, in UTC unless the text says another time zone,
// as read with each order. NaN stands for no such date; both are equal where the text needs no order.
type dateValue struct{ dayFirst, monthFirst float64 }

// ordered reports whether the text can be read in one order only, or in both with different dates.
func (d dateValue) ordered() bool {
	return d.dayFirst != d.monthFirst && !(math.IsNaN(d.dayFirst) && math.IsNaN(d.monthFirst))
}

// in returns the days in an order.
func (d dateValue) in(order string) (float64, bool) {
	days := d.dayFirst
	switch {
	case order == monthFirst:
		days = d.monthFirst
	case order != dayFirst && d.ordered():
		return 0, false
	}
	return days, !math.IsNaN(days)
}

// parseDate reads a date, and returns false for another text.
func parseDate(text string) (dateValue, bool) {
	text = strings.TrimSpace(text)
	if len(text) < len("1/1/06") || len(text) > len("September 30, 2006 23:59:59.123456789 +00:00") {
		return dateValue{}, false
	}
	clock := 0.0
	if colon := strings.IndexByte(text, ':'); colon >= 0 {
		cut := strings.LastIndexAny(text[:colon], "T ")
		if cut < 0 {
			return dateValue{}, false
		}
		t, ok := parseTime(strings.TrimSpace(text[cut+1:]), clockLayouts)
		if !ok {
			return dateValue{}, false
		}
		midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
		clock = t.Sub(midnight).Hours() / 24
		text = strings.TrimSpace(text[:cut])
	}
	days := func(layouts []string) float64 {
		t, ok := parseTime(text, layouts)
		if !ok {
			return math.NaN()
		}
		return float64(t.Unix()/86400) + clock
	}
	if d := days(clearLayouts); !math.IsNaN(d) {
		return dateValue{d, d}, true
	}
	d := dateValue{days(orderedLayouts[dayFirst]), days(orderedLayouts[monthFirst])}
	return d, !math.IsNaN(d.dayFirst) || !math.IsNaN(d.monthFirst)
}

func parseTime(text string, layouts []string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// dateColumn collects what shows the order of a column's dates.
type dateColumn struct {
	others []float64 // of each row, the date with the month first; NaN for none
	// The lines of the first date that can only be read with the day first, with the month
	// first, and in both ways; 0 for none.
	dayFirst, monthFirst, either   int
	dayText, monthText, eitherText string
}

// add takes a date and its line.
func (c *dateColumn) add(d dateValue, text string, line int) {
	c.others = append(c.others, d.monthFirst)
	note := func(at *int, of *string) {
		if *at == 0 {
			*at, *of = line, strings.Clone(strings.TrimSpace(text))
		}
	}
	switch {
	case !d.ordered():
	case math.IsNaN(d.monthFirst):
		note(&c.dayFirst, &c.dayText)
	case math.IsNaN(d.dayFirst):
		note(&c.monthFirst, &c.monthText)
	default:
		note(&c.either, &c.eitherText)
	}
}

// order returns the order of the column's dates, one of Column.Date. choice is one of
// DateOrderNames.
func (c *dateColumn) order(file, name, choice string) (string, error) {
	wrong := func(line int, text, want string) error {
		return &invalid.Error{File: file, Line: line, Column: name, Value: text, Want: want}
	}
	switch {
	case choice == monthFirst && c.dayFirst > 0:
		return "", wrong(c.dayFirst, c.dayText, "a date with the month first, or --date-order "+dayFirst)
	case choice == dayFirst && c.monthFirst > 0:
		return "", wrong(c.monthFirst, c.monthText, "a date with the day first, or --date-order "+monthFirst)
	case c.dayFirst > 0 && c.monthFirst > 0:
		return "", wrong(max(c.dayFirst, c.monthFirst), map[bool]string{true: c.dayText, false: c.monthText}[c.dayFirst > c.monthFirst],
			"day and month in one order in all rows")
	case c.dayFirst > 0:
		return dayFirst, nil
	case c.monthFirst > 0:
		return monthFirst, nil
	case c.either == 0:
		return anyOrder, nil
	case choice == dayFirst || choice == monthFirst:
		return choice, nil
	}
	return "", wrong(c.either, c.eitherText, "--date-order "+dayFirst+" or "+monthFirst+": no date of the column shows whether the day or the month is first")
}
