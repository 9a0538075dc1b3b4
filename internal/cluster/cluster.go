package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"

	"gradwatch/internal/invalid"
	"gradwatch/internal/runfolder"
)

// The jobs of a cluster.
const (
	// Chief is the job of the process that trains: its one task has the variables.
	Chief = "chief"
	// Worker is the job of those that compute for it.
	Worker = "worker"
)

// maxWorkers is far above what synchronous training has use for.
const maxWorkers = 1000

// Cluster is the addresses of a cluster's tasks, each an IPv4 address and a port.
// All tasks are given the same.
type Cluster struct {
	// Chief is the address on which the training process listens, so that workers can fetch
	// weights from it; "" for none, which studies don't need.
	Chief string `json:"chief,omitempty"`
	// Workers are in the order of their tasks.
	Workers []string `json:"workers"`
}

// Read reads a cluster's file. Errors are a [*fs.PathError], or an [*invalid.Error] of the
// file.
func Read(path string) (Cluster, error) {
	text, err := runfolder.ReadInput(path)
	if err != nil {
		return Cluster{}, err
	}
	c, err := Parse(text)
	return c, invalid.At(err, path, 0)
}

const form = `{"chief": ADDRESS, "workers": [ADDRESS, ...]}`

// Parse reads {"chief": ADDRESS, "workers": [ADDRESS, ...]}, and nothing else. The error is
// an [*invalid.Error], whose Field is chief or worker and its number where an
// address is wrong.
func Parse(text []byte) (Cluster, error) {
	var c Cluster
	d := json.NewDecoder(bytes.NewReader(text))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return Cluster{}, &invalid.Error{Want: form}
	}
	var seen []string
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return Cluster{}, syntaxError(err)
		}
		key := token.(string) // the decoder takes nothing else for a key
		if slices.Contains(seen, key) {
			return Cluster{}, &invalid.Error{Problem: fmt.Sprintf("%q is there twice", key)}
		}
		seen = append(seen, key)
		switch key {
		case "chief":
			err = d.Decode(&c.Chief)
		case "workers":
			err = d.Decode(&c.Workers)
		default:
			return Cluster{}, &invalid.Error{Problem: strconv.Quote(key), Want: "only chief and workers"}
		}
		if err != nil {
			return Cluster{}, syntaxError(err)
		}
	}
	if _, err := d.Token(); err != nil {
		return Cluster{}, syntaxError(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Cluster{}, &invalid.Error{Want: "nothing after the closing brace"}
	}
	if slices.Contains(seen, "chief") && c.Chief == "" {
		return Cluster{}, addressError("chief", c.Chief)
	}
	return c, c.check()
}

func syntaxError(err error) error {
	return &invalid.Error{Want: fmt.Sprintf("%s: %v", form, err)}
}

// check refuses invalid addresses and those that occur twice.
func (c Cluster) check() error {
	if n := len(c.Workers); n < 1 || n > maxWorkers {
		return &invalid.Error{Problem: "workers", Want: fmt.Sprintf("from 1 to %d addresses, there are %d", maxWorkers, n)}
	}
	seen := make(map[netip.AddrPort]string)
	check := func(name, text string) error {
		address, ok := parseAddress(text)
		if !ok {
			return addressError(name, text)
		}
		if other := seen[address]; other != "" {
			return invalid.New(name, text, "another address than that of "+other)
		}
		seen[address] = name
		return nil
	}
	if c.Chief != "" {
		if err := check("chief", c.Chief); err != nil {
			return err
		}
	}
	for i, text := range c.Workers {
		if err := check("worker "+strconv.Itoa(i), text); err != nil {
			return err
		}
	}
	return nil
}

func addressError(name, text string) error {
	return invalid.New(name, text, "an IPv4 address of one machine and a port, such as 10.0.0.2:2222")
}

// parseAddress reads the address of a task.
func parseAddress(text string) (address netip.AddrPort, ok bool) {
	address, err := netip.ParseAddrPort(text)
	if err != nil || !address.Addr().Is4() || address.Port() == 0 || address.String() != text {
		return address, false
	}
	ip := address.Addr()
	return address, !ip.IsUnspecified() && !ip.IsMulticast() && ip != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// Name returns the name of worker i in messages: its number and its address.
func (c Cluster) Name(i int) string { return fmt.Sprintf("worker %d (%s)", i, c.Workers[i]) }
