// Package sysmem returns how much memory the machine has for this process: the
// system's, or what its control group leaves of it.
//
//	have := sysmem.Read()
//	if need > have.Free { fmt.Println(sysmem.Text(need), "is more than", sysmem.Text(have.Free)) }
package sysmem
