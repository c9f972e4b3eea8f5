"""What reaches the terminal: words, and what rich itself makes of them; nothing by which words of others steer it."""

from __future__ import annotations

import io

import pytest
from rich.table import Table
from rich.text import Text

from harness import printing
from harness.printing.screen import Screen, harmless, plain

STEERING = "\x1b]0;title\x07\x1b[2J\x9b31m\u202egnp"


def test_signs_that_steer_a_terminal_are_replaced_and_all_others_stay() -> None:
    assert harmless("tab\tline\nÄ – 表情") == "tab\tline\nÄ – 表情"
    assert harmless(STEERING) == "�]0;title��[2J�31m�gnp"


def test_a_screen_keeps_its_own_colours_and_no_one_elses() -> None:
    shown = io.StringIO()
    screen = Screen(file=shown, force_terminal=True, color_system="standard", width=60)
    table = Table(title=Text(STEERING))
    table.add_row(Text(f"a {STEERING}", style="red"))
    screen.print(table)
    screen.print(STEERING, markup=False, soft_wrap=True)
    assert "\x1b[31m" in shown.getvalue()
    for sign in ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\u202e"):
        assert sign not in shown.getvalue()


def test_errors_and_what_is_left_out_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    printing.error(STEERING)
    printing.left_out(STEERING)
    plain(STEERING)
    told = capsys.readouterr()
    assert "\x1b" not in told.err + told.out
    assert "title" in told.err
    assert "title" in told.out
