"""TensorBoard on a stranger's log folder: names and texts of theirs are shown, and do not run."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from strangers import EVIL, Mark
from torch.utils.tensorboard import SummaryWriter

from .conftest import serving

PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Script in each name and text, and a pickle beside the events."""
    folder = tmp_path_factory.mktemp("logs") / "stranger"
    run = folder / "<img src=x onerror='window.pwned = 1'>"
    with SummaryWriter(str(run)) as writer:
        for step in range(3):
            writer.add_scalar(f"curves/val_uar {EVIL}", step, step)
        writer.add_text(f"words {EVIL}", f"shown {EVIL} [look](javascript:alert(1))")
    (run / "plugins").mkdir()
    (run / "plugins" / "0000.pt").write_bytes(pickle.dumps(Mark(folder.parent / "pwned")))
    return folder


@pytest.fixture(scope="module")
def address(logs: Path) -> Iterator[str]:
    with serving("tensorboard", "--logdir", str(logs)) as address:
        yield address


@pytest.mark.parametrize(("tab", "seen"), [("timeseries", "val_uar"), ("text", "shown")])
def test_nothing_of_theirs_runs(page: Page, address: str, logs: Path, tab: str, seen: str) -> None:
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(f"{address}/#{tab}")
    expect(page.get_by_text(seen).first).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("window.pwned") is None
    assert page.locator("[href^=javascript], [onerror]").count() == 0
    assert said == []
    assert not (logs.parent / "pwned").exists()
