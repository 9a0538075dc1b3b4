package terminal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLayTable lays tables that fit, and that don't.
func TestLayTable(t *testing.T) {
	columns := []Column{
		{Title: "kernel-initializer", Left: true, Keep: KeepAlways, Cells: []string{"he_uniform", "a very long name that has to be cut somewhere"}},
		{Title: "units", Keep: KeepAlways, Cells: []string{"1", "100"}},
		{Title: "test accuracy", Keep: KeepAlways, Cells: []string{"0.5", "0.812 ± 0.123"}},
		{Title: "worst", Keep: 4, Cells: []string{"0.100", "-"}},
		{Title: "train", Keep: 1, Cells: []string{"0.200", "-"}},
		{Left: true, Keep: KeepAlways, Cells: []string{"", "failed"}},
	}
	for _, tc := range []struct {
		width int
		want  string
	}{
		{100, `
kernel-initializer                             units  test accuracy  worst  train
he_uniform                                         1            0.5  0.100  0.200
a very long name that has to be cut somewhere    100  0.812 ± 0.123      -      -  failed
`},
		{70, `
kernel-initializer          units  test accuracy  worst  train
he_uniform                      1            0.5  0.100  0.200
a very long name that has…    100  0.812 ± 0.123      -      -  failed
`},
		{54, `
kernel-initiali…  units  test accuracy  worst
he_uniform            1            0.5  0.100
a very long nam…    100  0.812 ± 0.123      -  failed
`},
		{10, `
kernel-…  units  test accuracy
he_unif…      1            0.5
a very …    100  0.812 ± 0.123  failed
`},
	} {
		if diff := cmp.Diff(tc.want, "\n"+strings.Join(Table(columns, tc.width), "\n")+"\n"); diff != "" {
			t.Errorf("%d columns (-want +got):\n%s", tc.width, diff)
		}
	}
}
