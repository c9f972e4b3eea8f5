"""CK+ (Lucey et al. 2010): posed sequences from the neutral face to the peak, 327 of 593 with a label.

Reference: P. Lucey et al., "The Extended Cohn-Kanade Dataset (CK+)", CVPR Workshops 2010. Codes and layout as in its ReadMe.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

from harness.datasets.listing import (
    Tree,
    codes_in_words,
    count_classes,
    count_faces,
    count_sequences,
    count_subjects,
)
from harness.datasets.sample import ImageFile, LandmarkFile, Sample
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source
from harness.errors import LabelError

LABELS = {1: "anger", 2: "contempt", 3: "disgust", 4: "fear", 5: "happiness", 6: "sadness", 7: "surprise"}
FRAME = re.compile(r"(?P<subject>S\d{3})_(?P<session>\d{3})_(?P<number>\d{8})\.png")
SEQUENCES = {
    "anger": 45,
    "contempt": 18,
    "disgust": 59,
    "fear": 25,
    "happiness": 69,
    "sadness": 28,
    "surprise": 83,
}


def list_samples(root: Path, options: Options) -> Listing:
    """The last frames of each labelled sequence, and its first frame as neutral if asked for."""
    tree = Tree(root, source=SOURCE)
    sequences = tree.folders("cohn-kanade-images/S*/[0-9][0-9][0-9]")
    samples: list[Sample] = []
    unlabelled = contempt = 0
    for folder in sequences:
        code = _code(tree, folder)
        if code is None:
            unlabelled += 1
        elif LABELS[code] == "contempt" and not options["contempt"]:
            contempt += 1
        else:
            samples += _frames(tree, folder, code=code, options=options)
    left_out = [
        LeftOut(reason="sequences without a label", count=unlabelled),
        LeftOut(reason="sequences of contempt (contempt: false)", count=contempt),
    ]
    return tree.listing(samples, left_out)


def _code(tree: Tree, folder: str) -> int | None:
    """The code of a sequence: one float in a file that is named after the last frame; None where there is no file."""
    files = tree.files(f"{folder.replace('cohn-kanade-images', 'Emotion')}/*_emotion.txt")
    if not files:
        return None
    text = tree.text(files[0]).strip()
    try:
        code = float(text)
    except ValueError:
        code = math.nan
    if code not in LABELS:  # 3.7, inf and nan are none of them either
        known = codes_in_words(LABELS)
        raise LabelError(
            f"{tree.root / files[0]}: expected a code out of {known}, got {text!r}; "
            "unpack Emotion_labels.zip again"
        )
    return int(code)


def _frames(tree: Tree, folder: str, *, code: int, options: Options) -> Iterator[Sample]:
    pictures = [path for path in tree.files(f"{folder}/*.png") if FRAME.fullmatch(Path(path).name)]
    if not pictures:
        raise tree.missing(f"{folder}/{Path(folder).parent.name}_{Path(folder).name}_*.png")
    # A lost file is a face that was not found, and counted as such; without a whole sequence's, a part is not unpacked.
    landmark_folder = folder.replace("cohn-kanade-images", "Landmarks")
    if not tree.files(f"{landmark_folder}/*_landmarks.txt"):
        raise tree.missing(f"{landmark_folder}/*_landmarks.txt")
    subject, session = folder.split("/")[1:]
    neutral = pictures[:1] if options["neutral"] == "first-frame" and len(pictures) > 1 else []
    apexes = pictures[len(neutral) :][-int(options["frames"]) :]  # no frame is both
    chosen = [(path, "neutral", "neutral") for path in neutral]
    chosen += [(path, LABELS[code], "apex") for path in apexes]
    for path, label, role in chosen:
        landmarks = path.replace("cohn-kanade-images", "Landmarks").replace(".png", "_landmarks.txt")
        yield Sample(
            place=ImageFile(path),
            crop=LandmarkFile(landmarks),
            label=label,
            code=str(code),
            subject=subject,
            sequence=f"{subject}/{session}",
            role=role,
        )


def expected(options: Options) -> list[Expectation]:
    """Sequences per class, and the people who posed them; that a sequence has more than three frames is not certain."""
    classes = [name for name in SEQUENCES if name != "contempt" or options["contempt"]]
    total = sum(SEQUENCES[name] for name in classes)
    frames = int(options["frames"]) + (options["neutral"] == "first-frame")
    return [
        *count_classes({name: SEQUENCES[name] for name in classes}, unit="sequences", role="apex"),
        count_sequences(total, reason="Emotion_labels.zip or cohn-kanade-images.zip is unpacked in part"),
        count_subjects(118, sure=bool(options["contempt"]), reason="whole folders S??? are missing"),
        count_faces(
            total * frames, sure=frames <= 3, reason="pictures are missing, or sequences are shorter"
        ),
    ]


def describe(options: Options) -> str:
    """Class set and frames: published numbers on CK+ differ in both."""
    count = 6 + (options["contempt"] is True) + (options["neutral"] == "first-frame")
    extra = [
        name
        for name, used in (("contempt", options["contempt"]), ("neutral", options["neutral"] != "none"))
        if used
    ]
    words = f" with {' and '.join(extra)}" if extra else ""
    return f"{count} classes{words}, last {options['frames']} frames"


SOURCE = Source(
    name="ckplus",
    kind="posed",
    title="CK+",
    page="https://www.jeffcohn.net/resources/",
    layout=(
        "cohn-kanade-images/S005/001/S005_001_00000011.png",
        "Emotion/S005/001/S005_001_00000011_emotion.txt",
        "Landmarks/S005/001/S005_001_00000011_landmarks.txt",
    ),
    options={
        "contempt": Option(True, (True, False), "contempt as a class of its own"),
        "neutral": Option("none", ("none", "first-frame"), "the first frame of each sequence as neutral"),
        "frames": Option(3, tuple(range(1, 11)), "last frames of each sequence"),
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="kfold",
    folds=10,
)
