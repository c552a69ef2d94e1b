import io
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from reflect_cli.demo.agent import SimulatedAgent
from reflect_cli.demo.command import report
from reflect_cli.demo.database import create_database
from reflect_cli.demo.evaluation import Evaluation
from reflect_cli.demo.memory import MemoryClient
from reflect_cli.demo.picture import draw_learning_curve
from reflect_cli.demo.results import Attempt, Standing
from reflect_cli.demo.screen import Screen
from reflect_cli.demo.tasks import load_tasks
from reflect_server.terminal.console import console

PNG = b"\x89PNG\r\n\x1a\n"


class NoMemory(MemoryClient):
    """The evaluations here have run already."""


@pytest.fixture
def finished() -> Iterator[Evaluation]:
    with closing(create_database()) as connection:
        evaluation = Evaluation(SimulatedAgent(), NoMemory(), connection, load_tasks(), epochs=2)
        seen, unseen = evaluation.repeated[0], next(t for t in evaluation.tasks if t.unseen)
        results = [(1, seen, False), (1, seen, True), (2, seen, True), (2, seen, True)]
        for epoch, task, right in [*results, (0, unseen, True)]:
            evaluation.attempts.append(Attempt(epoch, task, right, without_memory=False))
        evaluation.standings = {
            "a": Standing("Paid orders only.", 0.5, 0.9, 4),
            "b": Standing("Web orders only.", 0.5, 0.2, 2),
            "c": Standing("Paid orders only.", 0.5, 0.7, 1),
        }
        yield evaluation


def shown(
    evaluation: Evaluation, *, terminal: bool, no_color: bool = False, width: int = 100
) -> str:
    console = Console(
        file=io.StringIO(),
        force_terminal=terminal,
        no_color=no_color,
        width=width,
        color_system="truecolor" if terminal else None,
        legacy_windows=False,
    )
    screen = Screen(console)
    screen.introduce(evaluation)
    with screen.progress(evaluation) as meter:
        for attempt in evaluation.attempts:
            meter.show(attempt)
    screen.summarise(evaluation, picture=Path("/somewhere/curve.png"), seconds=1.5)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_pipe_gets_plain_text(finished: Evaluation):
    text = shown(finished, terminal=False)
    assert "\x1b" not in text
    assert "/somewhere/curve.png" in text


def test_an_encoding_that_lacks_the_symbols_gets_plain_ones(
    finished: Evaluation, monkeypatch: pytest.MonkeyPatch
):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    Screen(console()).summarise(finished, picture=Path("curve.png"), seconds=1.5)
    stream.seek(0)
    assert "o with memory, . without" in stream.read()


def test_lessons_stay_whole_in_a_narrow_terminal(finished: Evaluation):
    finished.standings["a"] = Standing("`orders.shipped_at IS NOT NULL`", 0.5, 0.9, 4)
    text = shown(finished, terminal=False, width=44)
    lines = text[text.index("rose") : text.index("sank")].splitlines()
    lesson = "".join(line.split("│")[3].strip() for line in lines if line.count("│") == 4)
    assert "orders.shipped_at" in lesson


def test_without_colours_none_are_sent(finished: Evaluation):
    assert "\x1b[32m" not in shown(finished, terminal=True, no_color=True)
    assert "\x1b[32m" in shown(finished, terminal=True)


def test_the_screen_calls_the_simulated_agent_simulated(finished: Evaluation):
    assert shown(finished, terminal=False).count("agent: simulated") == 2


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_screen_shows_rates_memories_and_what_comes_next(finished: Evaluation, width: int):
    text = shown(finished, terminal=False, width=width)
    for part in ("50%", "100%", "unseen tasks", "0.50 → 0.90", "0.50 → 0.20", "reflect serve"):
        assert part in text


def test_memories_that_say_the_same_are_shown_once_by_the_one_that_moved_most(
    finished: Evaluation,
):
    assert [(s.lesson, s.after) for s in finished.risen()] == [("Paid orders only.", 0.9)]
    assert [(s.lesson, s.after) for s in finished.sunk()] == [("Web orders only.", 0.2)]


def test_a_terminal_is_whole_again_after_an_interruption(finished: Evaluation):
    console = Console(file=io.StringIO(), force_terminal=True, legacy_windows=False)
    with pytest.raises(KeyboardInterrupt), Screen(console).progress(finished):
        raise KeyboardInterrupt
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")


@pytest.mark.parametrize("epochs", [1, 2, 40])
def test_the_picture_is_a_png_file(finished: Evaluation, tmp_path: Path, epochs: int):
    finished.epochs = epochs
    path = tmp_path / "curve.png"
    draw_learning_curve(finished, path)
    assert path.read_bytes().startswith(PNG)


def test_the_report_for_machines_has_exactly_the_documented_members(finished: Evaluation):
    assert report(finished, Path("/x/curve.png"), 1.5) == {
        "tasks": 52,
        "epochs": 2,
        "with_memory": [0.5, 1.0],
        "without_memory": [0.0, 0.0],
        "agent": "simulated",
        "seconds": 1.5,
        "picture": "/x/curve.png",
    }
