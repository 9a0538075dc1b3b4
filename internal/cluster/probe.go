package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// Answers returns nil if TensorFlow's server at the address answers before ctx is done. A
// connection alone does not show that: the machine accepts it for a stopped process too. So
// it opens HTTP/2, on which gRPC is based, and waits for the server's settings (RFC 9113,
// sections 3.4 and 6.5).
func Answers(ctx context.Context, address string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp4", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	stop := context.AfterFunc(ctx, func() { _ = connection.SetDeadline(time.Unix(1, 0)) }) // it is past
	defer stop()
	const (
		preface  = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
		settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // a frame without any
	)
	if _, err := io.WriteString(connection, preface+settings); err != nil {
		return err
	}
	var header [9]byte // length, type, flags, stream
	if _, err := io.ReadFull(connection, header[:]); err != nil {
		return err
	}
	const settingsFrame = 4
	if header[3] != settingsFrame {
		return fmt.Errorf("%s answers, but is no server of TensorFlow's", address)
	}
	return nil
}

// gone reports whether an error of Answers says that no process is there.
func gone(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
