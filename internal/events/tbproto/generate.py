"""Writes the Go code of TensorBoard's messages from the descriptors in its Python package, and these descriptors for
the tests:

    .runtime/tensorboard/bin/python internal/events/tbproto/generate.py

The Go code has only the fields that FIELDS names; all of TensorBoard's would be many times as much.
"""

import pathlib
import subprocess

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import plugin_data_pb2

PACKAGE = "gradwatch/internal/events/tbproto"

# The fields that gradwatch writes or reads, by message.
FIELDS = {
    "tensorboard": {
        "Event": ["wall_time", "step", "file_version", "summary", "session_log"],
        "SessionLog": ["status"],
        "Summary": ["value"],
        "Summary.Value": ["tag", "simple_value", "histo", "tensor", "metadata"],
        "SummaryMetadata": ["plugin_data", "summary_description"],
        "SummaryMetadata.PluginData": ["plugin_name", "content"],
        "HistogramProto": ["min", "max", "num", "sum", "sum_squares", "bucket_limit", "bucket"],
        "TensorProto": [
            "dtype", "tensor_shape", "tensor_content", "half_val", "float_val", "double_val", "int_val", "string_val", "int64_val",
        ],
        "TensorShapeProto": ["dim"],
        "TensorShapeProto.Dim": ["size"],
        "Layout": ["category"],
        "Category": ["title", "chart"],
        "Chart": ["title", "margin"],
        "MarginChartContent": ["series"],
        "MarginChartContent.Series": ["value", "lower", "upper"],
    },
    "tensorboard.hparams": {
        "HParamsPluginData": ["experiment", "session_start_info", "session_end_info"],
        "Experiment": ["hparam_infos", "metric_infos"],
        "HParamInfo": ["name", "type", "domain_discrete", "domain_interval", "differs"],
        "Interval": ["min_value", "max_value"],
        "MetricInfo": ["name", "display_name"],
        "MetricName": ["tag"],
        "SessionStartInfo": ["hparams", "group_name", "start_time_secs"],
        "SessionStartInfo.HparamsEntry": ["key", "value"],
        "SessionEndInfo": ["status", "end_time_secs"],
    },
}
ENUMS = {"tensorboard": ["DataType"], "tensorboard.hparams": ["DataType", "Status"]}


def files(*modules):
    """Returns the descriptors of modules' files, each after those that it imports."""
    found = {}

    def add(file):
        for imported in file.dependencies:
            add(imported)
        if file.name not in found:
            found[file.name] = descriptor_pb2.FileDescriptorProto()
            file.CopyToProto(found[file.name])

    for module in modules:
        add(module.DESCRIPTOR)
    return list(found.values())


def prune(message, name, fields):
    """Returns whether a message is wanted, without the fields and messages that are not."""
    nested = [inner for inner in message.nested_type if prune(inner, f"{name}.{inner.name}", fields)]
    wanted = [field for field in message.field if field.name in fields.get(name, ())]
    assert len(wanted) == len(fields.get(name, ())), f"TensorBoard's {name} lacks fields of {fields[name]}"
    oneofs = [message.oneof_decl[i] for i in sorted({f.oneof_index for f in wanted if f.HasField("oneof_index")})]
    for field in wanted:
        if field.HasField("oneof_index"):
            field.oneof_index = oneofs.index(message.oneof_decl[field.oneof_index])
    kept = descriptor_pb2.DescriptorProto(
        name=message.name, field=wanted, nested_type=nested, oneof_decl=oneofs,
        enum_type=[e for e in message.enum_type if any(f.type_name.endswith(f"{name}.{e.name}") for f in wanted)])
    if message.HasField("options"):
        kept.options.CopyFrom(message.options)  # of a map's entry
    message.CopyFrom(kept)
    return name in fields


def merge(package, parts):
    """Returns one file of what is wanted of a package."""
    merged = descriptor_pb2.FileDescriptorProto(name=package.replace(".", "/") + ".proto", package=package, syntax="proto3")
    for part in parts:
        merged.message_type.extend(m for m in part.message_type if prune(m, m.name, FIELDS[package]))
        merged.enum_type.extend(e for e in part.enum_type if e.name in ENUMS[package])
    return merged


every = files(event_pb2, layout_pb2, plugin_data_pb2)
root = pathlib.Path(__file__).resolve().parents[3]
(root / "internal/events/testdata/tensorboard.binpb").write_bytes(
    descriptor_pb2.FileDescriptorSet(file=every).SerializeToString(deterministic=True))

struct = next(file for file in every if file.name == "google/protobuf/struct.proto")
merged = [merge(package, [file for file in every if file.package == package]) for package in FIELDS]
for file in merged:
    file.options.go_package = PACKAGE if file.package == "tensorboard" else f"{PACKAGE}/hparams"
merged[1].dependency.append(struct.name)
request = plugin_pb2.CodeGeneratorRequest(
    file_to_generate=[file.name for file in merged], parameter="module=gradwatch", proto_file=[struct, *merged])
answer = subprocess.run(["go", "tool", "protoc-gen-go"], cwd=root, input=request.SerializeToString(),
                        stdout=subprocess.PIPE, check=True)
response = plugin_pb2.CodeGeneratorResponse.FromString(answer.stdout)
assert not response.error, response.error
for file in response.file:
    path = root / file.name
    path.parent.mkdir(exist_ok=True)
    path.write_text(file.content)
