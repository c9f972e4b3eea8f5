"""A state in a file comes back as it was, to the type and the last bit; a file that is none gives nothing, and runs nothing."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.learning.checkpoint import pack, unpack

plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text()
states = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5) | st.integers(0, 9), inner, max_size=3)
    ),
    max_leaves=12,
)


def through(state: Any, folder: Path) -> Any:
    path = folder / "state.safetensors"
    path.write_bytes(pack(state))
    return unpack(path)


@given(state=states)
def test_plain_values_come_back_as_they_were(state: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert repr(through([state], tmp_path_factory.mktemp("state"))) == repr([state])


@pytest.mark.parametrize(
    "tensor",
    [
        torch.randn(3, 4),
        torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last),
        torch.tensor(7),
        torch.tensor([math.nan, math.inf, 1e-45]),
        torch.randn(3).to(torch.bfloat16),
        torch.randn(4, 4)[:, ::2],
        torch.zeros(0, 5),
    ],
    ids=["matrix", "channels-last", "number", "not-finite", "bfloat16", "every-second", "empty"],
)
def test_tensors_come_back_bit_by_bit(tensor: torch.Tensor, tmp_path: Path) -> None:
    back = through({"optimizer": {"state": {0: {"step": tensor}}}}, tmp_path)["optimizer"]["state"][0]["step"]
    assert (back.dtype, back.shape) == (tensor.dtype, tensor.shape)
    assert torch.equal(back.nan_to_num(), tensor.nan_to_num())


def test_two_names_of_one_tensor_are_both_kept(tmp_path: Path) -> None:
    shared = torch.randn(3)
    back = through((shared, [shared]), tmp_path)
    assert torch.equal(back[0], shared)
    assert torch.equal(back[1][0], shared)


class RunsCode:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("length", [0, 1, 8, 40, -1])
def test_a_torn_file_gives_nothing(length: int, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(pack({"network": torch.randn(5)})[:length])
    assert unpack(path) is None


def test_a_file_that_is_missing_or_somebody_elses_gives_nothing_and_runs_nothing(tmp_path: Path) -> None:
    path, trace = tmp_path / "state.safetensors", tmp_path / "ran"
    assert unpack(path) is None
    path.write_bytes(pickle.dumps(RunsCode(trace)))
    assert unpack(path) is None
    from safetensors.torch import save

    path.write_bytes(save({"weight": torch.zeros(3)}))
    assert unpack(path) is None
    path.write_bytes(save({"weight": torch.zeros(3)}, metadata={"state": '{"tensor": "5"}'}))
    assert unpack(path) is None
    assert not trace.exists()
