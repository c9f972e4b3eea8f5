"""What a search looks like in optuna-dashboard itself, opened on its journal."""

from __future__ import annotations

import pandas as pd
from playwright.sync_api import Page, expect

from harness.search import Outcome

PATIENCE_MS = 30_000


def test_the_dashboard_lists_the_search_and_its_confirmations(page: Page, optuna_dashboard: str) -> None:
    page.goto(optuna_dashboard)
    for study in ("0. search", "1. confirmation", "2. confirmation by oracle-best-epoch"):
        expect(page.get_by_text(study, exact=True)).to_be_visible(timeout=PATIENCE_MS)


def test_the_study_shows_its_best_trial_and_names_its_objective(
    page: Page, optuna_dashboard: str, search: Outcome
) -> None:
    page.goto(optuna_dashboard)
    page.get_by_text("0. search", exact=True).click()
    expect(page.get_by_text("search (id=0)")).to_be_visible(timeout=PATIENCE_MS)
    trials = pd.read_parquet(search.folder / "trials.parquet")
    expect(page.get_by_text(str(trials["val_uar"].max())).first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".ytitle", has_text="val_uar").first).to_be_visible(timeout=PATIENCE_MS)


def test_every_trial_is_listed_with_its_parameters(page: Page, optuna_dashboard: str) -> None:
    page.goto(f"{optuna_dashboard}/dashboard/studies/0/trials")
    for number in range(3):
        listed = page.get_by_role("button").filter(has_text=f"Trial {number}").first
        expect(listed).to_be_visible(timeout=PATIENCE_MS)
        listed.click()
        expect(page.get_by_text(f"Trial {number} (trial_id=")).to_be_visible()
        expect(page.get_by_text("margin_min").first).to_be_visible()
