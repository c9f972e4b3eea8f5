"""What a search looks like in TensorBoard itself."""

from __future__ import annotations

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from harness.reporting.custom_scalars import CHARTS
from harness.reporting.pinned import pinned_address, pinned_tags
from harness.search import Outcome

TRIALS = "synthetic-posed/multi-threshold"
PATIENCE_MS = 30_000


def open_pinned(page: Page, tensorboard: str, *tags: str) -> None:
    page.goto(pinned_address(tags, port=int(tensorboard.rpartition(":")[2])))
    expect(page.get_by_text(f"{TRIALS}/0000", exact=True).first).to_be_visible(timeout=PATIENCE_MS)


def pinned_titles(page: Page) -> list[str]:
    """Titles of the pinned cards; the page breaks them into two parts."""
    titles = page.locator("metrics-pinned-view .tag")
    return ["".join(title.split()) for title in titles.all_inner_texts()]


def words(cells: Locator) -> list[str]:
    """What the cells say, those of a row one after another."""
    return [text.strip() for text in cells.all_inner_texts()]


def confirmed_means(search: Outcome) -> dict[int, float]:
    """Mean over the fresh seeds of each confirmed config, by trial."""
    runs = pd.read_parquet(search.folder / "runs.parquet")
    return runs[runs["rule"] == "honest"].groupby("trial")["test_uar"].mean().to_dict()


def test_the_address_pins_the_curves_that_are_compared_first(page: Page, tensorboard: str) -> None:
    open_pinned(page, tensorboard, *pinned_tags("val_uar"))
    expect(page.get_by_text("3 cards").first).to_be_visible(timeout=PATIENCE_MS)
    assert pinned_titles(page) == ["curves/val_uar", "curves/loss", "slices_active_share/00"]


def test_a_tag_that_no_run_has_makes_no_card(page: Page, tensorboard: str) -> None:
    open_pinned(page, tensorboard, "curves/val_uar", "slices_active_share/99")
    expect(page.locator("metrics-pinned-view .tag").first).to_be_visible(timeout=PATIENCE_MS)
    assert pinned_titles(page) == ["curves/val_uar"]


@pytest.mark.parametrize("run", ["0000", "0001", "0002", "best"])
def test_a_run_is_named_by_dataset_method_and_number(page: Page, tensorboard: str, run: str) -> None:
    page.goto(f"{tensorboard}/#timeseries")
    name = page.locator("runs-data-table").get_by_text(f"{TRIALS}/{run}", exact=True)
    expect(name).to_be_visible(timeout=PATIENCE_MS)


def test_confirmation_runs_stand_beside_their_trial_and_leaky_ones_say_so(
    page: Page, tensorboard: str
) -> None:
    page.goto(f"{tensorboard}/#timeseries")
    runs = page.locator("runs-data-table")
    for ending in ("confirmed-0", "confirmed-1", "confirmed-0-oracle-best-epoch"):
        names = runs.get_by_text(f"-{ending}")
        expect(names.first).to_be_visible(timeout=PATIENCE_MS)


def test_trials_sort_by_what_fresh_seeds_confirmed(page: Page, tensorboard: str, search: Outcome) -> None:
    page.goto(f"{tensorboard}/#hparams")
    cells = page.locator("tf-hparams-table-view .table-cell")
    names = cells.filter(has_text=" faces")  # of the search
    expect(names).to_have_count(3 + 2 * 2 * 2, timeout=PATIENCE_MS)
    place = words(cells).index("confirmed test_uar")

    means = confirmed_means(search)
    assert len(means) == 2
    for direction in ("Ascending", "Descending"):
        for field, choice in (("Sort by", "confirmed test_uar"), ("Direction", direction)):
            page.get_by_label(field).first.click()
            page.get_by_role("option", name=choice).click()
        order = sorted(means, key=lambda trial: means[trial], reverse=direction == "Descending")
        expect(names.nth(0)).to_have_text(f"{order[0]:04d} faces", timeout=PATIENCE_MS)
        expect(names.nth(1)).to_have_text(f"{order[1]:04d} faces", timeout=PATIENCE_MS)
        shown = [words(cells)[words(cells).index(f"{trial:04d} faces") + place] for trial in order]
        assert [float(mean) for mean in shown] == pytest.approx([means[trial] for trial in order], rel=1e-4)


def test_the_custom_scalars_page_has_each_chart_with_its_lines(page: Page, tensorboard: str) -> None:
    page.goto(f"{tensorboard}/#custom_scalars")
    for charts in CHARTS.values():
        for title in charts:
            chart = page.locator("tf-custom-scalar-multi-line-chart-card", has_text=title)
            expect(chart).to_contain_text(title, timeout=PATIENCE_MS)
            expect(chart).not_to_contain_text("Matches (0)", timeout=PATIENCE_MS)


def test_the_images_page_shows_both_figures_of_the_best_trial(page: Page, tensorboard: str) -> None:
    page.goto(f"{tensorboard}/#images")
    figures = page.locator("tf-image-loader")
    expect(figures).to_have_count(2, timeout=PATIENCE_MS)
    for figure, tag in zip(figures.all(), ("confusion", "threshold_against_accuracy"), strict=True):
        expect(figure).to_contain_text(f"figures/{tag}")
        expect(figure).to_contain_text(f"{TRIALS}/best")
        assert figure.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


def test_the_projector_shows_the_validation_faces(page: Page, tensorboard: str) -> None:
    page.goto(f"{tensorboard}/#projector")
    tab = page.get_by_role("tab", name="projector")
    for _ in range(10):  # TensorBoard looks for embeddings in the background, and shows the tab from then on
        if tab.is_visible():
            break
        page.reload(wait_until="networkidle")
    projector = page.frame_locator("iframe").frame_locator("iframe")
    for told in ("1 tensor found", "Points: 28", "Dimension: 16"):
        expect(projector.get_by_text(told).first).to_be_visible(timeout=PATIENCE_MS)
