// Package session starts TensorFlow's sessions, in this process or on the servers of a cluster, runs
// the calls of package graph in them, and lists the devices.
package session
