// Package tfserver starts TensorFlow's gRPC server in this process, which makes of it
// a task of a cluster: a worker, or the chief that trains. It is used by
// gradwatch-engine alone.
//
// TensorFlow's server asks nobody who he is, encrypts nothing and runs any graph
// that is sent to it. By itself it listens on every interface, whatever its
// address; linked with this package it listens on the one that it is told.
//
// A server ends with its process: TensorFlow's C API can't stop one
// (TF_ServerStop is not implemented, TF_DeleteServer aborts).
package tfserver
