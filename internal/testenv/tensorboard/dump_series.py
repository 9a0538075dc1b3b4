"""Prints all series below folders, as TensorBoard's Python reader has them: each file
after the other by name, without what a later session's start made void.

    python dump_series.py FOLDER...

A series is a line of JSON; see Series in series.go.
"""

import hashlib
import json
import pathlib
import sys

from tensorboard.backend.event_processing import plugin_event_accumulator as accumulator
from tensorboard.compat.proto import graph_pb2
from tensorboard.plugins.graph import metadata
from tensorboard.util import tensor_util


def text(tag, tensor):
    """Returns a scalar's digits, and of more than that a digest."""
    array = tensor_util.make_ndarray(tensor)
    if tag == metadata.RUN_GRAPH_NAME:  # its attributes are written in any order
        graph = graph_pb2.GraphDef.FromString(array.item())
        return hashlib.sha256(graph.SerializeToString(deterministic=True)).hexdigest()
    if array.shape == () and array.dtype.kind == "f":
        return repr(float(array))
    return hashlib.sha256(tensor.SerializeToString(deterministic=True)).hexdigest()


def main(folders):
    for place, folder in enumerate(folders):
        runs = {path.parent for path in pathlib.Path(folder).rglob("events.out.tfevents.*")}
        for run in sorted(runs):
            reader = accumulator.EventAccumulator(str(run), size_guidance={accumulator.TENSORS: 0})
            reader.Reload()
            for tag in sorted(reader.Tags()[accumulator.TENSORS]):
                steps = [{"step": event.step, "value": text(tag, event.tensor_proto)} for event in reader.Tensors(tag)]
                name = run.relative_to(folder).as_posix()
                print(json.dumps({"folder": place, "run": name, "tag": tag, "steps": steps}))


main(sys.argv[1:])
