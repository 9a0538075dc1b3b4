package report

import (
	"fmt"
	"io"

	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// printStops says where a run's replicas stopped, if they may before the last epoch,
// and whose weights they end with.
func printStops(w io.Writer, s *record.Summary) {
	if len(s.Result) == 0 || s.Result[0].Stop == nil {
		return
	}
	monitor := s.Configuration.EarlyStoppingMonitor
	if first := s.Result[0].Stop; len(s.Result) == 1 {
		if first.Early {
			fmt.Fprintf(w, "stopped early: %s was best in epoch %d", monitor, first.Best)
		} else {
			fmt.Fprintf(w, "not stopped early: %s was best in epoch %d", monitor, first.Best)
		}
		if first.Restored {
			fmt.Fprint(w, ", whose weights are restored")
		}
		fmt.Fprintln(w)
		return
	}
	var epochs []float64
	early := 0
	for i := range s.Result {
		epochs = append(epochs, float64(s.Result[i].Stop.Epochs))
		if s.Result[i].Stop.Early {
			early++
		}
	}
	spread := study.NewSpread(epochs)
	fmt.Fprintf(w, "stopped early: %d of %d seeds; %.0f to %.0f epochs, median %.0f", early, len(epochs), spread.Worst, spread.Best, spread.Median)
	if s.Result[0].Stop.Restored {
		fmt.Fprint(w, "; the weights of each one's best are restored")
	}
	fmt.Fprintln(w)
}
