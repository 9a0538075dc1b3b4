// Package study has the parts of a study: the values of the flags that it varies, the grid
// of their combinations, the tasks in which these configurations are trained, and its
// files (study.json, study.csv, summary.csv).
//
//	axis, err := study.ParseAxis("hidden-layers=1:10")
//	...
//	grid, err := study.Grid([]study.Axis{axis})
//	...
//	for _, task := range study.Plan(loads, runtime.NumCPU()) { ... } // train side by side
//	...
//	err = study.AppendResult(file, &result) // when a configuration is finished
//	...
//	err = study.WriteSummary(file, axes, results)
//
// The package knows no flag, trains nothing and makes no folder: the command does.
package study
