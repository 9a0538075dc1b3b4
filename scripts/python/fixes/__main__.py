"""Breaks runs on purpose, and counts which of them gradwatch diagnose --try-fixes mends.

A run is mended if the command that is printed reaches, with five seeds that no search has seen, at least 85 % of the way
from the mean score of the broken run to that of the healthy one, both with the same five seeds. The score is the accuracy
on the test rows of generated data, the macro F1 of a table's classes, and R2 of a regression.
"""

import argparse
import csv
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean

import situations

ROOT = Path(__file__).resolve().parents[3]
FIRST, SEEDS = 2001, 5  # that no search has seen
ENOUGH = 0.85
DIVERGED = 4  # gradwatch train's exit status


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench-fixes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gradwatch", action="append", metavar="NAME=PROGRAM",
                        help="a gradwatch whose search is measured; several are compared (default: this one)")
    parser.add_argument("--budget", default="30s", help="of each search (default: 30s)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="one situation; may be given several times")
    parser.add_argument("--keep", metavar="FOLDER", help="keeps the runs, and what is done of a measurement that goes on later")
    parser.add_argument("--list", action="store_true", help="print the situations")
    given = parser.parse_args()
    if given.list:
        for name, (healthy, broken) in situations.SITUATIONS.items():
            print(f"{name}\t{flags(healthy)}\t{flags(broken)}")
        return 0
    unknown = [name for name in given.only if name not in situations.SITUATIONS]
    if unknown:
        parser.error(f"--only {unknown[0]}: want one of {', '.join(situations.SITUATIONS)}")
    programs = dict(text.split("=", 1) for text in given.gradwatch or [f"gradwatch={ROOT / 'bin' / 'gradwatch'}"])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given.keep or temporary).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(folder, programs, given.budget)
        done = {name: bench.situation(name) for name in given.only or situations.SITUATIONS}
    print("\n".join(report(done, list(programs), given.budget)))
    return 0


class Bench:
    def __init__(self, folder, programs, budget):
        self.folder, self.programs, self.budget = folder, programs, budget
        self.gradwatch = str(ROOT / "bin" / "gradwatch")
        for name, (header, rows) in situations.tables().items():
            with open(folder / name, "w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([header, *rows])

    def situation(self, name):
        """Returns the scores of the broken run, the healthy one, and what each program makes of it."""
        kept = self.folder / f"{name}.json"
        result = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        healthy, broken = situations.SITUATIONS[name]
        if "broken" not in result:
            result["broken"] = self.score(name + "-broken", arguments(healthy | broken))
            result["healthy"] = self.score(name + "-healthy", arguments(healthy))
        for program, path in self.programs.items():
            if program not in result:
                result[program] = self.mend(name, program, path, arguments(healthy | broken))
                print(f"{name}: {program}: {text_of(result, program)}", file=sys.stderr, flush=True)
            kept.write_text(json.dumps(result, indent=1), encoding="utf-8")
        return result

    def mend(self, name, program, path, broken):
        logs = f"logs-{program}"
        self.train([path], broken, logs, name)
        begin = time.monotonic()
        found = self.run([path, "diagnose", f"{logs}/{name}", "--try-fixes", "--budget", self.budget, "--quiet", "--format", "json"])
        took = time.monotonic() - begin
        best = json.loads(found)["fixes"]["best"]
        if best is None:
            return {"flags": "", "score": None, "seconds": took}
        command = shlex.split(best["command"])
        return {"flags": best["flags"], "score": self.score(f"{name}-{program}", command[2:]), "seconds": took, "proven": best.get("proven")}

    def score(self, name, given):
        """Trains with the fresh seeds and returns the mean score; a seed that diverged counts as 0."""
        self.train([self.gradwatch], [*given, "--seed", str(FIRST), "--repeats", str(SEEDS)], "logs-scores", name)
        summary = json.loads((self.folder / "logs-scores" / name / "summary.json").read_text(encoding="utf-8"))
        evaluation = summary.get("evaluation") or {}
        scores = evaluation.get("r2") or evaluation.get("macro-f1s")
        if scores is None:
            scores = [r["val_accuracy"] for r in summary["result"] if "val_accuracy" in r and r["val_accuracy"] != "NaN" and r["val_loss"] != "NaN"]
        return sum(max(-1, float(s)) for s in scores) / SEEDS

    def train(self, program, given, logs, name):
        command = [*program, "train", *given, "--quiet", "--plots=false", "--histogram-freq", "0", "--logdir", logs, "--run", name, "--overwrite"]
        self.run(command, accepted=(0, DIVERGED))

    def run(self, command, accepted=(0,)):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode not in accepted:
            sys.exit(f"scripts/bench-fixes: {shlex.join(command)}: {done.stderr.strip() or done.returncode}")
        return done.stdout


def arguments(values):
    return [text for name, value in values.items() for text in ((f"--{name}={value}",))]


def flags(values):
    return " ".join(arguments(values))


def mended(result, program):
    score, way = result[program]["score"], result["healthy"] - result["broken"]
    return score is not None and score - result["broken"] >= ENOUGH * way


def text_of(result, program):
    r = result[program]
    if r["score"] is None:
        return f"nothing helps; {r['seconds']:.0f} s"
    return f"{'mended' if mended(result, program) else 'not mended'}, {r['score']:.3f} by {r['flags']}; {r['seconds']:.0f} s"


def report(done, programs, budget):
    head = ["situation", "broken", "healthy"] + [f"{p}: score, by" for p in programs]
    lines = ["| " + " | ".join(head) + " |", "|---|---:|---:|" + "---|" * len(programs)]
    for name, result in done.items():
        cells = [name, f"{result['broken']:.3f}", f"{result['healthy']:.3f}"]
        for program in programs:
            r = result[program]
            if r["score"] is None:
                cells.append("nothing")
            else:
                mark = "**mended** " if mended(result, program) else ""
                cells.append(f"{mark}{r['score']:.3f} `{r['flags']}`")
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    for program in programs:
        count = sum(mended(result, program) for result in done.values())
        lines.append(f"- {program}: {count} of {len(done)} mended, each within --budget {budget}; "
                     f"a search took {mean(r[program]['seconds'] for r in done.values()):.0f} s on the average")
    return lines


if __name__ == "__main__":
    sys.exit(main())
