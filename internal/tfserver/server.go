//go:build tensorflow

package tfserver

// #cgo LDFLAGS: -ltensorflow
// #include <stdlib.h>
// #include "tensorflow/c/c_api.h"
// #include "bind.h"
import "C"

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	core "github.com/galeone/tensorflow/tensorflow/go/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"gradwatch/internal/cluster"
)

// Config says which task of a cluster this process is.
type Config struct {
	Cluster cluster.Cluster
	// Job is [cluster.Chief] or [cluster.Worker], Task the number in it, from 0.
	Job  string
	Task int
	// Listen is where to listen; its port is the task's in the cluster.
	Listen netip.AddrPort
	// Threads is the number of threads inside one op.
	Threads int
}

// Start starts the server, which serves until the process ends, and returns the
// target of a session whose master it is. It returns an error where the server
// listens elsewhere than on Listen: then the process should end.
func Start(c Config) (target string, err error) {
	probe, err := net.Listen("tcp4", c.Listen.String())
	if err != nil {
		return "", fmt.Errorf("listen on %s: %w", c.Listen, cause(err))
	}
	if err := probe.Close(); err != nil {
		return "", fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	def, err := proto.Marshal(c.definition())
	if err != nil {
		return "", fmt.Errorf("encode the server's settings: %w", err)
	}
	four, port := c.Listen.Addr().As4(), [2]byte{}
	binary.BigEndian.PutUint16(port[:], c.Listen.Port())
	C.gradwatch_listen_on(C.uint32_t(binary.NativeEndian.Uint32(four[:])), C.uint16_t(binary.NativeEndian.Uint16(port[:])))

	status := C.TF_NewStatus()
	defer C.TF_DeleteStatus(status)
	memory := C.CBytes(def)
	defer C.free(memory)
	server := C.TF_NewServer(memory, C.size_t(len(def)), status)
	if err := statusError(status); err != nil {
		return "", fmt.Errorf("make TensorFlow's server: %w", err)
	}
	if err := checkListeners(c.Listen); err != nil {
		return "", err // it listens already, but serves nobody yet
	}
	C.TF_ServerStart(server, status)
	if err := statusError(status); err != nil {
		return "", fmt.Errorf("start TensorFlow's server: %w", err)
	}
	return C.GoString(C.TF_ServerTarget(server)), nil
}

// definition returns the server's settings as TensorFlow takes them.
func (c *Config) definition() *core.ServerDef {
	def := &core.ServerDef{
		Cluster: &core.ClusterDef{}, JobName: c.Job, TaskIndex: int32(c.Task), Protocol: "grpc",
		DefaultSessionConfig: &core.ConfigProto{
			IntraOpParallelismThreads: int32(c.Threads),
			DeviceCount:               map[string]int32{"GPU": 0},
		},
	}
	add := func(job string, addresses ...string) {
		tasks := make(map[int32]string, len(addresses))
		for i, address := range addresses {
			tasks[int32(i)] = address
		}
		def.Cluster.Job = append(def.Cluster.Job, &core.JobDef{Name: job, Tasks: tasks})
	}
	if c.Cluster.Chief != "" {
		add(cluster.Chief, c.Cluster.Chief)
	}
	add(cluster.Worker, c.Cluster.Workers...)
	return def
}

func statusError(status *C.TF_Status) error {
	if C.TF_GetCode(status) == C.TF_OK {
		return nil
	}
	line, _, _ := strings.Cut(C.GoString(C.TF_Message(status)), "\n")
	return errors.New("TensorFlow: " + strings.TrimSpace(line))
}

// cause returns what a network error comes from, without the address again.
func cause(err error) error {
	var operation *net.OpError
	if errors.As(err, &operation) {
		return operation.Err
	}
	return err
}
