"""How faces are divided into training, validation and test, and the one door to the test part. It does not know who trains.

settings     what a search file may say
division     parts as indices, what each phase may see of them, the checks that none leaks
holdout      one test part: the source's own, or carved by subject, by group or by class
rotation     a test part per fold: k folds by subject, one subject left out, or nested in one outer fold
fold_list    folds as a CSV, written and read
cross        trained on one dataset, tested on another
leaky        the literature's rules that leak, under names that say so
divide       which of them
"""

from harness.datasets.protocols.cross import divide_across, shared_pictures
from harness.datasets.protocols.divide import divide
from harness.datasets.protocols.division import (
    Division,
    Fold,
    TestFaces,
    TrialFaces,
    confirmation_faces,
    open_test_split,
    search_faces,
)
from harness.datasets.protocols.fold_list import export_folds
from harness.datasets.protocols.leaky import deal_random_images
from harness.datasets.protocols.settings import Protocol

__all__ = [
    "Division",
    "Fold",
    "Protocol",
    "TestFaces",
    "TrialFaces",
    "confirmation_faces",
    "deal_random_images",
    "divide",
    "divide_across",
    "export_folds",
    "open_test_split",
    "search_faces",
    "shared_pictures",
]
