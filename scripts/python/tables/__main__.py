"""scripts/bench-tables: trains on real tables with gradwatch's defaults, beside scikit-learn, and prints the scores.

This file reads the arguments and says what happens in which order: data.py has the tables, sides.py what is compared,
report.py writes.
"""

import argparse
import concurrent.futures
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy: the models are small

import data
import report
import sides

ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(ROOT / "scripts" / "python"), str(ROOT / "scripts" / "python" / "bench")]
import install  # noqa: E402
import shared  # noqa: E402

GRADWATCH = ROOT / "bin" / "gradwatch"


def read_arguments(arguments):
    """Returns the arguments; ends the program with status 2 if they are wrong."""
    names = [table.name for table in data.TABLES]
    parser = argparse.ArgumentParser(
        prog="scripts/bench-tables", description="Trains on tables that Python packages ship, with gradwatch's defaults "
        "for files, and with scikit-learn's linear model and perceptron on the same rows.",
        epilog=f"Tables: {', '.join(names)}.")
    parser.add_argument("--only", action="append", choices=names, metavar="TABLE", help="these tables; may be repeated")
    parser.add_argument("--splits", type=shared.positive, default=5, metavar="N", help="splits of each table (default 5)")
    parser.add_argument("--jobs", type=shared.positive, default=os.cpu_count(), metavar="N",
                        help="splits that are worked on at the same time (default the number of cores)")
    parser.add_argument("--try-fixes", metavar="TIME", help="let diagnose --try-fixes improve the first split's run for so "
                        "long, such as 30s, and train what it recommends")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files and the runs in FOLDER")
    parser.add_argument("--update", action="store_true", help="write the table into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    if options.update and (options.only or options.splits < 2):
        parser.error("--update: want all tables and at least 2 splits")
    options.tables = [table for table in data.TABLES if not options.only or table.name in options.only]
    return options


def work(table, seed, folder, fixes):
    """Returns the scores of all sides on one split by their names, and the seconds of gradwatch's run."""
    frame = table.load()
    train, test = sides.split(frame, table, seed)
    scores = sides.scikit_learn(table, train, test, seed)
    scores["gradwatch"], seconds, run = sides.gradwatch(GRADWATCH, folder, f"{table.name}-{seed}", train, test)
    scores["fixes"] = sides.try_fixes(GRADWATCH, folder, run, fixes, table.metric) if fixes else None
    return scores, seconds


def measure(options, folder):
    """Returns a report.Row for each table."""
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        tasks = {}
        for table in options.tables:
            for seed in range(1, options.splits + 1):
                task = pool.submit(work, table, seed, folder, options.try_fixes if seed == 1 else None)
                tasks[task] = (table.name, seed)
        done = {}
        for task in concurrent.futures.as_completed(tasks):
            done[tasks[task]] = task.result()
            print(f"\r{len(done)} of {len(tasks)} splits", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    rows = []
    for table in options.tables:
        results = [done[table.name, seed] for seed in range(1, options.splits + 1)]
        frame = table.load()
        rows.append(report.Row(table, len(frame), frame.shape[1] - 1,
                               [scores for scores, _ in results], [seconds for _, seconds in results]))
    return rows


def facts(arguments):
    """Returns what the page says of how it was measured."""
    ours = subprocess.run([GRADWATCH, "version"], capture_output=True, text=True, check=True).stdout.split()
    return {"command": shlex.join(["scripts/bench-tables", *arguments]),
            "gradwatch": f"gradwatch {ours[1]} ({install.commit(ROOT)})",
            "beside": install.versions(ROOT, install.ENVIRONMENTS["tables"]), "machine": install.machine(),
            "load": os.getloadavg()[0]}


def main(arguments):
    options = read_arguments(arguments)
    known = facts(arguments)
    with tempfile.TemporaryDirectory(prefix="gradwatch-tables-") as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            rows = measure(options, folder)
        except KeyboardInterrupt:
            print("\nscripts/bench-tables: stopped", file=sys.stderr)
            return 130
        except sides.Failed as wrong:
            print(f"\nscripts/bench-tables: {wrong}", file=sys.stderr)
            return 1
    print(report.terminal(rows, known))
    if options.update:
        shared.update_page(ROOT / "docs" / "benchmarks.md", "scripts/bench-tables", report.page_part(rows, known))
    return 0  # a poor score is a result, not a failure


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
