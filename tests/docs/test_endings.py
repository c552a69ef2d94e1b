"""
The table of endings is what happens, row by row, against a real server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reflect_sdk import ReflectClient
from reflect_server.testing import RunningServer, running_server

from .endings import TASK, WAYS

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "endings.md"
ROW = re.compile(r"^\| (?P<way>.+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
TABLE = {row[1]: row.groups()[1:] for row in ROW.finditer(GUIDE.read_text(encoding="utf-8"))}
del TABLE["The block ends by"], TABLE["---"]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server() as running:
        yield running


def test_the_table_names_every_way():
    assert [*TABLE] == sorted(WAYS, key=[*TABLE].index)


@pytest.mark.parametrize("name", TABLE)
def test_what_the_table_says_of_an_ending_is_what_happens(server: RunningServer, name: str):
    options = {**server._asdict(), "project_id": f"way-{[*TABLE].index(name)}"}
    with ReflectClient(**options) as client:
        client.create_memory(
            task=TASK, result="fail", summary="Counted all.", guidance="Leave drafts out."
        )
        (before,) = client.query_memories(TASK)
        raised = "nothing"
        try:
            WAYS[name](client)
        except BaseException:  # noqa: BLE001 - the row says which
            raised = "the exception"
    with ReflectClient(**options) as client:
        runs = [trace for trace in client.list_traces() if trace.retrieved_memory_ids]
        assert len(runs) <= 1
        recorded, reviewed, learned = "no", "no", "nothing"
        for run in runs:
            trace = client.wait_for_trace(run.id)
            recorded = trace.ended or "yes"
            if trace.review is not None:
                reviewed = "as set" if trace.review.result == "pass" else "fail"
            after = {memory.id: memory for memory in client.query_memories(TASK)}
            moved = after[before.id].q_value != before.q_value
            assert moved == (trace.created_memory_id is not None)
            learned = "Q-values and a memory" if moved else "nothing"
    assert (recorded, reviewed, learned, raised) == TABLE[name]
