package stream

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gradwatch/internal/dataset"
	"gradwatch/internal/runfolder"
)

// Options say where a cache lies and what hears of its making.
type Options struct {
	// Folder holds the caches; "" for DefaultFolder.
	Folder string
	// Progress is called, if set, now and then while a source is read: what is being
	// done, bytes of text done, and all.
	Progress func(doing string, done, total int64)
	// Like is a cache whose columns the rows are to have; nil for those of the files. They
	// are found by their names, in any order and among others, where both have a header.
	Like *Cache
	// Notice is called, if set, with lines that the user should know.
	Notice func(line string)
}

// DefaultFolder returns the folder of caches in the user's.
func DefaultFolder() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cache %q: want a folder, for there is none of the user's: %w", "", err)
	}
	return filepath.Join(folder, "gradwatch"), nil
}

// Cache is the rows of some sources, on the disk. Close it after use.
type Cache struct {
	manifest *manifest
	folder   string
	parts    []part
	held     *os.File // locked, so that no one removes the cache; nil for none
}

// Open returns the cache of a data set's files (see Files), as it is where the files
// are unchanged: of the same sizes and times or, where a time is another, of the same
// content. Else it makes it anew in one pass over them. Of the source's choices only
// Target and Header mean something. Two processes that want the same cache at once get
// it: the second waits for the first.
//
// Errors are a *dataset.FormatError for a wrong file, and those of the file system.
func Open(ctx context.Context, source *dataset.Source, options Options) (*Cache, error) {
	files, err := Files(source.Dataset)
	if err != nil {
		return nil, err
	}
	sources, err := describe(files)
	if err != nil {
		return nil, err
	}
	if options.Folder == "" {
		if options.Folder, err = DefaultFolder(); err != nil {
			return nil, err
		}
	}
	if options.Folder, err = filepath.Abs(options.Folder); err != nil {
		return nil, err
	}
	o := &opener{ctx: ctx, Options: options, source: source, files: files, sources: sources}
	if err := o.findColumns(); err != nil {
		return nil, err
	}
	o.key = o.makeKey()
	if err := os.MkdirAll(options.Folder, 0o777); err != nil {
		return nil, fmt.Errorf("make the folder of caches: %w", err)
	}
	if c := o.find(true); c != nil {
		return c, nil
	}
	lock, err := o.lock()
	if err != nil {
		return nil, err
	}
	defer func() { _ = lock.Close() }() // which unlocks it
	return o.make()
}

// opener finds or makes one cache.
type opener struct {
	Options
	ctx     context.Context
	source  *dataset.Source
	files   []string
	sources []Source
	// columns are those that a row of the cache has, in the order of Like's; nil for the
	// files' own.
	columns []string
	key     string // what the names of its caches begin with
}

// findColumns compares the columns of the first file with those of Like.
func (o *opener) findColumns() error {
	if o.Like == nil {
		return nil
	}
	records, err := dataset.OpenRecords(o.files[0], o.source.HeaderOf())
	if err != nil {
		return err
	}
	defer records.Close()
	like, header := o.Like.manifest, records.Header()
	wrong := func(format string, args ...any) error {
		return &dataset.FormatError{File: o.files[0], Reason: fmt.Sprintf(format, args...) + ", as in " + like.Sources[0].Path}
	}
	named := header != nil && like.Named
	switch {
	case named && dataset.SameColumns(header, like.Columns):
		return nil
	case !named && records.Width() != like.width():
		return wrong("%d columns: want %d", records.Width(), like.width())
	}
	source := *o.source
	o.source = &source
	if !named {
		source.Target = strconv.Itoa(like.Target + 1)
		return nil
	}
	for _, name := range like.Columns {
		at := slices.Index(header, name)
		switch {
		case at < 0:
			return wrong("no column %q: want one of that name", name)
		case slices.Contains(header[at+1:], name):
			return wrong("two columns %q: want one of that name", name)
		}
	}
	source.Target, o.columns = like.Columns[like.Target], like.Columns
	return nil
}

// makeKey returns a text that is the same for the same files, read in the same way.
func (o *opener) makeKey() string {
	h := sha256.New()
	for _, s := range o.sources {
		fmt.Fprintf(h, "%q\n", s.Path)
	}
	fmt.Fprintf(h, "%q %q %d", o.source.Target, o.source.Header, format)
	if o.columns != nil {
		fmt.Fprintf(h, "%q", o.columns)
	}
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return -1
	}, strings.TrimSuffix(filepath.Base(o.sources[0].Path), filepath.Ext(o.sources[0].Path)))
	return name[:min(len(name), 40)] + "-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// caches returns the folders of caches of these files, of any of their states.
func (o *opener) caches() []string {
	found, err := filepath.Glob(filepath.Join(o.Folder, o.key+"-*"))
	if err != nil {
		return nil // the key has no sign of a pattern
	}
	return found
}

// find returns the cache that is there, locked against removal: of sources of the same
// sizes and times; nil for none. What is damaged is told of, unless quiet.
func (o *opener) find(quiet bool) *Cache {
	for _, folder := range o.caches() {
		m, err := readManifest(folder)
		if err == nil && !same(m.Sources, o.sources, true) {
			continue
		}
		var c *Cache
		if err == nil {
			c, err = hold(folder)
		}
		if err == nil {
			return c
		}
		if !quiet {
			o.tell(fmt.Sprintf("the cache in %s can't be used, and is made anew: %v", folder, err))
		}
	}
	return nil
}

func (o *opener) tell(line string) {
	if o.Notice != nil {
		o.Notice(line)
	}
}

// hold loads a cache and locks it against removal.
func hold(folder string) (*Cache, error) {
	file, err := runfolder.OpenInput(filepath.Join(folder, manifestFile))
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	var c *Cache
	if err == nil {
		c, err = load(folder)
	}
	if err != nil {
		_ = file.Close() // the first error is the one to tell
		return nil, err
	}
	c.held = file
	return c, nil
}

// lockPatience is how often a process looks whether another has made the cache.
const lockPatience = 50 * time.Millisecond

// lock waits until no other process makes the cache, and locks its making. A process
// that is killed holds nothing.
func (o *opener) lock() (*os.File, error) {
	path := filepath.Join(o.Folder, "."+o.key+".lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("lock the cache: %w", err)
	}
	for told := false; ; {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return file, nil
		case !errors.Is(err, syscall.EWOULDBLOCK):
			_ = file.Close() // the first error is the one to tell
			return nil, fmt.Errorf("lock the cache: %w", err)
		}
		if !told {
			o.tell("another process is reading the same data set: waiting for its cache")
			told = true
		}
		select {
		case <-o.ctx.Done():
			_ = file.Close()
			return nil, context.Cause(o.ctx)
		case <-time.After(lockPatience):
		}
	}
}

// make returns the cache, under the lock: what another process has made meanwhile, that
// of files whose times alone have changed, or a new one.
func (o *opener) make() (*Cache, error) {
	o.sweep()
	if c := o.find(false); c != nil {
		return c, nil
	}
	c, err := o.touched()
	if c != nil || err != nil {
		return c, err
	}
	folder, err := o.build()
	if err != nil {
		return nil, err
	}
	o.forget(folder)
	return hold(folder)
}

// partialMark is in the name of what is being made, or removed. It begins with a dot, so
// that caches doesn't find it.
const partialMark = ".partial"

// sweep removes what processes that were killed have left half made.
func (o *opener) sweep() {
	left, err := filepath.Glob(filepath.Join(o.Folder, "."+o.key+partialMark+"*"))
	if err != nil {
		return
	}
	for _, folder := range left {
		_ = os.RemoveAll(folder) // what stays costs space, no more
	}
}

// touched returns the cache of files of the same sizes and content, but of other times,
// which it takes over; nil for none.
func (o *opener) touched() (*Cache, error) {
	for _, folder := range o.caches() {
		m, err := readManifest(folder)
		if err != nil || !same(m.Sources, o.sources, false) || same(m.Sources, o.sources, true) { // the last is damaged
			continue
		}
		equal, err := o.sameContent(m)
		if err != nil {
			return nil, err
		}
		if !equal {
			continue
		}
		for i := range m.Sources {
			m.Sources[i].Time = o.sources[i].Time
		}
		if err := writeManifest(folder, m); err != nil {
			return nil, err
		}
		if c, err := hold(folder); err == nil {
			return c, nil
		}
	}
	return nil, nil
}

func (o *opener) sameContent(m *manifest) (bool, error) {
	done, total := int64(0), totalSize(o.sources)
	for i, path := range o.files {
		sum, size, err := hashFile(o.ctx, path, func(n int64) { o.report("checking", done+n, total) })
		if err != nil {
			return false, err
		}
		if done += size; sum != m.Sources[i].SHA256 {
			return false, nil
		}
	}
	return true, nil
}

func (o *opener) report(doing string, done, total int64) {
	if o.Progress != nil {
		o.Progress(doing, done, total)
	}
}

// build makes the cache and returns its folder. Until that has its name, all is under
// another one.
func (o *opener) build() (folder string, err error) {
	partial, err := os.MkdirTemp(o.Folder, "."+o.key+partialMark)
	if err != nil {
		return "", fmt.Errorf("make the cache: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(partial) // the first error is the one to tell
		}
	}()
	m, err := o.fill(partial)
	if err != nil {
		return "", err
	}
	again, err := describe(o.files)
	if err != nil {
		return "", err
	}
	if !same(again, m.Sources, true) {
		return "", errors.New("the data set was changed while it was read: try again when its files are whole")
	}
	sum := sha256.New()
	for _, s := range m.Sources {
		fmt.Fprintln(sum, s.SHA256)
	}
	folder = filepath.Join(o.Folder, o.key+"-"+hex.EncodeToString(sum.Sum(nil)[:6]))
	if err := discard(folder, o.Folder, o.key); err != nil {
		return "", fmt.Errorf("replace the cache %s: %w", folder, err)
	}
	if err := os.Rename(partial, folder); err != nil {
		return "", fmt.Errorf("make the cache: %w", err)
	}
	return folder, syncPath(o.Folder)
}

// discard takes a cache its name away, then removes it.
func discard(folder, caches, key string) error {
	away, err := os.MkdirTemp(caches, "."+key+partialMark)
	if err != nil {
		return err
	}
	err = os.Rename(folder, filepath.Join(away, "old"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(away))
}

// fill writes all files of a cache into the folder and syncs them.
func (o *opener) fill(folder string) (*manifest, error) {
	estimate, err := estimateRows(o.sources)
	if err != nil {
		return nil, err
	}
	total := totalSize(o.sources)
	p := &pass{
		ctx: o.ctx, source: o.source, columns: o.columns, folder: folder, segment: segmentRows(estimate),
		progress: func(done int64) { o.report("reading", done, total) },
	}
	for i, path := range o.files {
		if o.sources[i].SHA256, err = p.file(path); err != nil {
			break
		}
	}
	if p.rows != nil {
		err = cmp.Or(err, p.rows.close())
	}
	switch {
	case err != nil:
		return nil, err
	case p.count == 0:
		return nil, &dataset.FormatError{File: o.source.Dataset, Reason: "a header and no rows: want a row of inputs and a label for each point"}
	}
	changed, err := lastChange(folder, (p.count-1)/p.segment+1)
	if err != nil {
		return nil, fmt.Errorf("make the cache: %w", err)
	}
	text := encodeParts(p.parts)
	sum := sha256.Sum256(text)
	if err := writeSynced(filepath.Join(folder, partsFile), text); err != nil {
		return nil, err
	}
	m := &manifest{
		Format: format, Sources: o.sources, Choices: choices{Target: o.source.Target, Header: o.source.Header},
		Columns: p.columns, Target: slices.Index(p.columns, p.first.Columns()[p.first.Target()]), Named: p.first.Named(), Rows: p.count, Labels: distinct(p.parts),
		Segment: p.segment, RowsTime: changed, PartsSHA256: hex.EncodeToString(sum[:]),
	}
	return m, writeManifest(folder, m)
}

// estimateRows returns about how many rows the sources have, by their sizes and the lines
// at the beginning of the first.
func estimateRows(sources []Source) (int64, error) {
	f, err := runfolder.OpenInput(sources[0].Path)
	if err != nil {
		return 0, fmt.Errorf("read data set: %w", err)
	}
	defer f.Close()
	start := make([]byte, 1<<16)
	n, err := io.ReadFull(f, start)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read data set: %w", err)
	}
	lines := int64(bytes.Count(start[:n], []byte("\n")))
	return totalSize(sources) * max(lines, 1) / max(int64(n), 1), nil
}

// lastChange returns when the last of so many segments was changed, in nanoseconds.
func lastChange(folder string, count int) (int64, error) {
	last := int64(0)
	for i := range count {
		info, err := os.Stat(segmentPath(folder, i))
		if err != nil {
			return 0, err
		}
		last = max(last, info.ModTime().UnixNano())
	}
	return last, nil
}

// writeManifest writes it under another name, syncs it, and gives it its name.
func writeManifest(folder string, m *manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("make the cache: %w", err)
	}
	temporary := filepath.Join(folder, "."+manifestFile)
	if err := writeSynced(temporary, append(text, '\n')); err != nil {
		return err
	}
	if err := os.Rename(temporary, filepath.Join(folder, manifestFile)); err != nil {
		return fmt.Errorf("make the cache: %w", err)
	}
	return syncPath(folder)
}

func writeSynced(path string, text []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("make the cache: %w", err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("make the cache: %w", err)
	}
	return nil
}

// syncPath returns when what a folder lists is on the disk.
func syncPath(folder string) error {
	file, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// forget removes the other caches of these files, of states that they are no longer in,
// but those that a process uses.
func (o *opener) forget(current string) {
	for _, folder := range o.caches() {
		if folder == current {
			continue
		}
		file, err := runfolder.OpenInput(filepath.Join(folder, manifestFile))
		if err == nil {
			err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
			_ = file.Close() // which unlocks it
		}
		if errors.Is(err, syscall.EWOULDBLOCK) {
			continue
		}
		_ = discard(folder, o.Folder, o.key) // what stays costs space, no more
	}
}

// Close lets others remove the cache.
func (c *Cache) Close() error {
	if c == nil || c.held == nil {
		return nil
	}
	return c.held.Close()
}
