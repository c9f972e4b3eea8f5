"""The layout of TensorBoard's Custom Scalars page: the charts on which a search opens. It writes no file and knows no trial."""

from __future__ import annotations

from tensorboard.compat.proto import types_pb2
from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_TENSOR, Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.custom_scalar import metadata
from tensorboard.plugins.custom_scalar.layout_pb2 import Category, Chart, Layout, MultilineChartContent

CHARTS = {
    "Search": {
        "Validation metrics": ("curves/val_uar$", "curves/val_accuracy$", "curves/val_macro_f1$"),
        "Loss": ("curves/loss$",),
    },
    "Slices": {
        "Active share per slice": ("slices_active_share/.*",),
        "Distances": ("slices_distance_ap/.*", "slices_distance_an/.*"),  # anchor to positive, to negative
        "Spread per slice": ("slices_spread/.*",),
    },
}
"""By category and title: what matches the tags of a chart's lines."""


def layout() -> Layout:
    """The charts as TensorBoard's message."""
    return Layout(
        category=[
            Category(title=title, chart=[_chart(name, tags) for name, tags in charts.items()])
            for title, charts in CHARTS.items()
        ]
    )


def layout_summary() -> Summary:
    """The layout as a summary. TensorBoard's own maker of it needs TensorFlow."""
    told = metadata.create_summary_metadata()
    told.data_class = DATA_CLASS_TENSOR
    content = TensorProto(dtype=types_pb2.DT_STRING, string_val=[layout().SerializeToString()])
    return Summary(value=[Summary.Value(tag=metadata.CONFIG_SUMMARY_TAG, metadata=told, tensor=content)])


def _chart(title: str, tags: tuple[str, ...]) -> Chart:
    return Chart(title=title, multiline=MultilineChartContent(tag=tags))
