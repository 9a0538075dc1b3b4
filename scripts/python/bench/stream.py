"""Measures gradwatch train --stream: rows a second beside Keras, and peak memory by the number of rows.

The data are 28 inputs of a normal distribution and a class that four of them tell. A block of 100,000 rows is repeated
as often as asked for. Both sides train 28 -> 64 -> 64 -> 1 with Adam on batches of 1024 and shuffle among 100,000 rows.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
BLOCK = 100_000
TEST_ROWS = 1000  # of gradwatch's; Keras has none


def write_rows(path, rows):
    """Writes a CSV file of that many rows, a header before them."""
    random = np.random.default_rng(1)
    inputs = random.standard_normal((BLOCK, 28))
    classes = (np.square(inputs[:, :4]).sum(axis=1) > 3.36).astype(float)
    lines = [",".join(f"{x:.7g}" for x in row) for row in np.column_stack([inputs, classes])]
    text = "\n".join(lines) + "\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join([f"x{i + 1}" for i in range(28)] + ["label"]) + "\n")
        for _ in range(rows // BLOCK):
            file.write(text)
        file.write("".join(line + "\n" for line in lines[:rows % BLOCK]))


def peak(process):
    """Returns the largest sum of the peaks of resident memory of a process and its children, in bytes."""
    largest = 0
    while process.poll() is None:
        total = 0
        for pid in [process.pid, *children(process.pid)]:
            try:
                for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        total += int(line.split()[1]) * 1024
            except OSError:
                pass
        largest = max(largest, total)
        time.sleep(0.05)
    return largest


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            pass
    return found


def gradwatch(folder, data, rows, epochs, memory=False):
    """Trains and returns the seconds of the whole process, of its epochs together, and of processor time; the peak."""
    command = [
        ROOT / "bin/gradwatch", "train", "--stream", "--cache", folder / "caches", "--dataset", data, "--logdir", folder / "logs",
        "--run", "bench", "--overwrite", "--layers", "64,64", "--batch-size", "1024", "--optimizer", "adam", "--epochs", str(epochs),
        "--test-fraction", str(TEST_ROWS / rows), "--histogram-freq", "0", "--plots=false", "--quiet",
    ]
    before = os.times()
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    largest = peak(process) if memory else 0
    if process.wait() != 0:
        sys.exit("gradwatch failed")
    seconds = time.perf_counter() - begin
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    timings = json.loads((folder / "logs/bench/summary.json").read_text())["timings"]
    return {"seconds": seconds, "train": timings["train"], "cpu": cpu, "peak": largest}


def keras(data, rows, pipeline, epochs):
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [
        sys.executable, ROOT / "scripts/python/bench/keras_csv.py", "--data", data, "--rows", str(rows), "--pipeline", pipeline,
        "--epochs", str(epochs),
    ]
    before = os.times()
    begin = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds, after = time.perf_counter() - begin, os.times()
    result = json.loads(done.stdout.splitlines()[-1])
    result["seconds"] = seconds
    result["cpu"] = after.children_user + after.children_system - before.children_user - before.children_system
    return result


def throughput(folder, rows, pipelines, pairs):
    """Prints rows a second of both sides, in turn."""
    data = folder / "rows.csv"
    write_rows(data, rows)
    train = rows - TEST_ROWS
    for pair in range(pairs):
        shutil.rmtree(folder / "caches", ignore_errors=True)
        first = gradwatch(folder, data, rows, 1)  # the pass, one epoch, all processes
        later = gradwatch(folder, data, rows, 5)
        again = gradwatch(folder, data, rows, 1)
        epoch = (later["train"] - again["train"]) / 4
        epoch_cpu = (later["cpu"] - again["cpu"]) / 4
        print(f"pair {pair + 1}, load {os.getloadavg()[0]:.1f}", flush=True)
        print(f"  gradwatch: first epoch with the pass and the whole process {train / first['seconds']:,.0f} rows/s; "
              f"later epochs {train / epoch:,.0f} rows/s; of processor time {train / first['cpu']:,.0f} and "
              f"{train / epoch_cpu:,.0f} rows/s", flush=True)
        for pipeline in pipelines:
            one = keras(data, rows, pipeline, 1)
            two = keras(data, rows, pipeline, 2)
            whole, later_rate, cpu_rate = rows / one["seconds"], two["rows_per_second"][-1], rows / (two["cpu"] - one["cpu"])
            print(f"  Keras, {pipeline}: first epoch with the whole process {whole:,.0f} rows/s ({one['rows_per_second'][0]:,.0f} without "
                  f"start-up), of processor time {rows / one['cpu']:,.0f}; later {later_rate:,.0f} rows/s, of processor time "
                  f"{cpu_rate:,.0f}; peak {two['peak_mb']:.0f} MB", flush=True)
            print(f"  times better: first epoch {train / first['seconds'] / whole:.1f}, of processor time "
                  f"{train / first['cpu'] / (rows / one['cpu']):.1f}; later {train / epoch / later_rate:.1f}, of processor time "
                  f"{train / epoch_cpu / cpu_rate:.1f}", flush=True)


def memory(folder, counts):
    """Prints the peak of resident memory by rows, of a pass and an epoch."""
    for rows in counts:
        data = folder / "rows.csv"
        write_rows(data, rows)
        result = gradwatch(folder, data, rows, 1, memory=True)
        print(f"{rows:,} rows, {data.stat().st_size / 1e9:.2f} GB: peak {result['peak'] / 1e6:.0f} MB; "
              f"{result['seconds']:.1f} s with the pass, of them {result['train']:.1f} s training", flush=True)
        shutil.rmtree(folder / "caches")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows beside Keras; 0 for none")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--pipelines", default="lines,csv", help="Keras's: see keras_csv.py")
    parser.add_argument("--memory", default="1000000,5000000,20000000", help="numbers of rows to measure memory by")
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-stream-"))
    try:
        if args.rows:
            throughput(folder, args.rows, args.pipelines.split(","), args.pairs)
        memory(folder, [int(n) for n in args.memory.split(",") if n])
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
