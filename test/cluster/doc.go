// Package cluster tests training on TensorFlow's own distributed runtime: workers in
// processes of their own on the loopback interface, which are killed, stopped and
// started again. Runs and studies end as those that were left alone.
package cluster
