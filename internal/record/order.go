package record

import (
	"cmp"
	"slices"
)

// A history is written epoch by epoch while its run is under way, a row for each
// replica that has not stopped, and in the end anew, a block of rows a replica.

// sort orders the rows by replica, then epoch, and reports whether they came so.
func (h *History) sort() bool {
	byReplica := func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Replica, b.Replica), cmp.Compare(a.Epoch, b.Epoch))
	}
	if slices.IsSortedFunc(h.Rows, byReplica) {
		return true
	}
	slices.SortStableFunc(h.Rows, byReplica)
	return false
}

// cut drops the last epoch of a history that was written epoch by epoch, where its
// rows may not all be there: where it has not as many as the one before. So of
// replicas that have just stopped it leaves the others without a row that they have.
func (h *History) cut() {
	last := 0
	counts := make(map[int]int)
	for i := range h.Rows {
		last = max(last, h.Rows[i].Epoch)
		counts[h.Rows[i].Epoch]++
	}
	if counts[last] == counts[last-1] || last == 0 {
		return
	}
	h.Rows = slices.DeleteFunc(h.Rows, func(row Row) bool { return row.Epoch == last })
}

// Epochs returns the number of epochs of the replica that has most.
func (h *History) Epochs() int {
	most, epochs := 0, 0
	for i := range h.Rows {
		if i > 0 && h.Rows[i].Replica != h.Rows[i-1].Replica {
			epochs = 0
		}
		epochs++
		most = max(most, epochs)
	}
	return most
}

// Replica returns the rows of one replica, a row an epoch.
func (h *History) Replica(r int) []Row {
	place := func(r int) int {
		at, _ := slices.BinarySearchFunc(h.Rows, r, func(row Row, r int) int { return cmp.Compare(row.Replica, r) })
		return at
	}
	return h.Rows[place(r):place(r+1)]
}
