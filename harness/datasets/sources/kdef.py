"""KDEF (Lundqvist et al. 1998): 70 people, seven posed expressions, five angles, two sessions.

Reference: D. Lundqvist, A. Flykt, A. Oehman, "The Karolinska Directed Emotional Faces", 1998. AF is afraid, not angry. AF01 and
BF01 are one person in two sessions: the subject is sex and number. The averaged faces (AKDEF) that ship beside it are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

from harness.datasets.listing import Tree, count_classes, count_faces, count_subjects
from harness.datasets.sample import Detect, ImageFile, Sample
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source
from harness.errors import LabelError

LABELS = {
    "AN": "anger",
    "DI": "disgust",
    "AF": "fear",
    "HA": "happiness",
    "SA": "sadness",
    "SU": "surprise",
    "NE": "neutral",
}
NAME = re.compile(
    r"(?P<session>[AB])(?P<subject>[FM]\d{2})(?P<code>[A-Z]{2})(?P<angle>FL|HL|S|HR|FR)\.(?i:jpe?g)"
)
ANGLES = {"straight": ("S",), "half": ("HL", "S", "HR"), "all": ("FL", "HL", "S", "HR", "FR")}
PEOPLE, SESSIONS = 70, 2


def list_samples(root: Path, options: Options) -> Listing:
    """The pictures of the chosen angles, session by session; with or without the folder `KDEF`."""
    tree = Tree(root, source=SOURCE)
    pictures = tree.files("KDEF/[AB][FM][0-9][0-9]/*") or tree.files("[AB][FM][0-9][0-9]/*")
    pictures = [path for path in pictures if path.lower().endswith((".jpg", ".jpeg"))]
    if not pictures:
        raise tree.missing("KDEF/AF01/AF01ANS.JPG")
    angles = ANGLES[str(options["angles"])]
    parsed = [(path, _parse(root, path)) for path in pictures]
    samples = [
        Sample(
            place=ImageFile(path),
            crop=Detect(),
            label=LABELS[match["code"]],
            code=match["code"],
            subject=match["subject"],
        )
        for path, match in parsed
        if match["angle"] in angles
    ]
    other = LeftOut(
        reason=f"pictures of other angles (angles: {options['angles']})", count=len(parsed) - len(samples)
    )
    return tree.listing(samples, [other])


def _parse(root: Path, path: str) -> re.Match[str]:
    folder, _, name = path.rpartition("/")
    match = NAME.fullmatch(name)
    if (
        match is None
        or match["code"] not in LABELS
        or not folder.endswith(match["session"] + match["subject"])
    ):
        raise LabelError(
            f"{root / path}: expected a name such as AF01ANS.JPG in the folder of its first four characters, with an "
            f"expression out of {', '.join(LABELS)}; rename it as it was distributed, or move it elsewhere"
        )
    return match


def expected(options: Options) -> list[Expectation]:
    """Each person shows each expression at each angle in both sessions."""
    of_class = PEOPLE * SESSIONS * len(ANGLES[str(options["angles"])])
    reason = "pictures are missing, or were misnamed by whoever made this copy"
    return [
        *count_classes(dict.fromkeys(LABELS.values(), of_class), reason=reason),
        count_faces(of_class * len(LABELS), reason=reason),
        count_subjects(PEOPLE, reason="whole folders are missing"),
    ]


def describe(options: Options) -> str:
    """The angles decide how hard it is."""
    return (
        f"7 classes, {options['angles']} angles"
        if options["angles"] != "straight"
        else "7 classes, straight angle"
    )


SOURCE = Source(
    name="kdef",
    kind="posed",
    title="KDEF",
    page="https://www.kdef.se/home/about%20akdef.html",
    layout=("KDEF/AF01/AF01ANS.JPG",),
    options={
        "angles": Option("straight", tuple(ANGLES), "straight alone, with the half profiles, or all five"),
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="kfold",
    folds=10,
)
