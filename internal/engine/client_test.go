package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
)

// fakeVariable makes the test's own program play an engine that fails: what a
// real one can't be made to do. What a real one does right is tested with it, by
// the command's tests.
const fakeVariable = "GRADWATCH_FAKE_ENGINE"

func TestMain(m *testing.M) {
	if part := os.Getenv(fakeVariable); part != "" {
		play(part)
		return
	}
	// The first use of signals starts a goroutine that stays.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	os.Exit(m.Run())
}

// play is a fake engine's main.
func play(part string) {
	messages := os.NewFile(3, "messages")
	out := json.NewEncoder(messages)
	requests := json.NewDecoder(os.Stdin)
	var request Request
	if err := requests.Decode(&request); err != nil {
		fmt.Fprintln(os.Stderr, "no request:", err)
		os.Exit(1)
	}
	switch part {
	case "environment":
		device := Device{Name: strconv.Itoa(os.Getpid())}
		for _, name := range []string{"LD_LIBRARY_PATH", "TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL"} {
			device.Type += name + "=" + os.Getenv(name) + " "
		}
		group, _ := syscall.Getpgid(0)
		device.Memory = int64(group)
		_ = out.Encode(Message{Devices: []Device{device}})
		return
	case "exit":
		fmt.Println("first words")
		fmt.Fprintln(os.Stderr, "last words\nwithout an end")
		os.Exit(7)
	case "half a message":
		fmt.Fprint(messages, `{"finished": {"summ`)
		os.Exit(7)
	case "garbled":
		fmt.Fprintln(messages, "hello")
		time.Sleep(time.Hour)
	case "failed":
		_ = out.Encode(Message{Failed: &Failed{Message: "device \"gpu\": want a GPU", Invalid: invalid.New("device", "gpu", "a GPU")}})
		return
	}
	_ = out.Encode(Message{Started: &Started{Folder: "/logs/run", Name: "run"}})
	switch part {
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "abort": // as TensorFlow does
		fmt.Fprintln(os.Stderr, "F0000 00:00 tensor.cc:1] Check failed: 1 == 2")
		_ = syscall.Kill(os.Getpid(), syscall.SIGABRT)
		time.Sleep(time.Hour)
	case "grandchild":
		syscall.CloseOnExec(3)
		child := exec.Command("sleep", "30")
		child.Stderr = os.Stderr // held open
		_ = child.Start()
		os.Exit(7)
	case "twice, then abort":
		for range 2 {
			_ = out.Encode(Message{Finished: &Finished{Runs: []Ended{{Summary: record.Summary{Epochs: os.Getpid()}}}}})
			_ = requests.Decode(&request)
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "stop":
		var stop Request
		if requests.Decode(&stop) == nil && stop.Stop {
			_ = out.Encode(Message{Finished: &Finished{Runs: []Ended{{Summary: record.Summary{State: record.Stopped}}}}})
		}
	case "deaf":
		var stop Request
		_ = requests.Decode(&stop)
		_ = out.Encode(Message{Progress: &Progress{Epoch: 1}})
		time.Sleep(time.Hour)
	}
}

// fake returns an installation whose engine plays a part.
func fake(t *testing.T, part string) Installation {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(fakeVariable, part)
	return Installation{Program: program, Library: "/library"}
}

// train runs a fake engine and checks that nothing is left of it.
func train(ctx context.Context, t *testing.T, i Installation, on func(Message)) (*Finished, error) {
	t.Helper()
	before := runtime.NumGoroutine()
	finished, err := i.Train(ctx, Train{Runs: []config.Run{config.Default()}}, nil, on)
	for range 50 { // the runtime takes a moment to count a goroutine as ended
		if runtime.NumGoroutine() <= before {
			return finished, err
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("got %d goroutines afterwards, want the %d before", runtime.NumGoroutine(), before)
	return finished, err
}

// TestCrashes has the engine end without an answer: one line says how.
func TestCrashes(t *testing.T) {
	for _, tc := range []struct{ part, want string }{
		{"exit", "the engine ended unexpectedly (exit status 7): first words | last words | without an end"},
		{"half a message", "the engine ended unexpectedly (exit status 7)"},
		{"kill", "the engine ended unexpectedly (signal: killed); /logs/run keeps what was recorded"},
		{"abort", "the engine ended unexpectedly (exit status 2): F0000 00:00 tensor.cc:1] Check failed: 1 == 2 | " +
			"SIGABRT: abort; /logs/run keeps what was recorded"},
	} {
		t.Run(tc.part, func(t *testing.T) {
			_, err := train(t.Context(), t, fake(t, tc.part), func(Message) {})
			var crash *Crash
			if !errors.As(err, &crash) {
				t.Fatalf("got error %v, want a *Crash", err)
			}
			if got := err.Error(); got != tc.want {
				t.Errorf("got %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestGarbledMessage(t *testing.T) {
	_, err := train(t.Context(), t, fake(t, "garbled"), func(Message) {})
	if want := "is not understood"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
}

func TestFailed(t *testing.T) {
	_, err := train(t.Context(), t, fake(t, "failed"), func(Message) {})
	var failed *Failed
	if !errors.As(err, &failed) {
		t.Fatalf("got error %#v, want the engine's Failed", err)
	}
	var wrong *invalid.Error
	if want := invalid.New("device", "gpu", "a GPU"); !errors.As(err, &wrong) || *wrong != *want {
		t.Errorf("got %+v, want %+v as the engine's process had it", wrong, want)
	}
}

// TestGrandchild has the engine leave a process that holds its output open.
func TestGrandchild(t *testing.T) {
	begin := time.Now()
	_, err := fake(t, "grandchild").Train(t.Context(), Train{}, nil, func(Message) {})
	var crash *Crash
	if !errors.As(err, &crash) || crash.State != "exit status 7" {
		t.Errorf("got error %v, want a *Crash with exit status 7", err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("got an answer after %v, want one soon after the engine's end", took)
	}
}

// TestEnginePlans does requests of two plans: what TensorFlow takes only once needs
// another process, the rest doesn't.
func TestEnginePlans(t *testing.T) {
	e := fake(t, "twice, then abort").Engine(nil)
	defer e.Close()
	var processes []int
	for _, plan := range []config.Plan{{Threads: 1}, {Threads: 1, Groups: 4}, {Threads: 1, OneDNN: true}, {Threads: 2, OneDNN: true}, {Threads: 2, OneDNN: true, Branches: true}} {
		finished, err := e.Train(t.Context(), Train{Runs: []config.Run{config.Default()}, Plan: plan}, func(Message) {})
		if err != nil {
			t.Fatal(err)
		}
		processes = append(processes, finished.Runs[0].Summary.Epochs)
	}
	if processes[0] != processes[1] || len(slices.Compact(processes[1:])) != 4 {
		t.Errorf("got processes %v, want the first two the same, the others new", processes)
	}
}

// TestEngine does two requests with one process, and after its crash at the third
// the fourth with another.
func TestEngine(t *testing.T) {
	e := fake(t, "twice, then abort").Engine(nil)
	defer e.Close()
	var processes []int
	for request := range 4 {
		finished, err := e.Train(t.Context(), Train{Runs: []config.Run{config.Default()}}, func(Message) {})
		var crash *Crash
		switch {
		case request == 2 && (!errors.As(err, &crash) || crash.Folder != ""):
			t.Fatalf("third request: got error %v, want a *Crash without a folder", err)
		case request != 2 && err != nil:
			t.Fatalf("request %d: %v", request, err)
		case request != 2:
			processes = append(processes, finished.Runs[0].Summary.Epochs)
		}
	}
	if processes[0] != processes[1] || processes[2] == processes[1] {
		t.Errorf("got processes %v, want the first two the same, the last another", processes)
	}
}

func TestStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	finished, err := train(ctx, t, fake(t, "stop"), func(m Message) {
		if m.Started != nil {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := finished.Runs[0].Summary.State, record.Stopped; got != want {
		t.Errorf("got state %q, want %q", got, want)
	}
}

func TestStopBeforeStart(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("cause")
	cancel(cause)
	if _, err := train(ctx, t, fake(t, "stop"), func(Message) {}); !errors.Is(err, cause) {
		t.Errorf("got error %v, want the context's cause", err)
	}
}

// TestSecondSignal kills an engine that doesn't heed the first.
func TestSecondSignal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := fake(t, "deaf").Train(ctx, Train{}, nil, func(m Message) {
		if m.Started != nil {
			cancel()
		}
		if m.Progress != nil { // it got the first
			if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
				t.Error(err)
			}
		}
	})
	if want := "context canceled, at once by a second signal; /logs/run keeps what was recorded"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %q", err, want)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want the context's cause in it", err)
	}
}

func TestEnvironment(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before string
		plan   config.Plan
		log    io.Writer
		want   string
	}{
		{"small", "", config.Plan{}, nil, "LD_LIBRARY_PATH=/library TF_ENABLE_ONEDNN_OPTS=0 TF_CPP_MIN_LOG_LEVEL=2 "},
		{"large", "", config.Plan{OneDNN: true}, nil, "LD_LIBRARY_PATH=/library TF_ENABLE_ONEDNN_OPTS=1 TF_CPP_MIN_LOG_LEVEL=2 "},
		{"verbose", "", config.Plan{}, io.Discard, "LD_LIBRARY_PATH=/library TF_ENABLE_ONEDNN_OPTS=0 TF_CPP_MIN_LOG_LEVEL=0 "},
		{"path", "/a:/b", config.Plan{}, nil, "LD_LIBRARY_PATH=/library:/a:/b TF_ENABLE_ONEDNN_OPTS=0 TF_CPP_MIN_LOG_LEVEL=2 "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("LD_LIBRARY_PATH", tc.before)
			t.Setenv("TF_ENABLE_ONEDNN_OPTS", "1")
			e := fake(t, "environment").Engine(tc.log)
			e.plan = tc.plan
			last, err := e.ask(t.Context(), Request{Devices: true}, func(Message) {})
			if err != nil {
				t.Fatal(err)
			}
			e.Close()
			device := last.Devices[0]
			if diff := cmp.Diff(tc.want, device.Type); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
			pid, err := strconv.Atoi(device.Name)
			if err != nil {
				t.Fatal(err)
			}
			if int64(pid) != device.Memory {
				t.Errorf("got process group %d of process %d, want its own", device.Memory, pid)
			}
			if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("got %v for process %d, want it gone", err, pid)
			}
		})
	}
}

func TestNoProgram(t *testing.T) {
	_, err := Installation{Program: t.TempDir()}.Devices(t.Context(), nil)
	if err == nil || !strings.HasPrefix(err.Error(), "start the engine: ") {
		t.Errorf("got error %v, want one that begins with %q", err, "start the engine: ")
	}
}

// TestTail writes in pieces that don't end with lines.
func TestTail(t *testing.T) {
	for _, tc := range []struct {
		name   string
		pieces []string
		want   []string
	}{
		{"none", nil, nil},
		{"pieces", []string{"a", "b\nc", "\n\n \nd"}, []string{"ab", "c", "d"}},
		{"many", []string{"1\n2\n3\n4\n5\n"}, []string{"3", "4", "5"}},
		{"panic", []string{"before\npanic: no\n\ngoroutine 1 [running]:\nmain.main()\n", "more"}, []string{"before", "panic: no"}},
		{"long", []string{strings.Repeat("x", 10*maxLine), "y\nz\n"}, []string{strings.Repeat("x", maxLine), "z"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var log bytes.Buffer
			w := &tail{log: &log}
			for _, piece := range tc.pieces {
				if n, err := w.Write([]byte(piece)); n != len(piece) || err != nil {
					t.Errorf("got %d, %v, want %d bytes written", n, err, len(piece))
				}
			}
			if diff := cmp.Diff(tc.want, w.last()); diff != "" {
				t.Errorf("last lines (-want +got):\n%s", diff)
			}
			if got, want := log.String(), strings.Join(tc.pieces, ""); got != want {
				t.Errorf("got log %q, want %q", got, want)
			}
		})
	}
}
