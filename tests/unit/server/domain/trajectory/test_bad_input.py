"""
Runs that no framework writes: whatever stands in them, they are read, and in bounded time.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reflect_server.domain.review import ReviewResult
from reflect_server.domain.trajectory import Trajectory

from .reflections import reflected

SAMPLES = sorted((Path(__file__).parent / "samples").rglob("*.json"))
ODD: list[Any] = [
    None, 0, 1.5, True, False, "", "x", "{", "[", [], {}, [None], {"a": None}, [[]], 10**400,
    ["x", 1, None, {}], {"type": None}, {"type": ["a"]}, {"role": 1}, "\x00",
]  # fmt: skip  # a list of values


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    members = dict(enumerate(value)) if isinstance(value, list) else value
    for key, member in members.items() if isinstance(members, dict) else ():
        yield from places(member, (*path, key))


def spoilt(run: Any, chance: random.Random) -> Any:
    """
    Return a run in which some values are others than the framework would write.
    """
    spoilt = copy.deepcopy(run)
    for _ in range(chance.randint(1, 4)):
        *path, last = chance.choice(list(places(spoilt)))
        holder = spoilt
        for key in path:
            holder = holder[key]
        holder[last] = copy.deepcopy(chance.choice(ODD))
    return spoilt


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_run_with_odd_values_is_read(path: Path):
    run = json.loads(path.read_text(encoding="utf-8"))
    for seed in range(60):
        odd = spoilt(run, random.Random(seed))
        odd = [record for record in odd if isinstance(record, dict)]
        last_only = Trajectory.of(odd).final_response
        read = Trajectory.of(odd)
        assert isinstance(last_only, str)
        assert read.reading.calls == len(read.calls)
        for result in ReviewResult:
            assert reflected(odd, result=result).guidance


CALL = {"role": "assistant", "tool_calls": [{"id": "a", "name": "f", "arguments": "{}"}]}
ANSWER = {"role": "tool", "tool_call_id": "a", "content": "Error: x"}


def nested(levels: int, make: Any) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = make(value)
    return value


@pytest.mark.parametrize(
    "run",
    [
        [CALL, ANSWER] * 20_000,
        [CALL, *[ANSWER] * 20_000],
        [{"role": "assistant", "tool_calls": CALL["tool_calls"] * 20_000}],
        [{"blip": None}] * 20_000,
        "\n".join(['{"role": "user", "content": "x"}'] * 20_000),
        [nested(1_000, lambda inner: {"type": "assistant", "message": inner})],
        [nested(1_000, lambda inner: {"messages": [inner]})],
        [{"role": "tool", "name": "f", "content": nested(1_000, lambda inner: [inner])}],
        [{"role": "assistant", "content": "[" * 1_000_000}],
        [{"role": "tool", "name": "f", "content": "Failed to invoke Tool `f` with parameters {"
          + "}. Error: " * 50_000}],
        [{"role": "tool-call", "content": [{"text": "Calling tools:\n" + "-" * 100_000 + "1"}]}],
    ],
    ids=["ids", "answers", "calls", "unknown", "lines", "wrapped", "listed", "deep", "brackets",
         "template", "literal"],
)  # fmt: skip  # a run per line
@pytest.mark.timeout(30)
def test_a_run_of_any_size_and_depth_is_read(run: Any):
    read = Trajectory.of(run)
    assert read.reading.steps == len(read.steps)
    assert reflected(run).guidance
