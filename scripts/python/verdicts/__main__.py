"""scripts/bench-verdicts: trains labelled runs, lets gradwatch diagnose judge them, and counts what it gets right.

This file reads the arguments and says what happens in which order. halves.py draws the cases (healthy.py, broken.py,
from what draw.py and case.py know), material.py makes their files, running.py trains and diagnoses them, tally.py
confirms labels and counts, report.py writes. symptoms.py is the table of what counts as detecting what.
"""

import argparse
import datetime
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import halves
import report
import running
import tally
from material import Failed
from symptoms import NAMES

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "scripts" / "python"))
import shared  # noqa: E402
GRADWATCH = ROOT / "bin" / "gradwatch"


def read_arguments(arguments):
    """Returns the arguments; ends the program with status 2 if they are wrong."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench-verdicts", description="Trains runs that are healthy and runs that are broken on purpose, "
        "diagnoses them with gradwatch diagnose, and counts for each symptom what was detected and what was missed, "
        "and how many healthy runs were flagged. It needs what scripts/setup and scripts/go build make.",
        epilog=f"Symptoms: {', '.join(NAMES)}.")
    parser.add_argument("--half", choices=(*halves.HALVES, "both"), default="both",
                        help="design is for choosing thresholds, report for the report alone (default both)")
    parser.add_argument("--seed", type=shared.positive, default=1, metavar="N", help="draws another set of cases (default 1)")
    parser.add_argument("--only", action="append", metavar="SYMPTOM",
                        help="these cases alone, with their healthy twins; a case's name does too; may be repeated")
    parser.add_argument("--jobs", type=shared.positive, default=os.cpu_count(), metavar="N",
                        help="runs side by side (default the number of cores)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the runs in FOLDER")
    parser.add_argument("--rediagnose", type=Path, metavar="FOLDER",
                        help="train nothing: diagnose the runs that --keep left in FOLDER, with its seed")
    parser.add_argument("--list", action="store_true", help="list the cases with their flags and do nothing else")
    parser.add_argument("--update", action="store_true", help="write the report into docs/verdicts.md")
    options = parser.parse_args(arguments)
    if options.update and (options.only or options.half != "both"):
        parser.error("--update: want both halves, whole, without --half and --only")
    if options.rediagnose and options.keep:
        parser.error("--rediagnose and --keep: want one of them")
    options.halves = halves.HALVES if options.half == "both" else (options.half,)
    return options


def cases_of(seed, names, only):
    """Returns the cases of these halves that --only asks for."""
    return halves.select([case for half in names for case in halves.make(half, seed)], only)


def take(options):
    """Returns the cases, their outcomes and the runner with the folder of their runs."""
    if options.rediagnose:
        return take_kept(options)
    if options.keep and (options.keep / running.OUTCOMES).exists():
        seed, _ = running.load(options.keep)
        if seed != options.seed:
            raise Failed(f"--keep {options.keep}: it holds runs drawn by --seed {seed}: want another folder")
    cases = cases_of(options.seed, options.halves, options.only)
    runner = running.Runner(GRADWATCH, options.folder, options.jobs, sys.stderr)
    outcomes = runner.train(cases)
    if options.keep:
        running.save(options.keep, options.seed, cases, outcomes)
    return cases, outcomes, runner


def take_kept(options):
    """Returns what --keep left: those cases that are still drawn as they were trained."""
    seed, kept = running.load(options.rediagnose)
    options.seed = seed
    cases = [case for case in cases_of(seed, options.halves, options.only) if case.name in kept]
    same = [case for case in cases if kept[case.name][0] == case.arguments(".")]
    if len(same) < len(cases):
        print(f"{len(cases) - len(same)} of {len(cases)} kept runs were trained with other flags than the cases have "
              "now: they are left out; train them again with --keep", file=sys.stderr)
    left = {case.name for case in same}
    same = [case for case in same if not case.twin or case.twin in left]
    if not same:
        raise Failed(f"--rediagnose {options.rediagnose}: it holds none of the runs asked for")
    return (same, {case.name: kept[case.name][1] for case in same},
            running.Runner(GRADWATCH, options.rediagnose, options.jobs, sys.stderr))


def failed(outcomes, diagnoses):
    """Returns (name, words) of what gradwatch failed at, and says so once where all diagnoses failed alike."""
    failures = [(name, outcome.failure) for name, outcome in outcomes.items() if outcome.failure]
    words = [diagnosis.failure for diagnosis in diagnoses.values()]
    if len(words) > 1 and len(set(words)) == 1 and words[0]:
        return [*failures, (f"gradwatch diagnose, on each of {len(words)} runs", words[0])]
    return failures + [(name, diagnosis.failure) for name, diagnosis in diagnoses.items() if diagnosis.failure]


def work(options, arguments):
    """Trains, diagnoses and reports; returns the exit status."""
    cases, outcomes, runner = take(options)
    diagnoses = runner.diagnose([case for case in cases if not outcomes[case.name].failure])
    failures = failed(outcomes, diagnoses)
    judged = tally.judge(cases, outcomes, diagnoses)
    kept = options.keep or options.rediagnose
    print(report.terminal(report.parts(judged, failures, kept or report.UNKEPT)))
    if failures:
        print(f"scripts/bench-verdicts: gradwatch failed {len(failures)} times: {failures[0][0]}: {failures[0][1]}",
              file=sys.stderr)
    if options.update and failures:
        print("scripts/bench-verdicts: docs/verdicts.md stays as it was", file=sys.stderr)
    elif options.update:
        words = [report.UNKEPT if kept and word == str(kept) else word for word in arguments]
        made = shlex.join(["scripts/bench-verdicts", *words])
        heading = f"Counted on {datetime.date.today()} by `{made}`, with gradwatch {version()}. The runs of both halves are those of `--seed {options.seed}`."
        shared.update_page(ROOT / "docs" / "verdicts.md", "scripts/bench-verdicts", report.page_part(list(report.parts(judged, failures, report.UNKEPT)), heading))
    return 1 if failures else 0  # a poor rate is a result, not a failure


def version():
    """Returns gradwatch's version and the commit of the working tree."""
    first = subprocess.run([GRADWATCH, "version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True,
                            check=False).stdout.strip()
    return f"{first.split()[1]} (commit {commit})" if commit else first.split()[1]


def stop_like_interrupt(*_):
    """Makes a request to end what Ctrl-C is."""
    raise KeyboardInterrupt


def main(arguments):
    options = read_arguments(arguments)
    try:
        if options.list:
            print(report.listing(cases_of(options.seed, options.halves, options.only)))
            return 0
        halves.select(halves.make("design", 1) + halves.make("report", 1), options.only)  # before anything is trained
    except ValueError as wrong:
        print(f"scripts/bench-verdicts: {wrong}", file=sys.stderr)
        return 2
    if not GRADWATCH.exists():
        print(f"scripts/bench-verdicts: {GRADWATCH} isn't there: run scripts/setup first", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, stop_like_interrupt)
    with tempfile.TemporaryDirectory(prefix="gradwatch-verdicts-") as folder:
        options.folder = options.keep or Path(folder)
        try:
            return work(options, arguments)
        except KeyboardInterrupt:
            print("\nscripts/bench-verdicts: stopped", file=sys.stderr)
            return 130
        except (Failed, OSError) as wrong:
            print(f"scripts/bench-verdicts: {wrong}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
