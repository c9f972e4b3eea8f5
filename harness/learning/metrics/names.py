"""The words that a search file may use for metrics. It knows no torch, so a file is checked without.

Each metric is in [0, 1] and the larger the better; a record writes it with its split, such as `val_uar`.
"""

CLASSIFIERS = ("nearest-mean", "knn", "logistic")
CLASSIFICATION_METRICS = ("accuracy", "uar", "macro_f1")
RETRIEVAL_METRICS = ("p_at_1", "r_precision", "map_at_r")
SEQUENCE_METRICS = ("sequence_uar", "sequence_accuracy")
"""Of faces that are frames of sequences alone."""
METRICS = CLASSIFICATION_METRICS + RETRIEVAL_METRICS
