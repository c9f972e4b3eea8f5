"""JAFFE (Lyons et al. 1998): ten women, seven posed expressions, two to four takes of each.

Reference: M. Lyons, S. Akamatsu, M. Kamachi, J. Gyoba, "Coding Facial Expressions with Gabor Wavelets", FG 1998;
DOI 10.5281/zenodo.3451524. The label is what was posed; the ratings by viewers are not read.
"""

from __future__ import annotations

import re
from pathlib import Path

from harness.datasets.listing import Tree, count_classes, count_faces, count_subjects
from harness.datasets.sample import Detect, ImageFile, Sample
from harness.datasets.source import Expectation, Listing, Options, Source
from harness.errors import LabelError

LABELS = {
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happiness",
    "SA": "sadness",
    "SU": "surprise",
    "NE": "neutral",
}
NAME = re.compile(r"(?P<subject>[A-Z]{2})\.(?P<code>[A-Z]{2})(?P<take>\d)\.(?P<serial>\d+)\.tiff?")
COUNTS = {
    "anger": 30,
    "disgust": 29,
    "fear": 32,
    "happiness": 31,
    "sadness": 31,
    "surprise": 30,
    "neutral": 30,
}


def list_samples(root: Path, options: Options) -> Listing:
    """Every picture; in the root itself, or in its folder `jaffe`."""
    tree = Tree(root, source=SOURCE)
    pictures = tree.files("*.tif*") or tree.files("jaffe/*.tif*")
    if not pictures:
        raise tree.missing("KA.AN1.39.tiff")
    return tree.listing([_sample(root, path) for path in pictures])


def _sample(root: Path, path: str) -> Sample:
    match = NAME.fullmatch(path.rpartition("/")[2])
    if match is None or match["code"] not in LABELS:
        raise LabelError(
            f"{root / path}: expected a name such as KA.AN1.39.tiff, with an expression out of {', '.join(LABELS)}; "
            "rename it as it was distributed, or move it elsewhere"
        )
    return Sample(
        place=ImageFile(path),
        crop=Detect(),
        label=LABELS[match["code"]],
        code=match["code"],
        subject=match["subject"],
    )


def expected(options: Options) -> list[Expectation]:
    """213 pictures of ten women; the counts per class are commonly stated."""
    return [
        *count_classes(COUNTS, sure=False),
        count_faces(213, reason="pictures are missing or were added"),
        count_subjects(10, reason="a woman's pictures are missing"),
    ]


def describe(options: Options) -> str:
    """There is one sample and one class set."""
    return "7 classes"


SOURCE = Source(
    name="jaffe",
    kind="posed",
    title="JAFFE",
    page="https://zenodo.org/record/3451524",
    layout=("jaffe/KA.AN1.39.tiff",),
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="loso",
)
