package runflags

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
)

// Add adds the flags of settings of a run, by their names in [config.Fields], with the help
// that stands there.
func Add(g cli.Group, run *config.Run, names ...string) {
	for _, name := range names {
		f := lookup(name)
		add(g, run, f, f.Help)
	}
}

// AddAs adds the flag of one setting of a run with another help.
func AddAs(g cli.Group, run *config.Run, name, help string) {
	add(g, run, lookup(name), help)
}

func add(g cli.Group, run *config.Run, f config.Field, help string) {
	v := &value{field: f, run: run}
	g.Add(v, f.Name, help)
	if v.Type() == boolean {
		g.Flags.Lookup(f.Name).NoOptDefVal = "true" // --shuffle without a value
	}
}

// lookup returns the row of a name that is written in this program's code.
func lookup(name string) config.Field {
	f, ok := config.LookupField(name)
	if !ok {
		panic("no setting of a run has the name " + name)
	}
	return f
}

// value is a setting of a run as the value of its flag.
type value struct {
	field config.Field
	run   *config.Run
}

var _ pflag.Value = (*value)(nil)

// Set sets the run's value; see [config.Field.Set].
func (v *value) Set(text string) error { return v.field.Set(v.run, text) }

func (v *value) String() string { return v.field.Text(v.run) }

// Choices returns the accepted names; nil where other values are accepted.
func (v *value) Choices() []string { return v.field.Choices }

// Type returns what stands for the value in a help text, bool for a switch.
func (v *value) Type() string {
	if v.field.Placeholder == "" {
		return boolean
	}
	return v.field.Placeholder
}

// boolean is the type of switches, as in pflag.
const boolean = "bool"

// countValue reads an integer from 1 to most.
func countValue(flag string, target *int, least, most int) pflag.Value {
	parse := func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return 0, invalid.New(flag, text, fmt.Sprintf("an integer from %d to %d", least, most))
		}
		return n, nil
	}
	return cli.NewValue(target, parse, strconv.Itoa, "N")
}
