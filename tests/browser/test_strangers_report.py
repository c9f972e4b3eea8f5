"""The report of a stranger's results folder in a browser: their script does not run, and nothing on it leads to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page
from strangers import make_results

from harness.report import write_report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = make_results(tmp_path_factory.mktemp("stranger"))
    return write_report(results, results / "report.html").path


def test_nothing_of_theirs_runs_and_nothing_leads_to_them(page: Page, report: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.goto(report.as_uri())
    page.wait_for_selector("html[data-ready]")
    for figure in page.locator("figure[data-section]").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".main-svg, .parcoords").first.wait_for(state="attached")
    page.locator("#board tbody button.open").first.click()
    assert page.evaluate("window.pwned") is None
    assert page.locator("[href*=stranger], [*|href*=stranger], [src=x], [onerror]").count() == 0
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
