"""Writes the results: a table for the terminal, and one for docs/benchmarks.md."""

import statistics
import textwrap

from session import number_text

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
            cells = line(result, number, side, quick)
            yield cells if number == 1 else ("", "", *cells[2:])
            if row.flops:
                yield second_line([f"{number_text(result.median(i) * row.flops / 1e9)} GFLOP/s" for i in (0, number)])
            if side.told and not row.quantity.told:
                yield second_line([f"steps {number_text(result.median_told(i))} s" for i in (0, number)])


def line(result, number, side, quick):
    """Returns the cells of one row against one rival."""
    row, ratios = result.row, sorted(result.ratios(number))
    ours, ratio = result.median(0), statistics.median(ratios)
    spread = f" ({number_text(ratios[0])}-{number_text(ratios[-1])})" if len(ratios) > 1 else ""
    bar, reached = "", ""
    if side.bar:
        bar = side.bar.text(row.quantity.unit)
        reached = "quick" if quick else "yes" if side.bar.reached(ratio, ours) else "no"
    name = side.name + (f" x{side.times}" if side.times > 1 else "") + ("*" if side.once else "")
    return (row.title, f"{number_text(ours)}{row.quantity.unit}", name,
            f"{number_text(result.median(number))}{row.quantity.unit}", number_text(ratio) + spread, bar, reached)


def second_line(figures):
    """Returns the cells of a line beneath, with another figure of both sides."""
    return "", figures[0], "", figures[1], "", "", ""


HEADER = ("row", "gradwatch", "beside", "its figure", "times better", "bar", "met")
COST_HEADER = (*HEADER[:4], "times as much", *HEADER[5:])
RIGHT = (False, True, False, True, False, False, False)


def tables(results):
    """Returns the results in two parts, each with its header: gradwatch beside slower programs, and what it costs."""
    better = [result for result in results if not result.row.quantity.cost]
    cost = [result for result in results if result.row.quantity.cost]
    return [(header, part) for header, part in ((HEADER, better), (COST_HEADER, cost)) if part]


def terminal_table(results, facts, quick, pairs):
    """Returns the tables in at most WIDTH columns, with notes beneath."""
    parts = [(header, list(lines(part, quick))) for header, part in tables(results)]
    parts = [(header, body) for header, body in parts if body]
    if not parts:
        return "nothing was measured"
    text = [each for header, body in parts for each in ("", *aligned(header, body))]
    for note in notes(results, facts, quick, pairs):
        text += textwrap.wrap(note, WIDTH, subsequent_indent="  ") or [""]
    return "\n".join(text)


def aligned(header, body):
    """Yields the lines of one table, its columns aligned."""
    whole = [cells for cells in (header, *body) if len(cells) == len(header)]
    widths = [max(len(cells[i]) for cells in whole) for i in range(len(header))]
    for cells in (header, *body):
        if len(cells) == len(header):
            padded = [c.rjust(w) if right else c.ljust(w) for c, w, right in zip(cells, widths, RIGHT)]
            yield "  ".join(padded).rstrip()
        else:
            yield from textwrap.wrap(f"{cells[0]}: failed: {cells[1]}", WIDTH, subsequent_indent="  ")


def notes(results, facts, quick, pairs):
    """Yields what a reader must know beside the table, a line each."""
    sides = [side for result in results for side in result.row.sides]
    yield ""
    if pairs > 1:
        yield f"medians of {pairs} pairs; ratios: median of those pair by pair (least-greatest)"
    else:
        yield "one pair"
    for result in results:
        if result.complete() and result.pairs < pairs:
            yield f"{result.row.title}: {result.pairs} of {pairs} pairs"
    if any(side.once for side in sides):
        yield "* run once"
    for side in {side.name: side for side in sides if side.times > 1}.values():
        yield f"{side.name} x{side.times}: the time of one run, multiplied by {side.times}"
    if quick:
        yield "quick: a tenth of the epochs on both sides, so start-up weighs more and no bar is judged"
    yield f"gradwatch: {facts['gradwatch']}"
    yield from (f"beside: {rival}" for rival in facts["rivals"])
    yield f"machine: {facts['machine']}"
    if busy_text(facts):
        yield busy_text(facts)


def page_part(results, facts, pairs):
    """Returns what --update writes into the page, in Markdown."""
    text = [f"Measured on {facts['date']} by `{facts['command']}`:"]
    for header, part in tables(results):
        header = (*header[:4], header[4] + ", median (least-greatest)", *header[5:])
        text += ["", markdown(header), "|---|---:|---|---:|---|---|---|"]
        text += [markdown(cells) for cells in lines(part, quick=False)]
    text += ["", "| row | what is counted |", "|---|---|"]
    text += [markdown((result.row.title, result.row.note)) for result in results]
    text += ["", *("- " + escape(note) for note in notes(results, facts, False, pairs) if note)]
    return "\n".join(text)


def markdown(cells):
    return "| " + " | ".join(map(escape, cells)) + " |"


def escape(text):
    """Returns text as Markdown shows it unchanged, in a table too."""
    return text.replace("|", "\\|").replace("*", "\\*")
