"""Keeps Optuna's own messages off the screen: on most of them nobody who searches can act."""

from __future__ import annotations

import logging

import optuna


def silence_optuna() -> None:
    """Errors alone from here on. A level set at Python's own logger would be lost: Optuna sets it when it first logs."""
    optuna.logging.set_verbosity(logging.ERROR)
