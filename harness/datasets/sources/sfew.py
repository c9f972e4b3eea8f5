"""SFEW 2.0 (Dhall et al. 2011, 2015): frames of films in seven classes, as archives of whole frames or of aligned faces.

It knows no person. What it knows is the film: two frames of one film often show one actor in one scene. The labels of Test
were never published, so the literature reports Val: here Val is the test split, and validation is carved from Train.

Reference: A. Dhall, R. Goecke, S. Lucey, T. Gedeon, "Static Facial Expression Analysis in Tough Conditions", ICCV Workshops
2011, in the division of EmotiW 2015. The name that the archive of aligned faces gives its folders is not verified.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.datasets.listing import Tree, count_classes, count_faces
from harness.datasets.sample import Detect, ImageFile, Sample, Whole
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source
from harness.errors import DatasetError, LabelError

LABELS = {
    "Angry": "anger",
    "Disgust": "disgust",
    "Fear": "fear",
    "Happy": "happiness",
    "Neutral": "neutral",
    "Sad": "sadness",
    "Surprise": "surprise",
}
SPLITS = {"Train": "train", "Val": "test"}
SUFFIXES = ("_Aligned_Faces", "")  # of Train and Val, the likelier first for aligned faces
PICTURES = (".png", ".jpg", ".jpeg")
WHOLE_FRAMES = {"train": 958, "test": 436}
# Of the archive of aligned faces, in the order of LABELS.
ALIGNED = {"train": (178, 52, 78, 184, 144, 161, 94), "test": (77, 23, 46, 72, 84, 73, 56)}


def list_samples(root: Path, options: Options) -> Listing:
    """The faces of Train, then of Val, by folder and name."""
    tree = Tree(root, source=SOURCE)
    aligned = options["alignment"] == "aligned"
    suffix = _suffix(tree, aligned=aligned)
    samples = [sample for part in SPLITS for sample in _part(tree, part, suffix=suffix, aligned=aligned)]
    unlabelled = len(_pictures(tree, f"Test{suffix}"))
    return tree.listing(
        samples, [LeftOut(reason="pictures of Test, without public labels", count=unlabelled)]
    )


def _suffix(tree: Tree, *, aligned: bool) -> str:
    """What follows Train and Val in the names of the folders; where both kinds are there, the one that was asked for."""
    for suffix in SUFFIXES if aligned else reversed(SUFFIXES):
        if any(tree.files(f"{part}{suffix}/*/*") for part in SPLITS):
            return suffix
    tops = sorted({path.partition("/")[0] for path in tree.files("*/*/*")})
    spelling = [folder for folder in tops if folder.lower() in ("train", "val")]
    if spelling:
        raise DatasetError(
            f"{tree.root}: expected the folders Train and Val, got {', '.join(spelling)}; "
            "rename them: upper and lower case matter"
        )
    raise tree.missing("Train/Angry/*.png")


def _part(tree: Tree, part: str, *, suffix: str, aligned: bool) -> Iterator[Sample]:
    """The faces of a part, after a look at the names of its folders."""
    by_label = {folder.rpartition("/")[2]: folder for folder in tree.folders(f"{part}{suffix}/*")}
    for name in by_label:
        if name not in LABELS:
            close = difflib.get_close_matches(name.title(), LABELS, n=1, cutoff=0.4)
            hint = f"; did you mean {close[0]!r}? Rename it" if close else "; move it elsewhere"
            raise LabelError(
                f"{tree.root / by_label[name]}: expected a folder out of {', '.join(LABELS)}, got {name!r}{hint}"
            )
    for name in LABELS:
        paths = _pictures(tree, by_label.get(name, ""))
        if not paths:
            raise tree.missing(f"{part}{suffix}/{name}/*.png")
        for path in paths:
            yield _sample(path, split=SPLITS[part], code=name, aligned=aligned)


def _pictures(tree: Tree, folder: str) -> list[str]:
    return [path for path in tree.files(f"{folder}/*") if path.lower().endswith(PICTURES)] if folder else []


def _sample(path: str, *, split: str, code: str, aligned: bool) -> Sample:
    """A face; its film is the first word of the file's name, as in Airheads_000519240_00000005.png."""
    film = path.rpartition("/")[2].partition("_")[0]
    return Sample(
        place=ImageFile(path),
        crop=Whole() if aligned else Detect(),
        label=LABELS[code],
        code=code,
        split=split,
        group=f"{split}/{film}",  # a film may be in Train and in Val, and the official split stays as it is
    )


def expected(options: Options) -> list[Expectation]:
    """Faces per split; per class they are known of the archive of aligned faces alone."""
    expectations: list[Expectation] = []
    for split, counts in ALIGNED.items():
        by_class = dict(zip(LABELS.values(), counts, strict=True))
        reason = "the counts are those of the archive of aligned faces"
        expectations += [
            *count_classes(by_class, part=split, sure=False, reason=reason),
            count_faces(WHOLE_FRAMES[split], sum(counts), part=split),
            _count_misplaced(by_class, part=split),
        ]
    return expectations


def _count_misplaced(by_class: dict[str, int], *, part: str) -> Expectation:
    """Faces that are in another folder than in the archive of aligned faces; none where the copy is of another size."""

    def found(listing: Listing) -> int:
        there = Counter(sample.label for sample in listing.samples if sample.split == part)
        if sum(there.values()) != sum(by_class.values()):
            return 0
        return sum(abs(there[label] - count) for label, count in by_class.items()) // 2

    return Expectation(
        what="faces in the folder of another class",
        part=part,
        counts=(0,),
        found=found,
        reason="pictures were moved between the folders of the archive of aligned faces",
    )


def describe(options: Options) -> str:
    """Whose crops, and that Val is reported."""
    crops = "the archive's crops" if options["alignment"] == "aligned" else "detected faces"
    return f"7 classes, {crops}, reported on Val"


SOURCE = Source(
    name="sfew",
    kind="spontaneous",
    title="SFEW 2.0",
    page="https://users.cecs.anu.edu.au/~few_group/AFEW.html",
    layout=("Train/Angry/Airheads_000519240_00000005.png", "Val/Angry/*.png", "Test/*.png"),
    options={
        "alignment": Option(
            "aligned",
            ("aligned", "detect"),
            "the pictures are faces, or a detector finds the face in a frame",
        ),
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="official",
)
