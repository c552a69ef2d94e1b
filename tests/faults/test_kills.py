from __future__ import annotations

from pathlib import Path

from .kills import play


def test_a_server_that_is_killed_amid_writes_loses_and_doubles_nothing(tmp_path: Path):
    figures = play(3, tmp_path, seed=7)
    assert figures.faults == dict.fromkeys(figures.faults, 0)
    assert figures.acknowledged_traces > 0
