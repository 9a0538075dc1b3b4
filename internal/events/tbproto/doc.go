// Package tbproto is the generated code of TensorBoard's messages, with the fields that gradwatch writes or reads.
package tbproto

//go:generate ../../../.runtime/tensorboard/bin/python generate.py
