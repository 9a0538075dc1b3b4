// Package eventfile writes TensorBoard's event files by TensorFlow's ops. The ops report success even
// if nothing was written, on a full disk for example, so a [File] reads what was added after each
// write and returns a [runfolder.WriteError] unless these are complete records.
package eventfile
