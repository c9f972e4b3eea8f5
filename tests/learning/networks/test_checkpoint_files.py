"""Files of weights: all the forms in which they come, and those that are refused, code among them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from harness.errors import NetworkError
from harness.learning.networks.backbone import build_backbone
from harness.learning.networks.small_cnn import SmallCnn

Weights = dict[str, Tensor]


class RunsCode:
    """Pickled, it makes a folder wherever it is read without care."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.mkdir, (self.folder,)


@pytest.fixture
def weights() -> Weights:
    return SmallCnn(channels=1).state_dict()


def loaded(path: Path, *, name: str = "small-cnn") -> nn.Module:
    return build_backbone(name, channels=1, size=24, checkpoint=str(path))[0]


def assert_loaded(path: Path, weights: Weights) -> None:
    found = loaded(path).state_dict()
    assert found.keys() == weights.keys()
    for key, value in weights.items():
        assert torch.equal(found[key], value)


def test_safetensors_are_loaded(tmp_path: Path, weights: Weights) -> None:
    save_file(weights, tmp_path / "weights.safetensors")
    assert_loaded(tmp_path / "weights.safetensors", weights)


@pytest.mark.parametrize("key", ["state_dict", "model", None])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_torch_state_dict_is_loaded_however_it_is_wrapped(
    *, tmp_path: Path, weights: Weights, key: str | None, prefix: str
) -> None:
    content = {prefix + name: value for name, value in weights.items()}
    torch.save(content if key is None else {key: content, "epoch": 3}, tmp_path / "weights.pt")
    assert_loaded(tmp_path / "weights.pt", weights)


def test_a_timm_model_takes_a_checkpoint_that_has_a_head_of_its_own(tmp_path: Path) -> None:
    import timm

    trained = timm.create_model("test_efficientnet", in_chans=1, num_classes=5).state_dict()
    torch.save(trained, tmp_path / "weights.pth")
    found = loaded(tmp_path / "weights.pth", name="timm:test_efficientnet").state_dict()
    assert not trained.keys() <= found.keys()
    assert all(torch.equal(trained[key], value) for key, value in found.items())


def test_a_checkpoint_of_another_network_is_refused_with_both_ones_names(tmp_path: Path) -> None:
    torch.save({"stem.weight": torch.zeros(3)}, tmp_path / "other.pt")
    total = len(SmallCnn(channels=1).state_dict())
    message = (
        rf"other\.pt: only 0 of the backbone's {total} tensors .* first: stem\.weight; .*: layers\.0\.weight"
    )
    with pytest.raises(NetworkError, match=message):
        loaded(tmp_path / "other.pt")


def test_weights_of_the_right_names_and_other_shapes_do_not_fit(tmp_path: Path, weights: Weights) -> None:
    torch.save({key: torch.zeros(7) for key in weights}, tmp_path / "other.pt")
    with pytest.raises(NetworkError, match=r"other\.pt: only 0 of the backbone's"):
        loaded(tmp_path / "other.pt")


def test_a_pickle_with_code_in_it_is_refused_and_the_code_is_not_run(tmp_path: Path) -> None:
    torch.save({"state_dict": RunsCode(tmp_path / "made by a pickle")}, tmp_path / "code.pt")
    with pytest.raises(NetworkError, match=r"code\.pt: neither safetensors nor a torch state dict"):
        loaded(tmp_path / "code.pt")
    assert not (tmp_path / "made by a pickle").exists()


@pytest.mark.parametrize("name", ["notes.pt", "notes.safetensors"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("these are notes, not weights")
    with pytest.raises(NetworkError, match=rf"{re.escape(name)}: neither safetensors nor a torch state dict"):
        loaded(tmp_path / name)


def test_a_torch_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save([torch.zeros(3)], tmp_path / "list.pt")
    with pytest.raises(NetworkError, match=r"list\.pt: expected a torch state dict, got a list"):
        loaded(tmp_path / "list.pt")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"no file .*nowhere\.pt"):
        loaded(tmp_path / "nowhere.pt")


def test_a_colour_checkpoint_is_fitted_to_grey_faces(tmp_path: Path) -> None:
    colour = SmallCnn(channels=3).state_dict()
    save_file(colour, tmp_path / "colour.safetensors")
    grey = loaded(tmp_path / "colour.safetensors").state_dict()
    assert torch.allclose(grey["layers.0.weight"], colour["layers.0.weight"].sum(1, keepdim=True))
    assert torch.equal(grey["layers.4.weight"], colour["layers.4.weight"])
