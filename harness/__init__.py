"""Searches slice counts and margin ranges of multi-threshold deep metric learning on facial expressions.

Reading order: `harness.search` (the whole story), `harness.records` (what travels), then the four wings in the order in
which the data flows: `datasets`, `learning`, `tuning`, `reporting`.
"""

__version__ = "0.1.0"
