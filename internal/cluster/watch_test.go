package cluster

import (
	"context"
	"io"
	"net"
	"testing"
	"time"
)

// listen listens on the loopback interface and does something with each connection.
func listen(t *testing.T, answer func(net.Conn)) (address string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(connection)
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String(), func() { _ = listener.Close() }
}

// TestAnswers probes what is gone, what takes connections and says nothing, as the
// kernel does for a process that is stopped, and what is another kind of server.
// test/cluster probes TensorFlow's.
func TestAnswers(t *testing.T) {
	closed, stop := listen(t, func(net.Conn) {})
	stop()
	silent, _ := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	other, _ := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n") })
	server, _ := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "\x00\x00\x00\x04\x00\x00\x00\x00\x00") })
	for _, tc := range []struct {
		name, address string
		answers, gone bool
	}{
		{"gone", closed, false, true},
		{"silent", silent, false, false},
		{"other", other, false, false},
		{"server", server, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			err := Answers(ctx, tc.address)
			if (err == nil) != tc.answers || gone(err) != tc.gone {
				t.Errorf("got %v, want an answer: %v, gone: %v", err, tc.answers, tc.gone)
			}
		})
	}
}

// TestWait waits for a task that is not there, and is told which one.
func TestWait(t *testing.T) {
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	there, _ := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, settings) })
	missing, stop := listen(t, func(net.Conn) {})
	stop()
	c := Cluster{Workers: []string{there, missing}}
	if lost := c.Wait(t.Context(), 0); lost != nil {
		t.Errorf("got %v, want it to answer", lost)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	lost := c.Wait(ctx, c.All()...)
	if want := "worker 1 (" + missing + ") is gone"; lost == nil || lost.Error() != want {
		t.Errorf("got %v, want %q", lost, want)
	}
	if lost := c.Watch(t.Context(), 0, 1); lost == nil || lost.Worker != c.Name(1) || !lost.Killed {
		t.Errorf("watch: got %v, want worker 1 gone", lost)
	}
}
