"""Any loss of pytorch-metric-learning, by name. It does not know what a loss computes, only how it is built.

pytorch-metric-learning is imported when such a loss is asked for, not before.
"""

from __future__ import annotations

import inspect
import warnings

import torch
from torch import nn

from harness.learning.losses.names import PML_PREFIX, check_loss


def pml_loss(name: str, *, embedding_dim: int, classes: int, seed: int) -> nn.Module:
    """A loss of pytorch-metric-learning with the settings that are its own defaults.

    Args:
        name: `pml:CLASS`, such as `pml:ArcFaceLoss`.
        embedding_dim: D; given to the classes that ask for it.
        classes: C; given to the classes that ask for it.
        seed: Of the first proxies or class weights, for losses that have some.

    Returns:
        A module to call with embedding [B, D] and labels [B]; it gives a scalar. Its parameters, where it
        has some, are to be trained along with the network.

    Raises:
        LossError: If there is no such loss, or if it needs more than embeddings and labels.
    """
    check_loss(name)
    from pytorch_metric_learning import losses

    loss_class = getattr(losses, name.removeprefix(PML_PREFIX))
    sizes = {"embedding_size": embedding_dim, "descriptors_dim": embedding_dim, "num_classes": classes}
    arguments = {key: value for key, value in sizes.items() if key in _required(loss_class)}
    # Its losses draw from torch's global generator, so that is set aside and put back.
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # SphereFace asks NumPy for a binomial of tensors
        torch.manual_seed(seed)
        return loss_class(**arguments)


def _required(loss_class: type[nn.Module]) -> set[str]:
    """Arguments without default, of the class and of its bases: some hand theirs on as `*args`."""
    signatures = (
        inspect.signature(vars(each)["__init__"]) for each in loss_class.__mro__ if "__init__" in vars(each)
    )
    parameters = (each for signature in signatures for each in signature.parameters.values())
    return {each.name for each in parameters if each.default is each.empty}
