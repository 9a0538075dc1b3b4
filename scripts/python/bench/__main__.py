"""scripts/bench: measures gradwatch beside Keras, JAX, a loop in C and itself, in pairs, and prints a table.

This file reads the arguments and says what happens in which order. install.py puts rivals in place, rows.py says what
is compared, measure.py runs programs, session.py runs the rows and shows progress, report.py writes the tables.
"""

import argparse
import shlex
import signal
import sys
import tempfile
from pathlib import Path

import install
import report
import rows
import session

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "scripts" / "python"))
import shared  # noqa: E402


def read_arguments(arguments):
    """Returns the arguments, with the chosen rows as .rows; ends the program with status 2 if they are wrong."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measures gradwatch side by side with Keras on the same TensorFlow, with "
        "JAX, with a training loop in C, and with itself at other numbers of repeats; prints medians and ratios. It "
        "first installs into .runtime the rivals that the rows need (Keras: about 300 MB to download, JAX: 150 MB).",
        epilog=f"A full measurement takes about 20 minutes on two cores. Rows: {', '.join(rows.NAMES)}.")
    parser.add_argument("--pairs", type=shared.positive, default=3, metavar="N",
                        help="how often each program is run, in turn (default 3)")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help=f"measure this row alone, or all that begin so ({', '.join(rows.KINDS)}); may be repeated")
    parser.add_argument("--quick", action="store_true",
                        help="a tenth of the epochs, for trying out: start-up weighs more, so no bar is judged")
    parser.add_argument("--update", action="store_true", help="write the table into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    try:
        names = rows.select(options.only)
    except ValueError as wrong:
        parser.error(str(wrong))
    if options.update and (options.quick or options.only):
        parser.error("--update: want a full measurement, without --quick and --only")
    options.rows = rows.make(ROOT, names, options.quick)
    return options


def stop_like_interrupt(*_):
    """Makes a request to end what Ctrl-C is: what was measured is shown."""
    raise KeyboardInterrupt


def main(arguments):
    options = read_arguments(arguments)
    signal.signal(signal.SIGTERM, stop_like_interrupt)
    try:
        facts = install.prepare(ROOT, {side.needs for row in options.rows for side in row.sides})
    except KeyboardInterrupt:
        print("\nscripts/bench: stopped; run it again to go on from here", file=sys.stderr)
        return 130
    except install.Missing as missing:
        print(f"scripts/bench: {missing}", file=sys.stderr)
        return 1

    facts["command"] = shlex.join(["scripts/bench", *arguments])
    report.warn_if_busy(facts, sys.stderr)
    with tempfile.TemporaryDirectory(prefix="gradwatch-bench-") as folder:
        measured = session.Session(options.rows, options.pairs, Path(folder), sys.stderr)
        stopped = measured.run()
    print(report.terminal_table(measured.results, facts, quick=options.quick, pairs=options.pairs))
    failed = any(result.failure for result in measured.results)
    if stopped:
        print("scripts/bench: stopped: the table shows what was measured so far", file=sys.stderr)
        return 130
    if options.update and failed:
        print("scripts/bench: a run failed, so docs/benchmarks.md stays as it was", file=sys.stderr)
    elif options.update:
        shared.update_page(ROOT / "docs" / "benchmarks.md", "scripts/bench", report.page_part(measured.results, facts, options.pairs))
    return 1 if failed else 0  # a slow result is a result, not a failure


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
