"""Trials scheduled by Ray Tune. The only folder that imports Ray; it knows Optuna only through `harness.tuning.study`."""
