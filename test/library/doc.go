// Package library tests that a program of another module can train with gradwatch/train alone.
// The program is testdata/moons, which README.md shows.
package library
