"""Measurements that the README quotes: ratios in one run, never timed assertions. `python -m benchmarks` runs them all."""
