package dataset

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// shuffleStream makes the rows' order independent of all else that a seed decides.
const shuffleStream = 0x726f7773 // "rows"

// Shuffle returns a permutation of n rows that depends only on the seed: Fisher and Yates's
// shuffle, from the last place down, by PCG keyed (seed, a constant).
func Shuffle(n int, seed uint32) []int {
	order := inOrder(n)
	random := rand.New(rand.NewPCG(uint64(seed), shuffleStream))
	for i := n - 1; i > 0; i-- {
		j := int(random.Uint64N(uint64(i) + 1))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// Stratify returns a permutation of the rows whose last rows, test of them, have the same
// share of each class as all rows, as near as whole rows allow. Of a class with n_c of n
// rows that is test n_c/n rows, rounded up for the classes with the largest fractions (the
// earlier class first among equals) and down for the others. [Shuffle] decides which rows
// these are and the order in each part: a class's first rows in it are training rows.
func Stratify(classes []int, count, test int, seed uint32) []int {
	shares := testShares(classes, count, test)
	train := make([]int, count) // rows of each class yet to be taken
	for _, c := range classes {
		train[c]++
	}
	for c, n := range shares {
		train[c] -= n
	}
	var first, last []int
	for _, row := range Shuffle(len(classes), seed) {
		c := classes[row]
		if train[c] > 0 {
			train[c]--
			first = append(first, row)
			continue
		}
		last = append(last, row)
	}
	return append(first, last...)
}

// Folds returns the fold, from 0, of each of the rows, whose classes are given: the rows of a class
// go into the folds in turn, and those of the next class go on where it ended, so that folds differ
// by at most one row, and by at most one row of a class.
func Folds(classes []int, folds int) []int {
	of, next := make([]int, len(classes)), 0
	for _, c := range slices.Compact(slices.Sorted(slices.Values(classes))) {
		for i := range classes {
			if classes[i] == c {
				of[i] = next % folds
				next++
			}
		}
	}
	return of
}

// testShares returns how many rows of each class test: not all of a class's, unless there are
// too few others.
func testShares(classes []int, count, test int) []int {
	rows := make([]int, count)
	for _, c := range classes {
		rows[c]++
	}
	shares, order, left := make([]int, count), inOrder(count), test
	for c, n := range rows {
		shares[c] = n * test / len(classes)
		left -= shares[c]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(rows[b]*test%len(classes), rows[a]*test%len(classes))
	})
	for _, keep := range []int{1, 0} { // rows of a class that train
		for _, c := range order {
			if left > 0 && shares[c] < rows[c]-keep {
				shares[c]++
				left--
			}
		}
	}
	return shares
}
