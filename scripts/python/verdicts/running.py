"""Trains and diagnoses cases, several side by side, and keeps what came out in one file beside the runs.

The folder that runs are kept in holds a folder a run, data/ with what was made for them, and outcomes.json.
"""

import csv
import json
import math
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

import material
from material import Ceiling, Failed
from tally import Diagnosis, Outcome

DIVERGED = 4  # gradwatch train's exit status for a run that diverged: it is whole
OUTCOMES = "outcomes.json"
DRAW = 0.2  # seconds between two progress lines


class Runner:
    """Runs gradwatch on cases. Progress goes to out."""

    def __init__(self, gradwatch, folder, jobs, out):
        self.gradwatch, self.folder, self.jobs, self.out = str(gradwatch), Path(folder).absolute(), jobs, out
        self.live = out.isatty()
        self.processes, self.lock, self.stopped = set(), threading.Lock(), False

    def train(self, cases):
        """Trains the cases and returns their outcomes by name."""
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        for case in cases:
            material.write_points(self.gradwatch, case.points, data)
            material.write_weights(case, data)
        return self.each("trained", self.train_one, cases)

    def train_one(self, case):
        command = [self.gradwatch, "train", *case.arguments(self.folder), "--quiet", "--plots=false",
                   "--histogram-freq=0", f"--logdir={self.folder}", f"--run={case.name}", "--overwrite"]
        status, _, errors = self.run(command)
        if status not in (0, DIVERGED):
            return Outcome(failure=last_line(errors, status))
        summary = json.loads((self.folder / case.name / "summary.json").read_text(encoding="utf-8"))
        result, = summary["result"]
        limits = material.limits(case.points, self.folder / "data")
        return Outcome(summary["state"], score(case.points, result), limits, swing=swing(self.folder / case.name))

    def diagnose(self, cases):
        """Diagnoses the cases' runs and returns Diagnosis by name."""
        return self.each("diagnosed", self.diagnose_one, cases)

    def diagnose_one(self, case):
        status, text, errors = self.run([self.gradwatch, "diagnose", str(self.folder / case.name), "--format", "json"])
        if status != 0:
            return Diagnosis(failure=last_line(errors, status))
        try:
            return Diagnosis.read(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            return Diagnosis(failure=f"what gradwatch diagnose printed can't be read: {wrong!r}")

    def each(self, done, work, cases):
        """Does the work for all cases, side by side, and returns its results by the cases' names."""
        results, began, drawn = {}, time.monotonic(), 0.0
        with ThreadPoolExecutor(self.jobs) as pool:
            futures = {pool.submit(work, case): case for case in cases}
            try:
                for future in as_completed(futures):
                    results[futures[future].name] = future.result()
                    if self.live and time.monotonic() - drawn >= DRAW:
                        drawn = time.monotonic()
                        self.out.write(f"\r{done}: {len(results)} of {len(cases)}, {drawn - began:.0f} s\033[K")
                        self.out.flush()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.stop()
                raise
        line = f"{done}: {len(results)} runs in {time.monotonic() - began:.0f} s\n"
        self.out.write(f"\r\033[K{line}" if self.live else line)
        return {case.name: results[case.name] for case in cases}

    def run(self, command):
        """Runs a program to its end and returns its exit status and what it printed."""
        with self.lock:
            if self.stopped:
                raise Failed("stopped")
            # In a session of its own: a Ctrl-C on the terminal reaches us alone, and we ask it to end.
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True)
            self.processes.add(process)
        try:
            text, errors = process.communicate()
        finally:
            with self.lock:
                self.processes.discard(process)
        return process.returncode, text, errors

    def stop(self):
        """Asks all programs that are running to end."""
        with self.lock:
            self.stopped = True
            for process in self.processes:
                process.terminate()


def score(points, result):
    """Returns the score that a Ceiling is of, at a run's end; 0 if it isn't a number."""
    if points.regression:
        rows, _ = points.make()
        value = 1 - float(result["val_mae"] or math.nan) / material.guess_error([row[-1] for row in rows])
    else:
        value = float(result["val_accuracy"] or math.nan)
    return value if math.isfinite(value) else 0


def swing(folder):
    """Returns the range of the test accuracy over the last fifth of a run's epochs; 0 for a regression."""
    with open(folder / "history.csv", encoding="utf-8", newline="") as file:
        values = [float(row.get("val_accuracy") or 0) for row in csv.DictReader(file)]
    last = [value for value in values[-max(10, len(values) // 5):] if math.isfinite(value)]
    return max(last) - min(last) if last else 0


def last_line(text, status):
    """Returns the last line that a program wrote, without its name in front."""
    lines = text.strip().splitlines() or [f"it said nothing and ended with status {status}"]
    return lines[-1].removeprefix("gradwatch: ")


def save(folder, seed, cases, outcomes):
    """Keeps the outcomes beside the runs, those of earlier calls too: what diagnosing again needs."""
    path = Path(folder) / OUTCOMES
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else {}
    runs |= {case.name: {"arguments": case.arguments("."), **asdict(outcomes[case.name])} for case in cases}
    path.write_text(json.dumps({"seed": seed, "runs": runs}, indent=1) + "\n", encoding="utf-8")


def load(folder):
    """Returns the seed, and of each run that was kept its arguments and its outcome, by name."""
    try:
        kept = json.loads((Path(folder) / OUTCOMES).read_text(encoding="utf-8"))
        runs = {}
        for name, run in kept["runs"].items():
            limits = run["ceiling"] and Ceiling(**run["ceiling"])
            runs[name] = run["arguments"], Outcome(run["state"], run["accuracy"], limits, run["failure"], run["swing"])
        return kept["seed"], runs
    except OSError as wrong:
        raise Failed(f"{folder}: want a folder that --keep wrote: {wrong.strerror}: {wrong.filename}") from wrong
    except (ValueError, KeyError, TypeError) as wrong:
        raise Failed(f"{folder}/{OUTCOMES} can't be read: {wrong!r}") from wrong
