"""MMI (Pantic et al. 2005): videos from the neutral face to the peak and back, six basic expressions, some in two views.

Reference: M. Pantic, M. Valstar, R. Rademaker, L. Maat, "Web-based database for facial expression analysis", ICME 2005.

The peak is the middle of a video. No list of the 208 sequences of the literature is distributed: all that have one of six labels
are taken, and their number is shown. Which clips show two views, and which lie on their side, is as one public loader
(donydchen, 2022) found it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from harness.datasets.listing import Tree, count_sequences, count_subjects
from harness.datasets.sample import Detect, Sample, VideoFrame
from harness.datasets.source import Expectation, LeftOut, Listing, Option, Options, Source
from harness.errors import LabelError

LABELS = {1: "anger", 2: "disgust", 3: "fear", 4: "happiness", 5: "sadness", 6: "surprise"}
STEM = re.compile(r"(?P<subject>S\d{3})-\d{3}")
RIGHT_HALF = frozenset({"S001", "S002", "S017"})
LEFT_HALF = frozenset({"S003", "S005", "S006", "S015", "S016"})
UPRIGHT = frozenset({"S053", "S054"})
UNUSABLE = frozenset({"S021"})
QUARTER_TURNS = 1
"""The loader turns all other clips by 90 degrees and does not say which way: counter-clockwise is our reading."""


def list_samples(root: Path, options: Options) -> Listing:
    """The middle frames of each session with one of the six labels."""
    tree = Tree(root, source=SOURCE)
    samples: list[Sample] = []
    reasons = dict.fromkeys(
        ("sessions with action units alone", "sessions of another label", "sessions of S021"), 0
    )
    for session in tree.folders("Sessions/*"):
        video = _video(tree, session)
        code = _code(tree, video)
        subject = _subject(tree, video)
        if code is None:
            reasons["sessions with action units alone"] += 1
        elif code not in LABELS:
            reasons["sessions of another label"] += 1
        elif options["views"] == "published" and subject in UNUSABLE:
            reasons["sessions of S021"] += 1
        else:
            samples += _frames(video, session, subject=subject, code=code, options=options)
    return tree.listing(samples, [LeftOut(reason=reason, count=count) for reason, count in reasons.items()])


def _video(tree: Tree, session: str) -> str:
    videos = [path for path in tree.files(f"{session}/*") if path.lower().endswith(".avi")]
    if len(videos) != 1:
        raise LabelError(
            f"{tree.root / session}: expected one video, got {len(videos)}; fetch the session again"
        )
    return videos[0]


def _code(tree: Tree, video: str) -> int | None:
    """The value of the element whose Name is Emotion, wherever it stands; None in sessions of action units alone.

    The labels have the video's name; where no file has it, the session's first one is read.
    """
    namesake = f"{video.rpartition('.')[0]}.xml"
    path = namesake if tree.has(namesake) else tree.first(f"{video.rpartition('/')[0]}/*.xml")
    try:
        values = _emotions(tree.text(path))
        return int(values[0]) if values else None
    except (ElementTree.ParseError, ValueError) as error:
        raise LabelError(
            f"{tree.root / path}: expected XML with <Metadata Name='Emotion' Value='1'/>, got {error}; fetch it again"
        ) from error


def _emotions(text: str) -> list[str]:
    """The values of all elements whose Name is Emotion."""
    if "<!ENTITY" in text:  # a few of them can unfold to gigabytes, and no session has any
        raise ValueError("definitions of entities")
    elements = ElementTree.fromstring(text).iter()
    return [element.get("Value", "") for element in elements if element.get("Name") == "Emotion"]


def _subject(tree: Tree, video: str) -> str:
    match = STEM.fullmatch(Path(video).stem)
    if match is None:
        raise LabelError(
            f"{tree.root / video}: expected a name such as S001-001.avi, which says who is seen; rename it as it was distributed"
        )
    return match["subject"]


def _frames(video: str, session: str, *, subject: str, code: int, options: Options) -> Iterator[Sample]:
    around = int(options["frames"]) // 2
    view, turn = _view(subject) if options["views"] == "published" else ("whole", 0)
    for offset in range(-around, around + 1):
        yield Sample(
            place=VideoFrame(video, offset, view=view, turn=turn),
            crop=Detect(),
            label=LABELS[code],
            code=str(code),
            subject=subject,
            sequence=session.rpartition("/")[2],
            role="apex",
        )


def _view(subject: str) -> tuple[str, int]:
    """Which half of a subject's clips is the frontal view, and how often they are turned."""
    if subject in RIGHT_HALF:
        return "right", 0
    if subject in LEFT_HALF:
        return "left", 0
    return "whole", 0 if subject in UPRIGHT else QUARTER_TURNS


def expected(options: Options) -> list[Expectation]:
    """208 sequences of 31 people in most papers; 205 and 236 are seen, too. No count is certain."""
    reason = "no list is distributed, and papers differ"
    return [
        count_sequences(205, 208, 236, sure=False, reason=reason),
        count_subjects(31, sure=False, reason=reason),
    ]


def describe(options: Options) -> str:
    """Frames and views."""
    views = "" if options["views"] == "published" else ", whole pictures"
    return f"6 classes, {options['frames']} middle frames{views}"


SOURCE = Source(
    name="mmi",
    kind="posed",
    title="MMI",
    page="https://mmifacedb.eu/",
    layout=("Sessions/<session>/S001-001.avi", "Sessions/<session>/S001-001.xml"),
    options={
        "frames": Option(3, (1, 3, 5, 7), "frames around the middle of each video"),
        "views": Option(
            "published",
            ("published", "whole"),
            "the halves and turns of a public loader, or pictures as they are",
        ),
    },
    list_samples=list_samples,
    expected=expected,
    describe=describe,
    protocol="kfold",
    folds=10,
)
