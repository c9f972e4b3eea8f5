"""Checks every shape that losses and metrics declare, in every call that a test makes."""

from collections.abc import Iterator

import pytest
from jaxtyping import config, install_import_hook

# Before anything imports them: a module that is already loaded stays unchecked.
install_import_hook(["harness.learning.losses", "harness.learning.metrics"], "beartype.beartype")


@pytest.fixture
def without_shape_checks() -> Iterator[None]:
    """As outside the tests, where wrong shapes reach the code's own errors."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
