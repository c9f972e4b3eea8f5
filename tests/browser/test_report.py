"""The report as people use it: opened from a file, sorted, filtered, pointed at, copied from; on a desk and on a phone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

import harness
from harness.report import write_report
from harness.reporting.projector import write_projector

QUICK = Path(harness.__file__).parents[1] / "results" / "quick"
SCREENS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
METHODS = {"multi-threshold", "equal-thresholds", "multi-plain", "single-dual", "single-plain"}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quick suite's report; one of its searches keeps an embedding, as a search that was run here does."""
    results = tmp_path_factory.mktemp("report") / "quick"
    shutil.copytree(QUICK, results)
    best = results / "posed-single-dual" / "tensorboard" / "synthetic-posed" / "single-dual" / "best"
    best.mkdir(parents=True)
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 7
    write_projector(
        best,
        embedding=rng.normal(size=(40, 8)) + 3 * np.eye(8)[labels],
        labels=labels,
        class_names=["anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"],
        images=rng.integers(256, size=(40, 16, 16), dtype=np.uint8),
    )
    return write_report(results, results / "report.html").path


class Seen:
    """A page, and what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda asked: self._asked(asked.url))

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.faults.append(f"asked for {url}")

    def rows(self) -> list[list[str]]:
        """The leaderboard's cells, as they stand."""
        read = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        return list(self.page.locator("#board tbody tr").evaluate_all(read))


@pytest.fixture(params=SCREENS)
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport=SCREENS[request.param], has_touch=request.param == "phone")
    yield opened
    opened.close()


@pytest.fixture
def seen(context: BrowserContext, report: Path) -> Iterator[Seen]:
    """The page when it is ready; afterwards nothing may have gone wrong on it."""
    seen = Seen(context.new_page())
    seen.page.goto(report.as_uri())
    seen.page.wait_for_selector("html[data-ready]", timeout=30_000)
    yield seen
    assert seen.faults == []


def draw_all(page: Page) -> None:
    """Scrolls to each figure until it is drawn."""
    for figure in page.locator("figure[data-section]").all():
        figure.scroll_into_view_if_needed()
        expect(figure).to_have_attribute("data-drawn", "0")


def test_every_figure_is_drawn_and_says_what_it_shows(seen: Seen) -> None:
    draw_all(seen.page)
    sections = [
        figure.get_attribute("data-section") for figure in seen.page.locator("figure[data-section]").all()
    ]
    assert set(sections) == {
        "ranges", "intervals", "curves", "budget", "recall", "importance", "parallel", "confusion", "slices",
        "embedding",
    }  # fmt: skip
    for plot in seen.page.locator("figure .plot").all():
        assert plot.locator(".main-svg").count() > 0
        assert plot.get_attribute("aria-label") == plot.locator("xpath=..//figcaption").inner_text()


def test_the_page_is_no_wider_than_the_screen(seen: Seen) -> None:
    draw_all(seen.page)
    assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_click_on_a_header_sorts_by_numbers(seen: Seen) -> None:
    assert [row[0] for row in seen.rows()] == ["1", "2", "3", "4", "5"] * 2
    header = seen.page.locator("#board thead th", has_text="test UAR")
    for order in ("ascending", "descending"):
        header.click()
        expect(header).to_have_attribute("aria-sort", order)
        means = [float(row[4]) for row in seen.rows()]
        assert means == sorted(means, reverse=order == "descending")


def test_filters_keep_a_dataset_and_a_method(seen: Seen) -> None:
    seen.page.select_option("#filter-dataset", "synthetic-posed")
    assert {row[1] for row in seen.rows()} == {"synthetic-posed"}
    assert {row[2] for row in seen.rows()} == METHODS
    seen.page.select_option("#filter-method", "multi-plain")
    assert [row[3] for row in seen.rows()] == ["posed-multi-plain"]
    seen.page.select_option("#filter-dataset", "")
    seen.page.select_option("#filter-method", "")
    seen.page.locator("#leaderboard input[type=search]").fill("spontaneous")
    assert len(seen.rows()) == 5


def test_pointing_at_a_dot_says_its_number(seen: Seen) -> None:
    figure = seen.page.locator("figure[data-section=intervals]")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-drawn", "0")
    figure.locator(".plot").hover(position=middle_of(figure, "path.point", last=True))
    expect(figure.locator(".hoverlayer")).to_contain_text("%")


def test_pointing_at_a_point_of_the_embedding_shows_the_face(seen: Seen) -> None:
    figure = seen.page.locator("figure[data-section=embedding]")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-drawn", "0")
    face = seen.page.locator("#face")
    expect(face).to_be_hidden()
    figure.locator(".plot").hover(position=middle_of(figure, "path.point"))
    expect(face).to_be_visible()
    assert "data:image/jpeg" in face.evaluate("each => getComputedStyle(each).backgroundImage")


def middle_of(figure: Any, selector: str, *, last: bool = False) -> dict[str, float]:
    """Where the first or the last such mark is, within its plot."""
    marks = figure.locator(selector)
    mark = (marks.last if last else marks.first).bounding_box()
    plot = figure.locator(".plot").bounding_box()
    return {
        "x": mark["x"] + mark["width"] / 2 - plot["x"],
        "y": mark["y"] + mark["height"] / 2 - plot["y"],
    }


def test_another_figure_of_a_section_is_picked_by_name(seen: Seen) -> None:
    figure = seen.page.locator("figure[data-section=confusion]")
    figure.scroll_into_view_if_needed()
    expect(figure.locator("figcaption")).to_contain_text("synthetic-posed / single-dual")
    seen.page.select_option("select[data-section=confusion]", label="synthetic-spontaneous / multi-plain")
    expect(figure.locator("figcaption")).to_contain_text("synthetic-spontaneous / multi-plain")
    expect(figure).to_have_attribute("data-drawn", "7")


def test_a_click_on_a_row_shows_its_search_file_and_copies_it(seen: Seen, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.page.locator("#board button.open", has_text="posed-multi-plain").click()
    dialog = seen.page.locator("dialog#file")
    expect(dialog).to_be_visible()
    text = (QUICK / "posed-multi-plain" / "search.yaml").read_text()
    assert dialog.locator("pre").inner_text() == text
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("status")).to_have_text("Copied.")
    assert seen.page.evaluate("navigator.clipboard.readText()") == text
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    seen.page.locator("#board tbody tr").first.locator("td").first.click()
    expect(dialog.locator("h2")).to_have_text("synthetic-posed / single-dual")
    seen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_trials_are_shown_a_page_at_a_time_and_found_by_words(seen: Seen) -> None:
    section = seen.page.locator("#trials")
    section.scroll_into_view_if_needed()
    expect(section.locator("tbody tr")).to_have_count(25)
    section.locator("input[type=search]").fill("spontaneous-multi-plain collapsed")
    expect(section.locator("tbody tr")).to_have_count(3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_there_is_no_serious_fault_of_accessibility(seen: Seen, scheme: str) -> None:
    seen.page.emulate_media(color_scheme=scheme)
    draw_all(seen.page)
    found = Axe().run(seen.page).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    told = [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in serious]
    assert serious == [], json.dumps(told, indent=1)


def test_dark_and_light_are_told_apart_and_figures_follow(seen: Seen) -> None:
    figure = seen.page.locator("figure[data-section=curves]")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-drawn", "0")
    ink = "each => getComputedStyle(each.querySelector('.xtick text')).fill"
    seen.page.emulate_media(color_scheme="light")
    light = figure.evaluate(ink)
    seen.page.emulate_media(color_scheme="dark")
    seen.page.wait_for_function("document.documentElement.classList.contains('dark')")
    assert figure.evaluate(ink) != light
