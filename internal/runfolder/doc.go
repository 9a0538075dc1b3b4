// Package runfolder makes a run's folder inside the log folder and writes files
// into it whole: a reader sees a file as it was before or after, never half of
// it. Nothing is written outside the log folder, whatever links lie in it, and
// nothing that is there already is replaced unless asked.
package runfolder
