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
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gradwatch/internal/atomicfile"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
	"gradwatch/internal/runfolder"
)

// Options say where a cache lies and who is notified while it is made.
type Options struct {
	// Folder holds the caches; "" for DefaultFolder.
	Folder string
	// Progress is called, if set, now and then while the sources are read: with what is being
	// done, and the numbers of bytes of text done and in all.
	Progress func(doing string, done, total int64)
	// Like is a cache whose columns the rows get; nil for the files' own columns. Where both
	// have a header, columns are found by their names, in any order and among others.
	Like *Cache
	// Notice is called, if set, with lines for the user.
	Notice func(line string)
}

// DefaultFolder returns the folder of caches in the user's cache folder.
func DefaultFolder() (string, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return "", invalid.New("cache", "", fmt.Sprintf("a folder, for there is none of the user's: %v", err))
	}
	return filepath.Join(folder, "gradwatch"), nil
}

// Cache holds the rows of some sources on the disk. Close it after use.
type Cache struct {
	manifest *manifest
	folder   string
	parts    []part
	held     *os.File // its folder, locked against removal
}

// Parent returns the folder that the cache lies in: Options.Folder, absolute.
func (c *Cache) Parent() string { return filepath.Dir(c.folder) }

// Open returns the cache of a data set's files (see [Files]). It reuses an existing cache
// where the files are unchanged: they have the same sizes and times or, with other times,
// the same content. Else it makes a new cache in one pass over the files. Of the source's
// choices it uses only Target, Header, Separator, Decimal and Encoding. Where two processes open the same cache at once,
// the second waits for the first.
//
// Errors are an [*invalid.Error] for a wrong choice or a wrong file, and those of the file
// system.
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
	s := &cacheStore{ctx: ctx, Options: options, source: source, files: files, sources: sources}
	if err := s.findColumns(); err != nil {
		return nil, err
	}
	s.key = s.makeKey()
	made := missingFolders(options.Folder)
	if err := os.MkdirAll(options.Folder, 0o777); err != nil {
		return nil, fmt.Errorf("make the folder of caches: %w", err)
	}
	defer func() {
		for _, folder := range made {
			_ = os.Remove(folder) // which is empty where no cache was made
		}
	}()
	if c := s.find(true); c != nil {
		return c, nil
	}
	if s.root, err = os.OpenRoot(options.Folder); err != nil {
		return nil, fmt.Errorf("open the folder of caches: %w", err)
	}
	defer s.root.Close()
	lock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer atomicfile.Unlock(s.root, lock)
	return s.make()
}

// missingFolders returns the folders that must be made for a folder to exist, itself first.
func missingFolders(folder string) []string {
	var missing []string
	for {
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
			return missing
		}
		missing = append(missing, folder)
		folder = filepath.Dir(folder)
	}
}

// cacheStore finds or makes the cache of some files.
type cacheStore struct {
	Options
	ctx     context.Context
	source  *dataset.Source
	files   []string
	sources []Source
	// columns are those that a row of the cache has, in the order of Like's; nil for the
	// files' own.
	columns []string
	key     string // what the names of its caches begin with
	root    *os.Root
}

// findColumns compares the columns of the first file with those of Like.
func (s *cacheStore) findColumns() error {
	if s.Like == nil {
		return nil
	}
	records, err := dataset.OpenRecords(s.files[0], s.source.Reading())
	if err != nil {
		return err
	}
	defer records.Close()
	like, header := s.Like.manifest, records.Header()
	asIn := ", as in " + like.Sources[0].Path
	named := header != nil && like.Named
	switch {
	case named && dataset.SameColumns(header, like.Columns):
		return nil
	case !named && records.Width() != like.width():
		return &invalid.Error{
			File: s.files[0], Problem: printable.Count(records.Width(), "column"), Want: strconv.Itoa(like.width()) + asIn,
		}
	}
	source := *s.source
	s.source = &source
	if !named {
		source.Target = strconv.Itoa(like.Target + 1)
		return nil
	}
	for _, name := range like.Columns {
		var wrong *invalid.Error
		if _, err := dataset.Find(header, name); errors.As(err, &wrong) {
			wrong.File, wrong.Want = s.files[0], wrong.Want+asIn
			return wrong
		}
	}
	source.Target, s.columns = like.Columns[like.Target], like.Columns
	return nil
}

// makeKey returns a text that is the same for the same files, read in the same way.
func (s *cacheStore) makeKey() string {
	h := sha256.New()
	for _, file := range s.sources {
		fmt.Fprintf(h, "%q\n", file.Path)
	}
	fmt.Fprintf(h, "%q %q %d", s.source.Target, s.source.Header, format)
	if s.columns != nil {
		fmt.Fprintf(h, "%q", s.columns)
	}
	for _, choice := range []string{s.source.Separator, s.source.Decimal, s.source.Encoding} {
		if choice != dataset.Automatic {
			fmt.Fprintf(h, " %q", choice)
		}
	}
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return -1
	}, strings.TrimSuffix(filepath.Base(s.sources[0].Path), filepath.Ext(s.sources[0].Path)))
	return name[:min(len(name), 40)] + "-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// caches returns the folders of caches of these files, of any of their states.
func (s *cacheStore) caches() []string {
	found, err := filepath.Glob(filepath.Join(s.Folder, s.key+"-*"))
	if err != nil {
		return nil // the key has no sign of a pattern
	}
	return found
}

// find returns the existing cache of sources of the same sizes and times, locked against
// removal; nil for none. It notifies of a damaged one, unless quiet.
func (s *cacheStore) find(quiet bool) *Cache {
	for _, folder := range s.caches() {
		m, err := readManifest(folder)
		if err == nil && !same(m.Sources, s.sources, true) {
			continue
		}
		var c *Cache
		if err == nil {
			c, err = acquire(folder)
		}
		if err == nil {
			return c
		}
		if !quiet {
			s.notify(fmt.Sprintf("the cache in %s can't be used, and is made anew: %v", folder, err))
		}
	}
	return nil
}

func (s *cacheStore) notify(line string) {
	if s.Notice != nil {
		s.Notice(line)
	}
}

// acquire loads a cache and locks its folder against removal. The folder is locked, not a
// file in it: files are replaced, while the folder keeps its name as long as the cache exists.
func acquire(path string) (*Cache, error) {
	folder, err := lockFolder(path, true)
	if err != nil {
		return nil, err
	}
	c, err := load(path)
	if err != nil {
		_ = folder.Close() // the first error is the one reported
		return nil, err
	}
	c.held = folder
	return c, nil
}

// lockFolder opens a cache's folder and locks it, for its removal or, shared, against that.
func lockFolder(path string, shared bool) (*os.File, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return atomicfile.LockExisting(root, filepath.Base(path), shared)
}

// lockPatience is the time between two tries to lock the making of a cache.
const lockPatience = 50 * time.Millisecond

// lock waits until no other process makes the cache, and locks its making. A killed process
// holds no lock.
func (s *cacheStore) lock() (*os.File, error) {
	for told := false; ; {
		file, err := atomicfile.Lock(s.root, "."+s.key+".lock")
		if !errors.Is(err, atomicfile.ErrLocked) {
			if err != nil {
				err = fmt.Errorf("lock the cache: %w", err)
			}
			return file, err
		}
		if !told {
			s.notify("another process is reading the same data set: waiting for its cache")
			told = true
		}
		select {
		case <-s.ctx.Done():
			return nil, context.Cause(s.ctx)
		case <-time.After(lockPatience):
		}
	}
}

// make returns the cache, under the lock: one that another process has made meanwhile, one
// of files of which only the times have changed, or a new one.
func (s *cacheStore) make() (*Cache, error) {
	s.sweep()
	if c := s.find(false); c != nil {
		return c, nil
	}
	c, err := s.revalidate()
	if c != nil || err != nil {
		return c, err
	}
	folder, err := s.build()
	if err != nil {
		return nil, err
	}
	s.collectGarbage(folder)
	return acquire(folder)
}

// sweep removes the incomplete caches and the locks that killed processes have left, of any
// data set.
func (s *cacheStore) sweep() {
	atomicfile.Sweep(s.root, ".", nil)
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return
	}
	for _, entry := range entries {
		name := entry.Name()
		if !lockForm.MatchString(name) || name == "."+s.key+".lock" {
			continue
		}
		if lock, err := atomicfile.Lock(s.root, name); err == nil {
			atomicfile.Unlock(s.root, lock)
		}
	}
}

// lockForm is of the names of locks: a key between dots.
var lockForm = regexp.MustCompile(`^\.[A-Za-z0-9_-]*-[0-9a-f]{16}\.lock$`)

// revalidate returns the cache of files of the same sizes and content but other times, and
// writes these times into its manifest; nil for none.
func (s *cacheStore) revalidate() (*Cache, error) {
	for _, folder := range s.caches() {
		m, err := readManifest(folder)
		if err != nil || !same(m.Sources, s.sources, false) || same(m.Sources, s.sources, true) { // the last is damaged
			continue
		}
		equal, err := s.sameContent(m)
		if err != nil {
			return nil, err
		}
		if !equal {
			continue
		}
		for i := range m.Sources {
			m.Sources[i].Time = s.sources[i].Time
		}
		if err := writeManifest(folder, m); err != nil {
			return nil, err
		}
		if c, err := acquire(folder); err == nil {
			return c, nil
		}
	}
	return nil, nil
}

func (s *cacheStore) sameContent(m *manifest) (bool, error) {
	done, total := int64(0), totalSize(s.sources)
	for i, path := range s.files {
		sum, size, err := hashFile(s.ctx, path, func(n int64) { s.report("checking", done+n, total) })
		if err != nil {
			return false, err
		}
		if done += size; sum != m.Sources[i].SHA256 {
			return false, nil
		}
	}
	return true, nil
}

func (s *cacheStore) report(doing string, done, total int64) {
	if s.Progress != nil {
		s.Progress(doing, done, total)
	}
}

// build makes the cache, under a temporary name until it is complete, and returns its folder.
func (s *cacheStore) build() (folder string, err error) {
	lock, partial, err := atomicfile.Mkdir(s.root, s.key)
	if err != nil {
		return "", fmt.Errorf("make the cache: %w", err)
	}
	defer func() {
		if err != nil {
			_ = s.root.RemoveAll(partial) // the first error is the one reported
		}
		_ = lock.Close()
	}()
	m, err := s.fill(filepath.Join(s.Folder, partial))
	if err != nil {
		return "", err
	}
	again, err := describe(s.files)
	if err != nil {
		return "", err
	}
	if !same(again, m.Sources, true) {
		return "", errors.New("the data set was changed while it was read: try again when its files are whole")
	}
	sum := sha256.New()
	for _, file := range m.Sources {
		fmt.Fprintln(sum, file.SHA256)
	}
	name, err := s.place(partial, s.key+"-"+hex.EncodeToString(sum.Sum(nil)[:6]))
	if err != nil {
		return "", fmt.Errorf("make the cache: %w", err)
	}
	return filepath.Join(s.Folder, name), atomicfile.SyncFolder(s.root)
}

// place gives a new cache the name or, where that is taken by a cache that a process uses,
// another one. It removes an unused, damaged cache of the name.
func (s *cacheStore) place(partial, name string) (string, error) {
	free := name
	for i := 2; ; i++ {
		s.discard(filepath.Join(s.Folder, free))
		if err := atomicfile.Put(s.root, partial, free); !errors.Is(err, fs.ErrExist) {
			return free, err
		}
		free = fmt.Sprintf("%s-%d", name, i)
	}
}

// discard renames a cache, then removes it, unless a process uses it.
func (s *cacheStore) discard(path string) {
	folder, err := lockFolder(path, false)
	if err != nil {
		return // what stays costs space, no more
	}
	defer folder.Close()
	lock, away, err := atomicfile.Mkdir(s.root, s.key)
	if err != nil {
		return
	}
	defer lock.Close()
	_ = s.root.Rename(filepath.Base(path), filepath.Join(away, "old"))
	_ = s.root.RemoveAll(away)
}

// fill writes all files of a cache into the folder and syncs them.
func (s *cacheStore) fill(folder string) (*manifest, error) {
	estimate, err := estimateRows(s.sources)
	if err != nil {
		return nil, err
	}
	total := totalSize(s.sources)
	p := &pass{
		ctx: s.ctx, source: s.source, columns: s.columns, folder: folder, segment: segmentRows(estimate),
		progress: func(done int64) { s.report("reading", done, total) },
	}
	for i, path := range s.files {
		if s.sources[i].SHA256, err = p.file(path); err != nil {
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
		return nil, dataset.NoRows(s.source.Dataset)
	}
	changed, err := lastChange(folder, (p.count-1)/p.segment+1)
	if err != nil {
		return nil, fmt.Errorf("make the cache: %w", err)
	}
	text := encodeParts(p.parts)
	sum := sha256.Sum256(text)
	if err := writeSynced(folder, partsFile, text); err != nil {
		return nil, err
	}
	dialect := p.first.Dialect()
	m := &manifest{
		Format: format, Sources: s.sources, Choices: choices{Target: s.source.Target, Header: s.source.Header}, Dialect: &dialect,
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

// writeManifest writes it whole, and returns when it is on the disk.
func writeManifest(folder string, m *manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		err = writeSynced(folder, manifestFile, append(text, '\n'))
	}
	return err
}

func writeSynced(folder, name string, text []byte) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("make the cache: %w", err)
	}
	defer root.Close()
	if err := atomicfile.Write(root, true, atomicfile.Content{Name: name, Write: func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}}); err != nil {
		return fmt.Errorf("make the cache: %w", err)
	}
	return nil
}

// collectGarbage removes the caches of older states of these files, except those that a
// process uses.
func (s *cacheStore) collectGarbage(current string) {
	for _, folder := range s.caches() {
		if folder != current {
			s.discard(folder)
		}
	}
}

// Close unlocks the cache, so that it can be removed.
func (c *Cache) Close() error {
	if c == nil || c.held == nil {
		return nil
	}
	return c.held.Close()
}
