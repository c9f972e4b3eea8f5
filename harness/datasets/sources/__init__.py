"""The datasets of the field, a file each, found by name. They list what is on the disk and open no picture."""

from __future__ import annotations

import importlib

from harness.datasets.source import Source

POSED = ("ckplus", "mmi", "oulu-casia", "jaffe", "kdef")
SPONTANEOUS = ("rafdb", "sfew", "affectnet", "fer2013", "ferplus", "expw")
NAMES = POSED + SPONTANEOUS


def source_named(name: str) -> Source:
    """The source of that name, one of `NAMES`, from the file of that name."""
    module = importlib.import_module(f"harness.datasets.sources.{name.replace('-', '_')}")
    source: Source = module.SOURCE
    return source
