"""The recall of each class."""

from __future__ import annotations

import numpy as np

from harness.reporting.recall import recall_by_class


def test_a_class_is_found_as_often_as_its_row_says_and_one_without_faces_has_no_recall() -> None:
    counts = np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [2.0, 0.0, 6.0]])
    np.testing.assert_array_equal(recall_by_class(counts), [0.75, np.nan, 0.75])
    np.testing.assert_array_equal(recall_by_class(np.stack([counts, 2 * counts]))[1], [0.75, np.nan, 0.75])
    assert recall_by_class(np.empty((0, 3, 3))).shape == (0, 3)
