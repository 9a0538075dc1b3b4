//go:build tensorflow

package main

import (
	"strings"
	"testing"

	"gradwatch/internal/cli"
)

// TestClusterRequests asks of a cluster what can't be done: one line on stderr, the
// status, and nothing written.
func TestClusterRequests(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "cluster.json", `{"chief": "127.0.0.1:2221", "workers": ["127.0.0.1:2222", "127.0.0.1:2223"]}`)
	write(t, "public.json", `{"chief": "203.0.113.1:2221", "workers": ["203.0.113.2:2222"]}`)
	write(t, "headless.json", `{"workers": ["127.0.0.1:2222"]}`)
	write(t, "wrong.json", `{"workers": ["localhost"]}`)
	before := files(t)
	const private = "want a private address (127.*, 10.*, 172.16-31.*, 192.168.*, 100.64-127.*, 169.254.*), or --insecure: TensorFlow's server has no password"
	for _, tc := range []struct {
		args   string // separated by spaces
		status int
		want   string // what the line begins with
	}{
		{"train --cluster none.json", 1, "open none.json: no such file or directory"},
		{"train --cluster=", 2, `--cluster "": want a file`},
		{"train --cluster wrong.json", 2, `--cluster: wrong.json: worker 0 "localhost": want an IPv4 address of one machine and a port, such as 10.0.0.2:2222`},
		{"train --cluster headless.json", 2, `--cluster: headless.json: want "chief" too: the address, on this machine, where the workers fetch the weights`},
		{"train --cluster public.json", 2, `--cluster: public.json: chief "203.0.113.1:2221": ` + private},
		{"train --cluster cluster.json --cluster-timeout 0s", 2, `--cluster-timeout "0s": want a duration from 1s to 24h, such as 30s or 5m`},
		{"train --cluster cluster.json --cluster-timeout soon", 2, `--cluster-timeout "soon": want a duration from 1s to 24h, such as 30s or 5m`},
		{"train --cluster-timeout 5s", 2, "--cluster-timeout: want it only with --cluster"},
		{"train --insecure", 2, "--insecure: want it only with --cluster"},
		{"train --cluster cluster.json --device gpu", 2, `--device "gpu": want auto or cpu with --cluster`},
		{"train --cluster cluster.json --batch-norm", 2, `--batch-norm "true": want false with --cluster: each worker would normalize by its own part of the batch`},
		{"train --cluster cluster.json --dropout 0.5", 2, `--dropout "0.5": want 0 with --cluster: masks aren't divided among workers`},
		{"train --cluster cluster.json --cluster-timeout 1s", 1, "worker 0 (127.0.0.1:2222) has not come back within 1s"},
		{"study --vary units=2,3 --cluster wrong.json", 2, `--cluster: wrong.json: worker 0 "localhost": want an IPv4 address of one machine and a port, such as 10.0.0.2:2222`},
		{"study --vary units=2,3 --insecure", 2, `unknown flag "--insecure": see gradwatch study --help`},

		{"worker", 2, "--cluster: want it: "},
		{"worker --cluster cluster.json", 2, "--task: want it: number of this worker in the cluster, from 0"},
		{"worker --cluster cluster.json --task one", 2, `--task "one": want an integer of at least 0`},
		{"worker --cluster cluster.json --task -1", 2, `--task "-1": want an integer of at least 0`},
		{"worker --cluster cluster.json --task 2", 2, `--task "2": want an integer from 0 to 1, the cluster's workers`},
		{"worker --cluster cluster.json --task 0 --listen 2222", 2, `--listen "2222": want an IPv4 address of this machine and a port, such as 10.0.0.2:2222`},
		{"worker --cluster cluster.json --task 0 --listen 127.0.0.1:3333", 2, `--listen "127.0.0.1:3333": want port 2222, as the cluster has it for this task`},
		{"worker --cluster cluster.json --task 0 --listen 0.0.0.0:2222", 2, `--listen "0.0.0.0:2222": want one private address, or --insecure`},
		{"worker --cluster public.json --task 0", 2, `--listen "203.0.113.2:2222": ` + private},
		{"worker --cluster public.json --task 0 --insecure", 1, "listen on 203.0.113.2:2222: bind: cannot assign requested address"},
		{"worker --cluster cluster.json --task 0 --threads 0", 2, `--threads "0": want auto or an integer from 1 to 1024`},
		{"worker fly", 2, `unexpected argument "fly": worker takes only flags`},
	} {
		t.Run(tc.args, func(t *testing.T) {
			got := gradwatch(t.Context(), strings.Fields(tc.args)...)
			lines := strings.Split(strings.TrimSuffix(got.stderr, "\n"), "\n")
			if last := lines[len(lines)-1]; got.status != tc.status || got.stdout != "" || !strings.HasPrefix(last, "gradwatch: "+tc.want) {
				t.Errorf("got status %d, %q and %q, want %d and %q", got.status, got.stdout, last, tc.status, tc.want)
			}
			if tc.status == cli.ExitRequest && len(lines) != 1 {
				t.Errorf("got %d lines, want 1: %s", len(lines), got.stderr)
			}
		})
	}
	if after := files(t); len(after) != len(before) {
		t.Errorf("got files %v, want those before: %v", after, before)
	}
}
