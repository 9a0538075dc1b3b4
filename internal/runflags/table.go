package runflags

import (
	"strings"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// addTableFlags adds the flags that say how a CSV file is taken.
func addTableFlags(g cli.Group, run *config.Run) {
	list := func(names []string) string { return strings.Join(names, ", ") }
	g.Add(textValue("target", "COLUMN", run, func(c *config.Run) *string { return &c.Target }),
		"target", "the column of a CSV file to predict: its name, or its number from 1 (default the last)")
	g.Add(textValue("task", "NAME", run, func(c *config.Run) *string { return &c.Task }),
		"task", list(dataset.TaskNames())+": auto takes words, and up to 20 different whole numbers, for classes")
	g.Add(textValue("test", "FILE", run, func(c *config.Run) *string { return &c.TestFile }),
		"test", "a second CSV file with the same columns; its rows are the test rows")
	g.AddBool(&run.ShuffleRows, "shuffle-rows", "draw the order of a CSV file's rows, by --data-seed, before they are split")
	g.AddBool(&run.Stratify, "stratify", "split the rows so that both parts have the same share of each class")
	g.Add(textValue("missing", "NAME", run, func(c *config.Run) *string { return &c.Missing }),
		"missing", "fields that are "+dataset.MissingTexts+": "+list(dataset.MissingNames())+" (the row); by the training rows")
	g.Add(textValue("one-hot", "COLUMN,...", run, func(c *config.Run) *string { return &c.OneHot }),
		"one-hot", "columns of categories, each of which becomes an input of 0 or 1, or all: each column with words")
	g.Add(textValue("header", "NAME", run, func(c *config.Run) *string { return &c.Header }),
		"header", "whether a CSV file's first line names the columns: "+list(dataset.HeaderNames()))
	g.Add(textValue("scale-target", "NAME", run, func(c *config.Run) *string { return &c.ScaleTarget }),
		"scale-target", "of a regression: "+list(dataset.ScaleTargetNames())+" (to mean 0 and variance 1 over the training rows, or as it is)")
}
