"""Writes the results: a table for the terminal, and one for docs/benchmarks.md."""

import os
import statistics
import textwrap

from session import number_text

BEGIN = "<!-- written by scripts/bench --update; edits here are lost -->"
END = "<!-- the end of what scripts/bench writes -->"
BUSY = 0.5  # of a core: more load than this at the start makes a note
WIDTH = 100


def busy_text(facts):
    """Returns a line about other programs that kept the machine busy at the start, or nothing."""
    if facts["load"] <= BUSY:
        return ""
    return f"other programs were busy at the start (load {facts['load']:.1f}): read the figures as rough"


def warn_if_busy(facts, out):
    if busy_text(facts):
        print(busy_text(facts), file=out)


def lines(results, quick):
    """Yields what a table shows: title, ours, rival, its value, ratio, bar, reached; or title and failure."""
    for result in results:
        row = result.row
        if result.failure:
            yield row.title, result.failure
            continue
        if not result.complete():
            continue  # stopped before its first pair was whole
        for number, side in enumerate(row.sides[1:], 1):
            yield line(result, number, side, quick)
            if row.flops:
                yield flops_line(result, number)


def line(result, number, side, quick):
    """Returns the cells of one row against one rival."""
    row, ratios = result.row, sorted(result.ratios(number))
    ours, ratio = result.median(0), statistics.median(ratios)
    spread = f" ({number_text(ratios[0])}-{number_text(ratios[-1])})" if len(ratios) > 1 else ""
    reached = "quick" if quick else "yes" if row.bar.reached(ratio, ours) else "no"
    return (row.title, f"{number_text(ours)}{row.quantity.unit}", side.name + ("*" if side.once else ""),
            f"{number_text(result.median(number))}{row.quantity.unit}", number_text(ratio) + spread,
            row.bar.text(row.quantity.unit), reached)


def flops_line(result, number):
    """Returns the same rate in the unit that tells how well the processor is used."""
    cells = [f"{number_text(result.median(i) * result.row.flops / 1e9)} GFLOP/s" for i in (0, number)]
    return "", cells[0], "", cells[1], "", "", ""


HEADER = ("row", "gradwatch", "beside", "", "times better", "bar", "reached")
RIGHT = (False, True, False, True, False, False, False)


def terminal_table(results, facts, quick, pairs):
    """Returns the table in at most WIDTH columns, with notes beneath."""
    body = list(lines(results, quick))
    if not body:
        return "nothing was measured"
    whole = [cells for cells in [HEADER, *body] if len(cells) == len(HEADER)]
    widths = [max(len(cells[i]) for cells in whole) for i in range(len(HEADER))]
    text = []
    for cells in [HEADER, *body]:
        if len(cells) == len(HEADER):
            padded = [c.rjust(w) if right else c.ljust(w) for c, w, right in zip(cells, widths, RIGHT)]
            text.append("  ".join(padded).rstrip())
        else:
            text += textwrap.wrap(f"{cells[0]}: failed: {cells[1]}", WIDTH, subsequent_indent="  ")
    for note in notes(results, facts, quick, pairs):
        text += textwrap.wrap(note, WIDTH, subsequent_indent="  ") or [""]
    return "\n".join(["", *text])


def notes(results, facts, quick, pairs):
    """Yields what a reader must know beside the table, a line each."""
    yield ""
    if pairs > 1:
        yield f"medians of {pairs} pairs; times better: median of the ratios pair by pair (least-greatest)"
    else:
        yield "one pair"
    for result in results:
        if result.complete() and result.pairs < pairs:
            yield f"{result.row.title}: {result.pairs} of {pairs} pairs"
    if any(side.once for result in results for side in result.row.sides):
        yield "* run once"
    if quick:
        yield "quick: a tenth of the epochs on both sides, so start-up weighs more and no bar is judged"
    for name in ("gradwatch", "rivals", "machine"):
        yield f"{name if name != 'rivals' else 'beside'}: {facts[name]}"
    if busy_text(facts):
        yield busy_text(facts)


def page_part(results, facts, pairs):
    """Returns what --update writes into the page, in Markdown."""
    text = [f"Measured on {facts['date']} by `{facts['command']}`:", ""]
    header = ("row", "gradwatch", "beside", "its figure", "times better, median (least-greatest)", "bar", "reached")
    text += [markdown(header), "|---|---:|---|---:|---|---|---|"]
    text += [markdown(cells) for cells in lines(results, quick=False)]
    text += ["", "| row | what is counted |", "|---|---|"]
    text += [markdown((result.row.title, result.row.note)) for result in results]
    text += ["", *("- " + escape(note) for note in notes(results, facts, False, pairs) if note)]
    return "\n".join(text)


def markdown(cells):
    return "| " + " | ".join(map(escape, cells)) + " |"


def escape(text):
    """Returns text as Markdown shows it unchanged, in a table too."""
    return text.replace("|", "\\|").replace("*", "\\*")


def update_page(path, results, facts, pairs):
    """Replaces what stands between the page's two marks, in one rename."""
    page = path.read_text(encoding="utf-8")
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"scripts/bench: {path}: want the lines {BEGIN} and {END} around the table")
    partial = path.with_name(path.name + ".partial")
    partial.write_text(f"{head}{BEGIN}\n{page_part(results, facts, pairs)}\n{END}{tail}", encoding="utf-8")
    os.replace(partial, path)
