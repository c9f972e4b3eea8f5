"""Writes a small MMI as it is distributed: a video and its labels per session, clips in two views, clips on their side."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from drawn import framed
from numpy.typing import NDArray

CODES = {"anger": 1, "disgust": 2, "fear": 3, "happiness": 4, "sadness": 5, "surprise": 6}
STRENGTHS = (0.0, 0.5, 0.9, 1.0, 0.9, 0.5, 0.0)
SUBJECTS = (1, 2, 3, 5, 6, 15, 16, 17, 53, 54)


def write_tree(root: Path, *, people: int = 20) -> None:
    """A session per person and expression; one of action units alone, one of another label, one of the subject nobody uses."""
    numbers = [*SUBJECTS, *(number for number in range(22, 53))][:people]
    session = 1
    for person, number in enumerate(numbers):
        for label, code in CODES.items():
            write_session(root, session, subject=f"S{number:03d}", label=label, code=code, person=person)
            session += 1
    write_session(root, session, subject="S053", label="happiness", code=None, person=0)
    write_session(root, session + 1, subject="S053", label="happiness", code=7, person=0)
    write_session(root, session + 2, subject="S021", label="happiness", code=4, person=0)


def write_session(
    root: Path, session: int, *, subject: str, label: str, code: int | None, person: int
) -> None:
    """One session's folder."""
    folder = root / "Sessions" / str(session)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{subject}-{session:03d}"
    frames = [
        framed(label, person=person, take=0, width=96, height=96, strength=strength) for strength in STRENGTHS
    ]
    write_video(folder / f"{stem}.avi", [_as_filmed(frame, subject) for frame in frames])
    emotion = "" if code is None else f'<Metadata Name="Emotion" Value="{code}"/>'
    (folder / f"{stem}.xml").write_text(f'<Session><Metadata Name="Subject" Value="1"/>{emotion}</Session>\n')


def write_video(path: Path, frames: list[NDArray[np.uint8]]) -> None:
    """Grey frames as a small AVI."""
    height, width = frames[0].shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(np.repeat(pixels[..., None], 3, axis=-1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _as_filmed(frame: NDArray[np.uint8], subject: str) -> NDArray[np.uint8]:
    """Beside a profile that says nothing, upright, or on its side."""
    profile = np.full_like(frame, 60)
    if subject in ("S001", "S002", "S017"):
        return np.concatenate([profile, frame], axis=1)
    if subject in ("S003", "S005", "S006", "S015", "S016"):
        return np.concatenate([frame, profile], axis=1)
    return frame if subject in ("S053", "S054") else np.ascontiguousarray(np.rot90(frame, -1))
