// Command table prints the data of a case of docs/cases.md as a CSV file:
//
//	go run ./test/cases/table threshold >threshold.csv
package main

import (
	"fmt"
	"os"
	"strings"

	"gradwatch/test/cases"
)

func main() {
	var names []string
	for _, c := range cases.All() {
		if len(os.Args) == 2 && os.Args[1] == c.Name {
			if _, err := os.Stdout.WriteString(c.Table()); err != nil {
				fmt.Fprintln(os.Stderr, "table:", err)
				os.Exit(1)
			}
			return
		}
		names = append(names, c.Name)
	}
	fmt.Fprintf(os.Stderr, "table %s: want one of %s\n", strings.Join(os.Args[1:], " "), strings.Join(names, ", "))
	os.Exit(2)
}
