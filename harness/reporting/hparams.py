"""The messages of TensorBoard's HParams page: what is searched, and a row per trial. It writes no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, summary_v2
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

from harness.errors import ResultsError
from harness.records import TrialConfig

Value = str | float | bool
Domain = tuple[float, float] | Sequence[Value | None]

CHOSEN = "hparams"  # group of the tags that are the page's metrics: those of the chosen epoch
CONFIRMED = "confirmed"  # group of the tag that is the mean over fresh seeds


def experiment(
    domains: Mapping[str, Domain], metrics: Sequence[str], *, confirmed: str | None = None
) -> Summary:
    """What is searched and what is measured.

    Args:
        domains: By parameter of `TrialConfig`: a pair `(low, high)` is a range, a list is a choice.
        metrics: Names such as `val_uar`, in the order of the page's columns.
        confirmed: Such as `test_uar`, the first column, if configs are confirmed.

    Raises:
        ResultsError: If a domain is empty or upside down.
    """
    rows = [summary_v2.HParam(name, _domain(name, domain)) for name, domain in domains.items()]
    columns = [summary_v2.Metric(f"{CHOSEN}/{name}", display_name=name) for name in metrics]
    if confirmed is not None:
        first = summary_v2.Metric(f"{CONFIRMED}/{confirmed}", display_name=f"{CONFIRMED} {confirmed}")
        columns.insert(0, first)
    return summary_v2.hparams_config_pb(rows, columns)


def session_start(config: TrialConfig, *, name: str) -> Summary:
    """A trial's parameters; its row is grouped by a name of its own, so equal configs stay two rows."""
    values = {name: _value(value) for name, value in asdict(config).items()}
    return summary_v2.hparams_pb(values, trial_id=name)


def session_end(*, failed: bool) -> Summary:
    """How the trial ended; the page knows success and failure only, and a pruned trial did not fail."""
    status = api_pb2.STATUS_FAILURE if failed else api_pb2.STATUS_SUCCESS
    data = HParamsPluginData(session_end_info=SessionEndInfo(status=status))
    value = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(data),
        tensor=metadata.NULL_TENSOR,
    )
    return Summary(value=[value])


def _value(value: Value | None) -> Value:
    return "none" if value is None else value


def _domain(name: str, domain: Domain) -> summary_v2.Domain:
    if isinstance(domain, tuple):
        low, high = map(float, domain)
        if not low <= high:
            raise ResultsError(f"domain of {name}: expected (low, high) with low <= high, got {domain}")
        return summary_v2.RealInterval(low, high)
    values = [_value(value) for value in domain]
    if not values:
        raise ResultsError(f"domain of {name}: expected at least one choice, got {list(domain)}")
    if len({type(value) for value in values}) > 1:  # TensorBoard wants one type per domain
        numbers = all(isinstance(value, int | float) for value in values)
        values = [float(value) if numbers else str(value) for value in values]
    return summary_v2.Discrete(values)
