package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// AddVerbose adds the flag --verbose to a command that has no Verbosity.
func AddVerbose(c *cobra.Command, target *bool) {
	g := NewGroup("Messages")
	g.AddBool(target, "verbose", "show TensorFlow's own messages")
	g.AddTo(c)
}

// Group is flags that a help text shows under one title.
type Group struct {
	Title string
	Flags *pflag.FlagSet
}

// NewGroup returns an empty group of flags, which keep their order, under a title.
func NewGroup(title string) Group {
	flags := pflag.NewFlagSet(title, pflag.ContinueOnError)
	flags.SortFlags = false
	return Group{title, flags}
}

// Add adds a flag with its help text.
func (g Group) Add(v pflag.Value, name, usage string) {
	g.Flags.Var(v, name, usage)
}

// AddBool adds a flag that is true or false.
func (g Group) AddBool(target *bool, name, usage string) {
	g.Flags.BoolVar(target, name, *target, usage)
}

// AddTo gives the command the flags, with their title.
func (g Group) AddTo(c *cobra.Command) {
	g.Flags.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{grouped: {g.Title}} })
	c.Flags().SortFlags = false
	c.Flags().AddFlagSet(g.Flags)
	completeChoices(c, g.Flags)
}

// grouped is the annotation under which a command's flag keeps its group's title.
const grouped = "group"

// Value is a flag's value that is kept in a field of another struct.
type Value[T any] struct {
	Target      *T
	Parse       func(text string) (T, error)
	Format      func(T) string
	Placeholder string // what stands for the value in a help text
}

// NewValue returns the value of a flag that sets target to what parse makes of its text.
// Placeholder stands for the value in a help text.
func NewValue[T any](target *T, parse func(string) (T, error), format func(T) string, placeholder string) *Value[T] {
	return &Value[T]{Target: target, Parse: parse, Format: format, Placeholder: placeholder}
}

// Set sets the target to the value of a flag's text; an *invalid.Error leaves it as it is.
func (v *Value[T]) Set(text string) error {
	parsed, err := v.Parse(text)
	if err == nil {
		*v.Target = parsed
	}
	return err
}

func (v *Value[T]) String() string { return v.Format(*v.Target) }

// Type returns the placeholder: pflag names the value by it.
func (v *Value[T]) Type() string { return v.Placeholder }
