"""Prints what event files hold, as TensorBoard's Python readers see it.

    python dump_events.py FOLDER...

An event is a line of JSON; see Event in events.go. Each file is read twice: once
without TensorBoard's conversions, for what was written, and once with them, for
what its plugins show.
"""

import base64
import collections
import json
import math
import pathlib
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing import event_file_loader
from tensorboard.compat.proto import graph_pb2
from tensorboard.util import tensor_util


def converted(path):
    """Returns the arrays that the loader makes, in order, by tag."""
    arrays = collections.defaultdict(collections.deque)
    for event in event_file_loader.EventFileLoader(path).Load():
        for value in event.summary.value:
            if value.WhichOneof("value") == "tensor":
                arrays[value.tag].append(tensor_util.make_ndarray(value.tensor).tolist())
    return arrays


def written(path):
    """Yields a dictionary for each event of a file."""
    shown = converted(path)
    for event in event_file_loader.LegacyEventFileLoader(path).Load():
        kind = event.WhichOneof("what")
        if kind == "summary":
            for value in event.summary.value:
                yield {"step": event.step, **summary(value, shown[value.tag].popleft())}
        elif kind == "graph_def":
            graph = graph_pb2.GraphDef.FromString(event.graph_def)
            yield {"step": event.step, "kind": "graph", "nodes": [node.name for node in graph.node]}
        else:
            kinds = {"file_version": "version", "session_log": "session"}
            yield {"step": event.step, "kind": kinds.get(kind, str(kind))}


def summary(value, shown):
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        number = value.simple_value  # JSON has no NaN or infinity
        content = {"value": number} if math.isfinite(number) else {"not_finite": str(number)}
        return {"kind": "scalar", "tag": value.tag, **content}
    if kind == "tensor":
        strings = [base64.b64encode(string).decode() for string in value.tensor.string_val]
        metadata = value.metadata
        return {"kind": kind, "tag": value.tag, "plugin": metadata.plugin_data.plugin_name,
                "description": metadata.summary_description, "strings": strings}
    if kind != "histo":
        return {"kind": kind, "tag": value.tag}
    h = value.histo
    histogram = {
        "min": h.min, "max": h.max, "num": h.num, "sum": h.sum, "sum_squares": h.sum_squares,
        "limits": list(h.bucket_limit), "counts": list(h.bucket),
    }
    return {"kind": "histogram", "tag": value.tag, "histogram": histogram, "shown": shown}


def check_accumulator(folder, events):
    """Raises an error unless TensorBoard's accumulator, which drops what it
    takes for out of order, kept all that the files hold."""
    accumulator = event_accumulator.EventAccumulator(
        str(folder), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    accumulator.Reload()
    kept = sum(len(accumulator.Scalars(tag)) for tag in accumulator.Tags()["scalars"])
    kept += sum(len(accumulator.Histograms(tag)) for tag in accumulator.Tags()["distributions"])
    kept += sum(len(accumulator.Tensors(tag)) for tag in accumulator.Tags()["tensors"])
    held = sum(event["kind"] in ("scalar", "histogram", "tensor") for event in events)
    if kept != held:
        raise ValueError(f"{folder}: TensorBoard keeps {kept} of {held} scalars, histograms and tensors")


for place, folder in enumerate(map(pathlib.Path, sys.argv[1:])):
    events = []
    paths = sorted(folder.glob("*tfevents*"))
    if not paths:
        sys.exit(f"{folder}: no event file")
    for path in paths:
        events += ({"folder": place, "file": path.name, **event} for event in written(str(path)))
    check_accumulator(folder, events)
    for event in events:
        print(json.dumps(event, allow_nan=False))
