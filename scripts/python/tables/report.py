"""Writes the scores of scripts/bench-tables: to a terminal, and into docs/benchmarks.md."""

import datetime
import statistics
from dataclasses import dataclass

HEADER = ("table", "package", "rows", "inputs", "score", "guess", "linear", "MLP", "gradwatch", "difference", "as good")


@dataclass(frozen=True)
class Row:
    """The results on a table."""

    table: object
    rows: int
    inputs: int
    scores: list  # of each split, by the names of the sides
    seconds: list  # of gradwatch train, of each split

    def of(self, side):
        return [scores[side] for scores in self.scores]

    @property
    def better(self):
        """Returns the better of scikit-learn's two models by their means over the splits."""
        return max(("linear", "MLP"), key=lambda side: statistics.fmean(self.of(side)))

    @property
    def differences(self):
        """Returns gradwatch's score less the better model's, of each split."""
        return [ours - theirs for ours, theirs in zip(self.of("gradwatch"), self.of(self.better))]

    @property
    def difference(self):
        return statistics.fmean(self.differences)

    @property
    def spread(self):
        """Returns the standard deviation of the differences over the splits."""
        return statistics.stdev(self.differences) if len(self.scores) > 1 else 0.0

    @property
    def as_good(self):
        return self.difference >= -self.spread

    @property
    def fixes(self):
        """Returns what --try-fixes reached on the first split: of its recommendation, or of the run as it is."""
        fixed = self.scores[0].get("fixes")
        return self.scores[0]["gradwatch"] if fixed is None else fixed


def number(value):
    """Returns a score with three decimals; R2 far below 0 needs none."""
    return f"{value:.3f}" if value > -10 else f"{value:.0f}"


def average(values):
    return number(statistics.fmean(values))


def cells(row, mark):
    table = row.table
    score = "R2" if table.task == "regression" else "accuracy"
    sides = {side: average(row.of(side)) for side in ("guess", "linear", "MLP")}
    sides[row.better] = mark.format(sides[row.better])
    ours = row.of("gradwatch")
    spread = f" ± {statistics.stdev(ours):.3f}" if len(ours) > 1 else ""
    return (table.name, table.package, f"{row.rows:,}", str(row.inputs), score, *sides.values(),
            average(ours) + spread, f"{row.difference:+.3f} ± {row.spread:.3f}", "yes" if row.as_good else "no")


def summary(rows):
    """Returns sentences that count."""
    good = sum(row.as_good for row in rows)
    close = sum(row.difference >= -row.spread / len(row.scores) ** 0.5 for row in rows)
    halves = [sum(row.as_good for row in half) for half in parts(rows)]
    lines = [f"as good as the better of the linear model and the perceptron: {good} of {len(rows)}; within one standard "
             f"error of the difference: {close}; better by more than it: "
             f"{sum(row.difference > row.spread / len(row.scores) ** 0.5 for row in rows)}",
             f"of the tables by which the defaults were chosen: {halves[0]} of {len(parts(rows)[0])}; of the others: "
             f"{halves[1]} of {len(parts(rows)[1])}",
             f"seconds of gradwatch train, median {statistics.median(s for row in rows for s in row.seconds):.1f}, longest "
             f"{max(s for row in rows for s in row.seconds):.1f}"]
    if any(row.scores[0].get("fixes") is not None for row in rows):
        lines.append(fixes_text(rows))
    return lines


def fixes_text(rows):
    """Returns what --try-fixes made of the first split."""
    good = [row for row in rows if row.fixes >= row.scores[0][row.better] - row.spread]
    recommended = [row for row in rows if row.scores[0]["fixes"] is not None]
    return (f"diagnose --try-fixes recommends a change on {len(recommended)} of the first splits; after it, gradwatch is as "
            f"good on {len(good)} of {len(rows)} of these splits")


def parts(rows):
    """Returns the tables by which defaults were chosen and the others."""
    chosen = [row for row in rows if row.table.chosen_by]
    return chosen, [row for row in rows if not row.table.chosen_by]


def terminal(rows, facts):
    lines = [HEADER, *(cells(row, "*{}") for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    return "\n".join([*texts, "", *summary(rows), *notes(facts)])


def notes(facts):
    lines = [f"{facts['gradwatch']}; {facts['beside']}", f"machine: {facts['machine']}"]
    if facts["load"] > 0.5:
        lines.append(f"other programs were busy at the start (load {facts['load']:.1f}): read the seconds as rough")
    return lines


def page_part(rows, facts):
    """Returns what --update writes into the page, in Markdown."""
    lines = [f"Measured on {datetime.date.today()} by `{facts['command']}`, {len(rows[0].scores)} splits of each table:", "",
             "| " + " | ".join(HEADER) + " |", "|---|---|---:|---:|---|---:|---:|---:|---:|---:|---|"]
    lines += ["| " + " | ".join(cells(row, "**{}**")) + " |" for row in rows]
    return "\n".join([*lines, "", *("- " + line for line in [*summary(rows), *notes(facts)])])
