package runner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
)

// CleanFolder returns a path of the folder that ends with its name: of "." its absolute path.
func CleanFolder(folder string) (string, error) {
	if base := filepath.Base(folder); base != "." && base != ".." {
		return folder, nil
	}
	return filepath.Abs(folder)
}

// CheckResumeFlags refuses flags beside --resume but those allowed: what is resumed
// goes on as it began.
func CheckResumeFlags(what, folder string, given *pflag.FlagSet, allowed ...string) error {
	var extra error
	given.Visit(func(flag *pflag.Flag) {
		if extra == nil && !slices.Contains(allowed, flag.Name) {
			extra = cli.RequestErrorf("--resume %q: want it without --%s: %s goes on as it began", folder, flag.Name, what)
		}
	})
	return extra
}

// ReadResumed reads the summary of a run. A folder that is no run's is a wrong
// request.
func ReadResumed(folder string) (*record.Summary, error) {
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		if _, err := os.Stat(filepath.Join(folder, study.DefinitionFile)); err == nil {
			return nil, cli.RequestErrorf("--resume %q: it is a study's folder: want gradwatch study --resume", folder)
		}
		if runfolder.IsLeftOver(folder) {
			return nil, cli.RequestErrorf("--resume %q: the run was ended before it had a %s: train it again, it takes this folder", folder, runfolder.SummaryFile)
		}
		return nil, cli.RequestErrorf("--resume %q: want a run's folder, which holds a %s", folder, runfolder.SummaryFile)
	case err != nil:
		return nil, cli.FileOr(err, func(err error) error { return cli.RequestErrorf("--resume: %v", err) })
	}
	return summary, nil
}

// MoveTo sets the run's log folder and name to where its folder lies now.
func MoveTo(run *config.Run, folder string) {
	folder = filepath.Clean(folder)
	if folder == filepath.Join(run.LogDir, run.Name) {
		return
	}
	if logdir, found := strings.CutSuffix(folder, string(filepath.Separator)+run.Name); found && run.Name != "" && logdir != "" {
		run.LogDir = logdir
		return
	}
	run.LogDir, run.Name = filepath.Dir(folder), filepath.Base(folder)
}
