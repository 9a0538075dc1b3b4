// Package memory tells how much memory the machine has for this process: the
// system's, or what its control group leaves of it.
//
//	have := memory.Read()
//	if need > have.Free { fmt.Println(memory.Text(need), "is more than", memory.Text(have.Free)) }
package memory
