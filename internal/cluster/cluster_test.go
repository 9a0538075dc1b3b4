package cluster

import (
	"errors"
	"strings"
	"testing"

	"gradwatch/internal/invalid"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const form = `want {"chief": ADDRESS, "workers": [ADDRESS, ...]}`
	const address = ": want an IPv4 address of one machine and a port, such as 10.0.0.2:2222"
	for _, tc := range []struct {
		text  string
		want  Cluster
		error string // what it begins with
	}{
		{text: `{"workers": ["10.0.0.2:2222"]}`, want: Cluster{Workers: []string{"10.0.0.2:2222"}}},
		{
			text: ` {"workers": ["10.0.0.2:2222", "10.0.0.3:2222"], "chief": "10.0.0.2:2221"} ` + "\n",
			want: Cluster{Chief: "10.0.0.2:2221", Workers: []string{"10.0.0.2:2222", "10.0.0.3:2222"}},
		},
		{text: ``, error: form},
		{text: `[]`, error: form},
		{text: `{`, error: form},
		{text: `{"workers": ["10.0.0.2:2222"]`, error: form},
		{text: `{"workers": "10.0.0.2:2222"}`, error: form},
		{text: `{"workers": [1]}`, error: form},
		{text: `{"workers": ["10.0.0.2:2222"]} {}`, error: "want nothing after the closing brace"},
		{text: `{}`, error: "workers: want from 1 to 1000 addresses, there are 0"},
		{text: `{"workers": []}`, error: "workers: want from 1 to 1000 addresses, there are 0"},
		{text: `{"Workers": ["10.0.0.2:2222"]}`, error: `"Workers": want only chief and workers`},
		{text: `{"workers": ["10.0.0.2:2222"], "ps": []}`, error: `"ps": want only chief and workers`},
		{text: `{"workers": ["10.0.0.2:1"], "workers": ["10.0.0.2:2222"]}`, error: `"workers" is there twice`},
		{text: `{"chief": "", "workers": ["10.0.0.2:2222"]}`, error: `chief ""` + address},
		{text: `{"chief": "host:2222", "workers": ["10.0.0.2:2222"]}`, error: `chief "host:2222"` + address},
		{text: `{"workers": ["10.0.0.2"]}`, error: `worker 0 "10.0.0.2"` + address},
		{text: `{"workers": ["10.0.0.2:0"]}`, error: `worker 0 "10.0.0.2:0"` + address},
		{text: `{"workers": ["10.0.0.2:65536"]}`, error: `worker 0 "10.0.0.2:65536"` + address},
		{text: `{"workers": ["10.0.0.2:02222"]}`, error: `worker 0 "10.0.0.2:02222"` + address},
		{text: `{"workers": ["[::1]:2222"]}`, error: `worker 0 "[::1]:2222"` + address},
		{text: `{"workers": ["0.0.0.0:2222"]}`, error: `worker 0 "0.0.0.0:2222"` + address},
		{text: `{"workers": ["224.0.0.1:2222"]}`, error: `worker 0 "224.0.0.1:2222"` + address},
		{
			text:  `{"workers": ["10.0.0.2:2222", "10.0.0.2:2222"]}`,
			error: `worker 1 "10.0.0.2:2222": want another address than that of worker 0`,
		},
		{text: `{"chief": "10.0.0.2:2222", "workers": ["10.0.0.2:2222"]}`, error: `worker 0 "10.0.0.2:2222": want another address than that of chief`},
	} {
		t.Run(tc.text, func(t *testing.T) {
			got, err := Parse([]byte(tc.text))
			switch {
			case err == nil && tc.error == "":
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			case err == nil:
				t.Errorf("got %v, want an error %q", got, tc.error)
			case tc.error == "" || !strings.HasPrefix(err.Error(), tc.error) || strings.Contains(err.Error(), "\n"):
				t.Errorf("got error %q, want one line that begins with %q", err, tc.error)
			}
		})
	}
}

// FuzzParse checks that what is accepted is written back as it was understood.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"chief": "10.0.0.2:2221", "workers": ["10.0.0.2:2222", "10.0.0.3:2222"]}`))
	f.Add([]byte(`{"workers": []}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		for _, address := range c.Workers {
			if _, ok := parseAddress(address); !ok {
				t.Errorf("accepted address %q", address)
			}
		}
		if err := c.check(); err != nil {
			t.Errorf("accepted what is refused: %v", err)
		}
	})
}

func TestListen(t *testing.T) {
	for _, tc := range []struct {
		text, task string
		insecure   bool
		want       string // the address, or what the error begins with
	}{
		{"", "127.0.0.1:2222", false, "127.0.0.1:2222"},
		{"", "10.0.0.2:2222", false, "10.0.0.2:2222"},
		{"10.0.0.3:2222", "10.0.0.2:2222", false, "10.0.0.3:2222"},
		{"", "172.31.255.255:1", false, "172.31.255.255:1"},
		{"", "192.168.1.1:1", false, "192.168.1.1:1"},
		{"", "100.64.0.1:1", false, "100.64.0.1:1"},
		{"", "169.254.0.1:1", false, "169.254.0.1:1"},
		{"", "172.32.0.1:1", false, "want a private address"},
		{"", "100.128.0.1:1", false, "want a private address"},
		{"", "8.8.8.8:2222", false, "want a private address"},
		{"", "8.8.8.8:2222", true, "8.8.8.8:2222"},
		{"0.0.0.0:2222", "10.0.0.2:2222", false, "want one private address, or --insecure"},
		{"0.0.0.0:2222", "10.0.0.2:2222", true, "0.0.0.0:2222"},
		{"10.0.0.2:2223", "10.0.0.2:2222", false, "want port 2222"},
		{"10.0.0.2:2223", "10.0.0.2:2222", true, "want port 2222"},
		{"10.0.0.2", "10.0.0.2:2222", false, "want an IPv4 address"},
		{"host:2222", "10.0.0.2:2222", true, "want an IPv4 address"},
		{"[::1]:2222", "10.0.0.2:2222", true, "want an IPv4 address"},
	} {
		got, err := Listen(tc.text, tc.task, tc.insecure)
		text := got.String()
		var wrong *invalid.Error
		if errors.As(err, &wrong) && wrong.Field == "listen" {
			text = "want " + wrong.Want
		}
		if err == nil && text != tc.want || err != nil && !strings.HasPrefix(text, tc.want) {
			t.Errorf("listen on %q as %q, insecure %v: got %q, want %q", tc.text, tc.task, tc.insecure, text, tc.want)
		}
	}
}
