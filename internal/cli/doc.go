// Package cli is what all commands share: the streams and the program that they run
// with, exit statuses, errors as one line, signals, help, groups of flags, and commands
// that are printed so that they run as they are printed.
package cli
