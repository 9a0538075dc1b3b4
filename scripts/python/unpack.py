"""Unpacks parts of wheels, with progress.

usage: unpack.py --into FOLDER --take PREFIX=TARGET ... [--drop TEXT ...] WHEEL ...

Each file of a wheel whose name starts with PREFIX goes to FOLDER/TARGET plus the rest of its name; names that hold a
--drop text stay out. Files are copied in chunks, as the largest have about a gigabyte, and zipfile checks each file's
CRC at its end. Needs Python 3.6 and nothing else.
"""

import argparse
import os
import sys
import time
import zipfile

CHUNK = 4 << 20  # bytes


def chosen(wheel, takes, drops):
    """Yields (entry, target name) for each file of the wheel that a --take asks for."""
    for entry in wheel.infolist():
        if entry.is_dir() or any(text in entry.filename for text in drops):
            continue
        for prefix, target in takes:
            if entry.filename.startswith(prefix):
                yield entry, target + entry.filename[len(prefix):]
                break


def copy(wheel, entry, path, progress):
    """Writes one file of the wheel to path, executable if it is so in the wheel."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with wheel.open(entry) as source, open(path, "wb") as target:
        while True:
            chunk = source.read(CHUNK)
            if not chunk:
                break
            target.write(chunk)
            progress.add(len(chunk))
    if entry.external_attr >> 16 & 0o100:
        os.chmod(path, 0o755)


class Progress:
    """One line that is rewritten a few times a second on a terminal, and nothing elsewhere."""

    def __init__(self, total):
        self.total, self.done, self.shown = total, 0, 0.0
        self.live = sys.stderr.isatty()

    def add(self, size):
        self.done += size
        if self.live and (time.monotonic() - self.shown > 0.2 or self.done == self.total):
            self.shown = time.monotonic()
            sys.stderr.write("\r  %3d %%  %d of %d MB " % (
                100 * self.done // max(self.total, 1), self.done // 10**6, self.total // 10**6))
            sys.stderr.flush()

    def close(self):
        if self.live:
            sys.stderr.write("\r\033[K")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--into", required=True, metavar="FOLDER")
    parser.add_argument("--take", required=True, action="append", metavar="PREFIX=TARGET")
    parser.add_argument("--drop", default=[], action="append", metavar="TEXT")
    parser.add_argument("wheels", nargs="+", metavar="WHEEL")
    args = parser.parse_args()
    takes = [take.split("=", 1) for take in args.take]

    wheels = [zipfile.ZipFile(path) for path in args.wheels]
    jobs = [(wheel, entry, name) for wheel in wheels for entry, name in chosen(wheel, takes, args.drop)]
    missing = [prefix for prefix, _ in takes if not any(entry.filename.startswith(prefix) for _, entry, _ in jobs)]
    if missing:
        names = ", ".join(os.path.basename(path) for path in args.wheels)
        sys.exit("unpack: no file starts with %s in %s" % (", ".join(missing), names))
    progress = Progress(sum(entry.file_size for _, entry, _ in jobs))
    for wheel, entry, name in jobs:
        copy(wheel, entry, os.path.join(args.into, name), progress)
    progress.close()


if __name__ == "__main__":
    main()
