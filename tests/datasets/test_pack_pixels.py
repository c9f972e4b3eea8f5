"""Pictures out of files, videos and tables: their pixels, and what is told of those that cannot be read."""

from __future__ import annotations

import re
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from harness.datasets.pack.pixels import read_picture
from harness.datasets.sample import ImageFile, PixelText, Place, VideoFrame
from harness.errors import ImageError

UPSIDE_DOWN = 3  # of EXIF's orientations


def save_video(path: Path, *, frames: int) -> None:
    """32 x 64, the left half of frame i grey 10 i, the right half white."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuvj420p"
        for number in range(frames):
            pixels = np.full((32, 64, 3), 255, dtype=np.uint8)
            pixels[:, :32] = 10 * number
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())


def read(root: Path, place: Place, *, color: str = "gray") -> NDArray[np.uint8]:
    return read_picture(root, place, color=color)


def save_turned(path: Path) -> None:
    pixels = np.zeros((16, 16), dtype=np.uint8)
    pixels[:8] = 200
    exif = Image.Exif()
    exif[0x0112] = UPSIDE_DOWN
    Image.fromarray(pixels).save(path, exif=exif)


def test_a_picture_is_upright_as_its_exif_says(tmp_path: Path) -> None:
    save_turned(tmp_path / "a.jpg")
    picture = read(tmp_path, ImageFile("a.jpg"))
    assert picture[2, 2] < 20
    assert picture[13, 2] > 180


def test_a_picture_of_16_bits_keeps_its_shades(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 0x8000, dtype=np.uint16)).save(tmp_path / "a.png")
    assert (read(tmp_path, ImageFile("a.png")) == 0x80).all()


def test_color_decides_the_shape(tmp_path: Path) -> None:
    Image.new("RGBA", (5, 3), (200, 10, 10, 255)).save(tmp_path / "a.png")
    assert read(tmp_path, ImageFile("a.png")).shape == (3, 5)
    assert read(tmp_path, ImageFile("a.png"), color="rgb")[0, 0].tolist() == [200, 10, 10]


def test_a_large_jpeg_is_read_smaller_only_where_that_is_allowed(tmp_path: Path) -> None:
    Image.new("L", (256, 256)).save(tmp_path / "a.jpg")
    place = ImageFile("a.jpg")
    assert read(tmp_path, place).shape == (256, 256)
    assert read_picture(tmp_path, place, color="gray", least_side=60).shape == (64, 64)


@pytest.mark.parametrize(("offset", "number"), [(-1, 2), (0, 3), (2, 5)])
def test_frames_count_from_the_middle_one(tmp_path: Path, offset: int, number: int) -> None:
    save_video(tmp_path / "a.avi", frames=7)
    picture = read(tmp_path, VideoFrame("a.avi", offset, view="left"))
    assert picture.shape == (32, 32)
    assert abs(int(picture[16, 8]) - 10 * number) <= 3


def test_a_view_is_cut_before_it_is_turned(tmp_path: Path) -> None:
    save_video(tmp_path / "a.avi", frames=3)
    whole = read(tmp_path, VideoFrame("a.avi", 0), color="rgb")
    assert whole.shape == (32, 64, 3)
    right = read(tmp_path, VideoFrame("a.avi", 0, view="right", turn=1))
    assert right.shape == (32, 32)
    assert right[16, 16] > 240
    turned = read(tmp_path, VideoFrame("a.avi", 0, turn=1))
    assert turned.shape == (64, 32)
    assert turned[8, 16] > 240  # counter-clockwise, what was right is on top
    assert turned[56, 16] < 20


def test_a_frame_beyond_the_video_is_told_with_its_length(tmp_path: Path) -> None:
    save_video(tmp_path / "a.avi", frames=3)
    with pytest.raises(
        ImageError, match=r"a\.avi: expected a frame \+9 from the middle, got a video of 3 frames"
    ):
        read(tmp_path, VideoFrame("a.avi", 9))


def test_a_row_of_a_table_is_its_bytes_row_by_row(tmp_path: Path) -> None:
    place = PixelText("fer.csv", 4, bytes(range(6)), width=3, height=2)
    assert read(tmp_path, place).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read(tmp_path, place, color="rgb")[1, 2].tolist() == [5, 5, 5]


def test_a_row_of_too_few_pixels_is_told_with_its_table(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"fer\.csv: cannot reshape array of size 5"):
        read(tmp_path, PixelText("fer.csv", 4, bytes(5), width=3, height=2))


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_truncated_picture_is_told_with_its_file(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match=rf"{re.escape(name)}: .*truncated"):
        read(tmp_path, ImageFile(name))


def test_a_truncated_video_is_told_even_where_it_decodes(tmp_path: Path) -> None:
    save_video(tmp_path / "a.avi", frames=20)
    whole = (tmp_path / "a.avi").read_bytes()
    (tmp_path / "a.avi").write_bytes(whole[: round(0.8 * len(whole))])
    with pytest.raises(ImageError, match=r"a\.avi: "):
        read(tmp_path, VideoFrame("a.avi", 0))


@pytest.mark.parametrize("place", [ImageFile("a.png"), VideoFrame("a.avi", 0)], ids=["image", "video"])
def test_a_file_that_is_missing_or_empty_or_text_is_told_by_name(tmp_path: Path, place: Place) -> None:
    with pytest.raises(ImageError, match=re.escape(place.path)):
        read(tmp_path, place)
    for content in ("", "<html>"):
        (tmp_path / place.path).write_text(content)
        with pytest.raises(ImageError, match=re.escape(place.path)):
            read(tmp_path, place)
