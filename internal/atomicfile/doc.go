// Package atomicfile writes files and folders whole: under a temporary name first, which
// takes the place of what is there at one stroke. And it locks files.
//
// A temporary file or folder is locked while its process lives. So [Sweep] knows what a
// process that was killed has left, whatever numbers processes have by then.
package atomicfile
