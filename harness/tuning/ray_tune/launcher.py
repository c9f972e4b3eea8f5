"""What Ray's launcher itself says of a file. It reaches no cloud."""

from __future__ import annotations

import logging
from pathlib import Path

import click
import yaml
from jsonschema import ValidationError
from ray.autoscaler._private.util import prepare_config, validate_config

logging.getLogger("ray.autoscaler").setLevel(logging.ERROR)  # it tells what it fills in


def complaint(path: Path) -> tuple[tuple[str | int, ...], str] | None:
    """Where and why Ray would refuse a file for `ray up`; None if it would not."""
    try:
        validate_config(prepare_config(yaml.safe_load(path.read_text())))
    except ValidationError as error:
        return tuple(error.absolute_path), error.message
    except (
        click.ClickException,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        NotImplementedError,
    ) as error:
        return (), " ".join(str(error).split()) or type(error).__name__
    return None
