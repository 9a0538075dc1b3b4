// Package version is which gradwatch this is, and which TensorFlow bindings it is built with.
package version
