// Package atomicfile writes files and folders whole: under a temporary name, which is then
// renamed atomically. And it locks files and folders.
//
// A temporary file or folder is locked while its process lives. So [Sweep] recognizes what a
// killed process has left, even where another process has its number by then.
//
// Locks are flock(2)'s, by hand: the libraries for them open files by their paths, while
// these are opened below an os.Root, which follows no link out of a folder, and are folders
// too.
package atomicfile
