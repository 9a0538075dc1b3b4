package runflags

import (
	"gradwatch/internal/cli"
	"gradwatch/internal/config"
)

// streamGroup is the title of the flags of data that don't fit into memory.
const streamGroup = "Data larger than memory"

func (r *Flags) streamFlags() cli.Group {
	g := cli.NewGroup(streamGroup)
	g.AddBool(&r.Run.Stream, "stream", "read the rows of a CSV file, or of the files that a pattern matches, once into a cache on the disk, and train from the cache; the default for data that do not fit into memory")
	g.Add(textValue("cache", "FOLDER", &r.Run, func(c *config.Run) *string { return &c.Cache }),
		"cache", "holds caches (default gradwatch in the user's folder of caches)")
	g.Add(IntegerValue("shuffle-buffer", &r.Run, func(c *config.Run) *int { return &c.ShuffleBuffer }),
		"shuffle-buffer", "rows among which the order of a stream is drawn")
	g.Add(IntegerValue("checkpoint-steps", &r.Run, func(c *config.Run) *int { return &c.CheckpointSteps }),
		"checkpoint-steps", "steps between checkpoints within an epoch of a stream; 0 for none but where it is stopped")
	return g
}
