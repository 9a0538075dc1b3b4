"""What scripts/bench, scripts/bench-tables and scripts/bench-verdicts share."""

import argparse
import os


def positive(text):
    """Reads a whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}": want a whole number of at least 1')
    return int(text)


def update_page(path, program, text):
    """Replaces what stands between the program's two marks in a page, in one rename."""
    begin = f"<!-- written by {program} --update; edits here are lost -->"
    end = f"<!-- the end of what {program} writes -->"
    page = path.read_text(encoding="utf-8")
    head, found, rest = page.partition(begin)
    _, ended, tail = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"{program}: {path}: want the lines {begin} and {end} around what it writes")
    partial = path.with_name(path.name + ".partial")
    partial.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")
    os.replace(partial, path)
