from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from harness.datasets.faceset import FaceSet
from harness.datasets.synthetic import draw, draw_faces
from harness.datasets.synthetic.anatomy import INDEX, NAMES, SIDES, Landmarks, fold_skin, place_landmarks
from harness.datasets.synthetic.cast import apportion, posed_cast
from harness.datasets.synthetic.conditions import draw_conditions, expose
from harness.datasets.synthetic.difficulty import POSED, SPONTANEOUS, Difficulty
from harness.datasets.synthetic.expressions import draw_units, prototype_units
from harness.datasets.synthetic.facs import ACTION_UNITS, CLASS_NAMES, COLUMN, NEUTRAL, PROTOTYPES
from harness.datasets.synthetic.muscles import CREASES, MOVES
from harness.datasets.synthetic.pose import Pose, project
from harness.datasets.synthetic.shapes import Floats, Patch, blank, disc
from harness.datasets.synthetic.subjects import draw_subjects
from harness.errors import DatasetError

KINDS = ("posed", "spontaneous")
SIZE = 48


@pytest.fixture(scope="module")
def posed() -> FaceSet:
    return draw_faces("posed", images=1120, size=SIZE, seed=0)


@pytest.fixture(scope="module")
def spontaneous() -> FaceSet:
    return draw_faces("spontaneous", images=1120, size=SIZE, seed=0)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def active(*units: int, faces: int = 5) -> Floats:
    intensity = np.zeros((faces, 2, len(ACTION_UNITS)), dtype=np.float32)
    intensity[:, :, [COLUMN[unit] for unit in units]] = 1
    return intensity


def shift(*units: int) -> Landmarks:
    """How far each landmark moves when these units go from 0 to 1."""
    people = draw_subjects(5, rng())
    moved = place_landmarks(people, active(*units)).points - place_landmarks(people, active()).points
    return Landmarks(moved)


# The sets


@pytest.mark.parametrize("kind", KINDS)
def test_equal_arguments_draw_equal_faces(kind: draw.Kind) -> None:
    first, second = (draw_faces(kind, images=150, size=32, seed=3) for _ in range(2))
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_cores_does_not_change_the_faces(
    kind: draw.Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = draw_faces(kind, images=300, size=32, seed=3)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert draw_faces(kind, images=300, size=32, seed=3).fingerprint == many.fingerprint


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_draws_other_faces(kind: draw.Kind) -> None:
    first, second = (draw_faces(kind, images=14, size=32, seed=seed) for seed in (0, 1))
    assert first.fingerprint != second.fingerprint
    assert not any((a == b).all() for a, b in zip(first.images, second.images, strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("images", "size"), [(7, 16), (100, 24), (29, 97)])
def test_any_number_of_images_of_any_size_has_every_class(kind: draw.Kind, images: int, size: int) -> None:
    faces = draw_faces(kind, images=images, size=size, seed=0)
    assert faces.name == f"synthetic-{kind}"
    assert faces.class_names == ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
    assert (faces.images.dtype, faces.images.shape) == (np.uint8, (images, size, size))
    assert set(faces.labels) == set(range(7))
    assert faces.splits is None


def test_every_posed_subject_shows_every_expression_several_times(posed: FaceSet) -> None:
    people, who = np.unique(posed.subjects, return_inverse=True)
    shown = np.zeros((len(people), 7), dtype=int)
    np.add.at(shown, (who, posed.labels), 1)
    assert people[0] == "P001"
    assert (shown == 4).all()


@pytest.mark.parametrize("images", [7, 29, 100, 2800])
def test_a_posed_cast_of_any_size_is_balanced_and_complete(images: int) -> None:
    cast = posed_cast(images)
    assert len(cast.labels) == images
    assert np.ptp(np.bincount(cast.labels, minlength=7)) <= 1
    assert all(set(cast.labels[cast.subjects == person]) == set(range(7)) for person in range(cast.people))


def test_spontaneous_subjects_have_one_to_eight_images(spontaneous: FaceSet) -> None:
    _, counts = np.unique(spontaneous.subjects, return_counts=True)
    assert (counts.min(), counts.max()) == (1, 8)


def test_spontaneous_classes_are_as_uneven_as_in_the_wild(spontaneous: FaceSet) -> None:
    share = np.bincount(spontaneous.labels) / len(spontaneous)
    by_share = [CLASS_NAMES[label] for label in np.argsort(share)]
    assert by_share[:1] == ["fear"]
    assert by_share[-2:] == ["neutral", "happiness"]
    assert share.max() > 5 * share.min()


def test_no_imbalance_gives_equal_classes_and_full_imbalance_gives_raf_db() -> None:
    assert set(apportion(701, imbalance=0.0)) == {100, 101}
    assert apportion(15339 + 7, imbalance=1.0)[CLASS_NAMES.index("happiness")] == 5957 + 1


@pytest.mark.parametrize("kind", KINDS)
def test_faces_use_the_grey_range_and_none_is_blank(kind: str, posed: FaceSet, spontaneous: FaceSet) -> None:
    images = {"posed": posed, "spontaneous": spontaneous}[kind].images
    assert np.percentile(images, 2) < 40
    assert np.percentile(images, 98) > 215
    assert images.std(axis=(1, 2)).min() > 8


def test_a_linear_probe_on_new_people_reads_posed_faces_far_better_than_chance(posed: FaceSet) -> None:
    people = np.unique(posed.subjects)
    known = np.isin(posed.subjects, people[: len(people) * 3 // 4])
    pixels = posed.images[:, ::2, ::2].reshape(len(posed), -1) / 255
    pixels -= pixels.mean(axis=1, keepdims=True)
    probe = LogisticRegression(C=0.1, max_iter=300).fit(pixels[known], posed.labels[known])
    assert probe.score(pixels[~known], posed.labels[~known]) > 0.5


# What cannot be drawn


def test_an_unknown_kind_is_named_with_the_known_ones() -> None:
    with pytest.raises(DatasetError, match="one of posed, spontaneous, got 'acted'"):
        draw_faces("acted", images=7, size=48, seed=0)  # type: ignore[arg-type]


def test_fewer_images_than_classes_are_refused() -> None:
    with pytest.raises(DatasetError, match="synthetic-posed: images must be 7 or more, one per class, got 6"):
        draw_faces("posed", images=6, size=48, seed=0)


def test_images_too_small_for_a_face_are_refused() -> None:
    with pytest.raises(DatasetError, match="size must be 16 pixels or more, got 15"):
        draw_faces("spontaneous", images=7, size=15, seed=0)


# Expressions


def test_prototypes_and_muscles_name_only_known_units_and_landmarks() -> None:
    listed = {unit for each in PROTOTYPES.values() for part in (each.core, *each.variants) for unit in part}
    assert listed | set(MOVES) | {unit for causes in CREASES.values() for unit in causes} == set(ACTION_UNITS)
    moved = {name for moves in MOVES.values() for name in moves}
    assert all(name in NAMES or f"{name}_left" in NAMES for name in moved)


def test_no_two_expressions_share_a_combination_of_units() -> None:
    rows = [
        tuple(prototype_units(name, variant=variant))
        for name, prototype in PROTOTYPES.items()
        for variant in range(len(prototype.variants))
    ]
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("difficulty", [POSED, SPONTANEOUS])
def test_intensities_lie_between_absent_and_maximal(difficulty: Difficulty) -> None:
    units = draw_units(np.arange(700) % 7, difficulty=difficulty, rng=rng())
    assert units.shape == (700, 2, len(ACTION_UNITS))
    assert units.min() == 0
    assert 0.5 < units.max() <= 1


def test_spontaneous_expressions_are_less_complete_and_less_clean_than_posed_ones() -> None:
    labels = np.full(2000, CLASS_NAMES.index("happiness"))
    core = [COLUMN[unit] for unit in PROTOTYPES["happiness"].core]
    alien = [COLUMN[unit] for unit in (4, 15)]
    posed_units, spontaneous_units = (
        draw_units(labels, difficulty=difficulty, rng=rng()) for difficulty in (POSED, SPONTANEOUS)
    )
    assert posed_units[..., core].min() > 0
    assert (spontaneous_units[..., core] == 0).any()
    assert spontaneous_units[..., alien].mean() > 2 * posed_units[..., alien].mean()


def test_a_neutral_face_has_stray_units_only() -> None:
    units = draw_units(np.full(500, NEUTRAL), difficulty=SPONTANEOUS, rng=rng())
    assert units.max() <= SPONTANEOUS.stray_strength


# Anatomy


@pytest.mark.parametrize(
    ("unit", "landmark", "direction"),
    [
        (1, "brow_inner", "up"),
        (2, "brow_outer", "up"),
        (4, "brow_inner", "down"),
        (5, "lid_upper", "up"),
        (6, "lid_lower", "up"),
        (7, "lid_upper", "down"),
        (9, "nose_wing", "up"),
        (12, "mouth_corner", "up"),
        (15, "mouth_corner", "down"),
    ],
)
def test_a_unit_moves_its_landmark_on_both_sides(unit: int, landmark: str, direction: str) -> None:
    moved = shift(unit)
    for side in SIDES:
        down = moved[f"{landmark}_{side}"][:, 1]
        assert (down > 0.01).all() if direction == "down" else (down < -0.01).all()


def test_a_smile_widens_the_mouth_and_leaves_the_brows_alone() -> None:
    moved = shift(12)
    assert (moved["mouth_corner_left"][:, 0] < -0.05).all()
    assert (moved["mouth_corner_right"][:, 0] > 0.05).all()
    np.testing.assert_allclose(moved["brow_inner_left"], 0)


def test_a_unit_of_one_half_moves_only_that_half() -> None:
    people, units = draw_subjects(3, rng()), active(12, faces=3)
    units[:, 1] = 0
    moved = place_landmarks(people, units).points - place_landmarks(people, active(faces=3)).points
    assert (moved[:, INDEX["mouth_corner_left"], 1] < -0.05).all()
    np.testing.assert_allclose(moved[:, INDEX["mouth_corner_right"]], 0)


def test_a_dropped_jaw_opens_the_mouth_and_lowers_the_chin() -> None:
    marks = place_landmarks(draw_subjects(5, rng()), active(26))
    assert (marks["lip_lower_inner"][:, 1] - marks["lip_upper_inner"][:, 1] > 0.05).all()
    assert (shift(26)["chin"][:, 1] > 0).all()


def test_lids_and_lips_never_cross_whatever_is_active() -> None:
    units = rng().random((500, 2, len(ACTION_UNITS)), dtype=np.float32)
    marks = place_landmarks(draw_subjects(500, rng()), units)
    order = ["lip_upper_outer", "lip_upper_inner", "lip_lower_inner", "lip_lower_outer"]
    pairs = [
        *pairwise(order),
        *((f"lid_upper_{side}", f"lid_lower_{side}") for side in SIDES),
    ]
    for upper, lower in pairs:
        assert (marks[upper][:, 1] <= marks[lower][:, 1] + 1e-6).all(), (upper, lower)


def test_frowning_folds_the_skin_between_the_brows() -> None:
    people = draw_subjects(5, rng())
    assert (fold_skin(people, active(4))["glabella"] > fold_skin(people, active())["glabella"]).all()


# Pose


def turned(*, pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0) -> Landmarks:
    marks = place_landmarks(draw_subjects(1, rng()), active(faces=1))
    pose = Pose(
        angles=np.radians(np.array([[pitch, yaw, roll]], dtype=np.float32)),
        shift=np.zeros((1, 2), dtype=np.float32),
        zoom=np.ones(1, dtype=np.float32),
    )
    return project(marks, pose, size=SIZE)[0]


def test_a_frontal_face_is_symmetric_about_the_middle_of_the_image() -> None:
    marks = turned()
    np.testing.assert_allclose(marks["pupil_left"][0, 0] + marks["pupil_right"][0, 0], SIZE - 1, atol=1e-4)


def test_a_turned_head_moves_the_nose_before_the_eyes_and_a_raised_one_lifts_it() -> None:
    middle = (SIZE - 1) / 2
    marks = turned(yaw=20)
    eyes = (marks["pupil_left"][0, 0] + marks["pupil_right"][0, 0]) / 2
    assert marks["nose_tip"][0, 0] > eyes > middle
    assert turned(pitch=20)["nose_tip"][0, 1] < turned()["nose_tip"][0, 1]


def test_a_clockwise_tilt_lowers_the_eye_on_the_right() -> None:
    marks = turned(roll=10)
    assert marks["pupil_right"][0, 1] > marks["pupil_left"][0, 1]


# Brush and camera


def canvas(*, tone: float = 0.0) -> Patch:
    return blank(1, size=32, tone=np.array([tone], dtype=np.float32))


def points(*xy: tuple[float, float]) -> list[Floats]:
    return [np.array([each], dtype=np.float32) for each in xy]


def test_a_disc_covers_its_area() -> None:
    centre, right, down = points((15.5, 15.5), (10, 0), (0, 6))
    mask = disc(canvas().radius2(centre, right, down), np.array([6.0]))
    np.testing.assert_allclose(mask.sum(), np.pi * 10 * 6, rtol=0.03)


def test_the_area_between_two_arcs_is_two_thirds_of_their_box() -> None:
    start, end, top, bottom = points((4, 16), (28, 16), (16, 10), (16, 26))
    arcs = canvas().span(start, end)
    mask = arcs.between(arcs.depth(top), arcs.depth(bottom))
    np.testing.assert_allclose(mask.sum(), 24 * 16 * 2 / 3, rtol=0.03)


@pytest.mark.parametrize("half_width", [0.0, -1.0])
def test_a_stroke_without_width_leaves_no_trace(half_width: float) -> None:
    start, end = points((4, 16), (28, 16))
    assert canvas().span(start, end).stroke(np.zeros(1), half_width=np.array([half_width])).max() == 0


def test_a_window_holds_its_points_and_paints_into_the_image() -> None:
    patch = canvas()
    window = patch.around(*points((5, 8), (9, 12)), margin=1.0)
    assert window.grey.shape == (1, 7, 7)
    window.paint(np.ones_like(window.grey), 1.0)
    assert (patch.grey.sum(), patch.grey[0, 7:14, 4:11].min()) == (49, 1)


def test_a_window_outside_the_image_is_empty() -> None:
    assert canvas().around(*points((-20, -20))).grey.size == 0


def test_blur_keeps_the_brightness_and_something_in_front_hides_what_is_behind() -> None:
    taken = draw_conditions(1, difficulty=POSED, rng=rng())
    patch = canvas(tone=0.5)
    patch.grey[:, 12:20, 12:20] = 1
    before = patch.grey.mean()
    for part, value in ((taken.slope, 0), (taken.exposure, 1), (taken.noise, 0), (taken.blur, 0.2)):
        part[...] = value
    blurred = expose(patch, taken, rng=rng())
    assert blurred.max() < 255
    np.testing.assert_allclose(blurred.mean() / 255, before, atol=0.01)
    taken.cover[...] = [0, 0, 2, 2, 0, 0.25]
    np.testing.assert_allclose(expose(patch, taken, rng=rng()), 63, atol=1)
