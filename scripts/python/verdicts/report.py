"""Writes what was counted: tables and lists for the terminal, and the same in Markdown for docs/verdicts.md."""

import shlex
import textwrap
from dataclasses import dataclass

import tally
from symptoms import BY_NAME, HEALTHY, SYMPTOMS
from tally import AIM_CAUSE, AIM_DETECTED, AIM_FALSE, LEARNED

WIDTH = 110
UNKEPT = "FOLDER"  # stands for the folder of runs that are gone


@dataclass(frozen=True)
class Table:
    header: tuple
    body: list
    left: int = 1  # how many columns, from the first, are text; the rest are numbers


@dataclass(frozen=True)
class List:
    """Runs with their commands, and what to read above them."""

    title: str
    items: list  # (what, command)


def share(part, whole):
    """Writes a share as 38 of 40 (95.0 %), or a dash where there is nothing."""
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "-"


def parts(judged, failures, folder):
    """Yields the report: lines of text, Tables and Lists."""
    for half in halves_of(judged):
        group = [j for j in judged if j.case.name.startswith(half + "-")]
        yield f"{half} half:"
        yield from half_parts(group, folder)
    if failures:
        yield List("gradwatch failed", [(f"{name}: {words}", "") for name, words in failures])
    if folder == UNKEPT:
        yield f"{UNKEPT} in a command is any folder that a call with --keep {UNKEPT} filled."


def halves_of(judged):
    return list(dict.fromkeys(j.case.name.partition("-")[0] for j in judged))


def half_parts(judged, folder):
    """Yields one half's report."""
    counts, healthy = tally.by_symptom(judged), tally.of_healthy(judged)
    diagnosed = any(j.counted for j in judged)
    if counts:
        yield symptom_table(counts)
    if healthy.runs:
        yield Table(("healthy runs", "confirmed", "flagged with an error", "with warnings alone", "with nothing"),
                    [(healthy.runs, healthy.confirmed, share(healthy.errors, healthy.diagnosed),
                      share(healthy.warnings, healthy.diagnosed),
                      share(healthy.diagnosed - healthy.errors - healthy.warnings, healthy.diagnosed))], left=0)
    if diagnosed:
        yield from aims(counts, healthy)
        yield kind_table(tally.by_kind(judged))
    yield List("missed", [(told(j), command(j, folder)) for j in tally.missed(judged)])
    yield List("the first finding isn't the cause", [(f"{told(j)}; first: {j.first or 'nothing'}", command(j, folder))
                                                     for j in tally.other_first(judged)])
    yield List("detected, at another layer", [(told(j), command(j, folder)) for j in tally.wrong_layer(judged)])
    yield List("healthy, flagged with an error",
               [(told(j), command(j, folder)) for j in tally.false_alarms(judged, "error")])
    yield List("healthy, flagged with a warning",
               [(told(j), "") for j in tally.false_alarms(judged, "warning")])
    yield List("not confirmed: in no rate", [(contradiction(j), command(j, folder)) for j in tally.unconfirmed(judged)])


def symptom_table(counts):
    body = [(c.name, c.runs, c.confirmed, c.detected if c.diagnosed else "-", c.missed if c.diagnosed else "-",
             c.errors if c.diagnosed else "-", c.causes if c.diagnosed else "-", f"{c.right} of {c.known}" if c.known else "-",
             c.false_alarms if c.diagnosed else "-") for c in counts]
    header = ("symptom", "runs", "confirmed", "detected", "missed", "as error", "cause first", "right layer", "false alarms")
    return Table(header, body)


def construction_table():
    """Returns what is changed for each symptom, and which kinds of findings count as detecting it."""
    body = [(s.name, s.how, ", ".join(s.kinds), ", ".join(s.causes)) for s in SYMPTOMS]
    return Table(("symptom", "what is changed in a healthy run", "detected by", "cause"), body, left=4)


def kind_table(counts):
    body = [(c.kind, c.broken, c.errors, c.warnings) for c in counts]
    return Table(("kind of finding", "broken runs", "healthy, error", "healthy, warning"), body)


def aims(counts, healthy):
    """Yields what was reached of what is aimed at, a line each."""
    if counts and counts[-1].diagnosed:
        total = counts[-1]
        met = "met" if total.detected >= AIM_DETECTED * total.diagnosed else "not met"
        yield f"detected: {share(total.detected, total.diagnosed)}; aim: at least {AIM_DETECTED:.0%}: {met}"
        met = "met" if total.causes >= AIM_CAUSE * total.diagnosed else "not met"
        yield f"cause first: {share(total.causes, total.diagnosed)}; aim: at least {AIM_CAUSE:.0%}: {met}"
    if healthy.diagnosed:
        met = "met" if healthy.errors <= AIM_FALSE * healthy.diagnosed else "not met"
        yield (f"healthy, flagged with an error: {share(healthy.errors, healthy.diagnosed)}; "
               f"aim: at most {AIM_FALSE:.0%}: {met}")


def told(judged):
    """Returns a case's name and what gradwatch diagnose said of it."""
    findings = [f"{f.kind} {f.layer}".rstrip() + ("" if f.severity == "error" else f" ({f.severity})")
                for f in judged.diagnosis.findings]
    shown = ", ".join(dict.fromkeys(findings)) or "nothing"
    note = f" ({judged.case.note})" if judged.case.note else ""
    return f"{judged.case.name}{note}: {shown}"


def contradiction(judged):
    """Returns a case's name and why its label isn't confirmed."""
    reached = f"{judged.case.name}: {judged.outcome.state}, score {judged.outcome.accuracy:.3f}, " \
        f"{judged.learned:.0%} learned"
    if judged.case.symptom == HEALTHY:
        return f"{reached} (a healthy run: at least {LEARNED:.0%})"
    return f"{reached}; its twin {judged.twin:.0%}"


def command(judged, folder):
    """Returns the command that trains a case again."""
    return shlex.join(["bin/gradwatch", "train", *judged.case.arguments(folder)])


def terminal(report):
    """Returns the report for a terminal."""
    text = []
    for part in report:
        if isinstance(part, Table):
            text += ["", *aligned(part), ""]
        elif isinstance(part, List):
            text += terminal_list(part)
        else:
            text += ["", part] if part.endswith(":") else textwrap.wrap(part, WIDTH, subsequent_indent="  ")
    return without_gaps(text)


def without_gaps(lines):
    """Returns lines as one text, with no more than one empty line in a row."""
    kept = [line for line, before in zip(lines, ("", *lines)) if line or before]
    return "\n".join(kept).strip("\n")


def terminal_list(part):
    """Yields a list's lines; nothing for an empty one."""
    if part.items:
        yield ""
        yield f"{part.title} ({len(part.items)}):"
        for what, how in part.items:
            yield from textwrap.wrap(what, WIDTH, initial_indent="  ", subsequent_indent="    ")
            if how:
                yield f"    {how}"  # whole, so that it can be copied


def aligned(table):
    """Yields the lines of a table, its columns aligned."""
    rows = [tuple(map(str, cells)) for cells in (table.header, *table.body)]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(table.header))]
    for cells in rows:
        padded = [c.ljust(w) if i < table.left else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths))]
        yield "  ".join(padded).rstrip()


def markdown(report):
    """Returns the report in Markdown."""
    text = []
    for part in report:
        if isinstance(part, Table):
            text += ["", row(part.header), "|" + "---|" * part.left + "---:|" * (len(part.header) - part.left)]
            text += [row(cells) for cells in part.body] + [""]
        elif isinstance(part, List):
            text += markdown_list(part)
        else:
            text += ["", f"### The {part.rstrip(':')}"] if part.endswith(":") else ["- " + escape(part)]
    return without_gaps(text)


def markdown_list(part):
    """Yields a list's lines; nothing for an empty one."""
    if part.items:
        yield ""
        yield f"{part.title[0].upper()}{part.title[1:]} ({len(part.items)}):"
        yield ""
        for what, how in part.items:
            yield "- " + escape(what) + (f"<br>`{how}`" if how else "")


def row(cells):
    return "| " + " | ".join(escape(str(cell)) for cell in cells) + " |"


def escape(text):
    """Returns text as Markdown shows it unchanged, in a table too."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def listing(cases):
    """Returns the cases a line each: name, symptom, what counts as detecting it, the right layers, the flags."""
    lines = []
    for case in cases:
        kinds = ",".join(BY_NAME[case.symptom].kinds) if case.symptom != HEALTHY else "-"
        layers = "; ".join(f"{kind}: {','.join(names)}" for kind, names in case.layers.items()) or "-"
        lines.append("\t".join((case.name, case.symptom, kinds, layers, shlex.join(case.arguments(".")))))
    return "\n".join(lines)


def page_part(report, heading):
    """Returns what --update writes into the page, in Markdown: how runs are broken, heading and report."""
    return "\n\n".join((markdown([construction_table()]), heading, markdown(report)))
