"""
Runs that are larger than services take: cut in the middle, marked, and recorded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import asdict

from reflect_sdk import ReflectClient, redaction
from reflect_sdk._flows.run_body import MOST_CONTAINERS, Limits
from reflect_server.http import decoding
from reflect_server.testing import RunningServer, running_server

from .scripted import RECEIPT, Answer, Scripted

CUT = re.compile(r" … ([\d,]+) characters left out … ")
MIB = 1024 * 1024
CONTRACT = Path(__file__).parents[2] / "openapi.yaml"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def recorded(server: RunningServer) -> Iterator[Callable[..., Any]]:
    """
    Record a run at a real server, and return the trace.
    """
    base_url, api_key = server
    with ReflectClient(base_url=base_url, api_key=api_key) as client:

        def record(**output: Any) -> Any:
            with client.trace("Count") as context:
                context.set_output(**output)
            assert context.trace_id
            return client.get_trace(context.trace_id)

        yield record


def _missing(text: str) -> int:
    return sum(int(count.replace(",", "")) for count in CUT.findall(text))


def test_the_limits_are_those_of_the_contract():
    schemas = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))["components"]["schemas"]
    fields = schemas["CreateTraceRequest"]["properties"]
    messages, text = schemas["Trajectory"]["oneOf"]
    assert asdict(Limits()) == {
        "body": 16 * MIB,
        "messages": messages["maxItems"],
        "trajectory": text["maxLength"],
        "feedback_text": schemas["ReviewInput"]["properties"]["feedback_text"]["maxLength"],
        "metadata": schemas["Metadata"]["maxProperties"],
        **{
            name: fields[name]["maxLength"]
            for name in ("task", "final_response", "reference_context", "model")
        },
    }
    assert MOST_CONTAINERS == decoding.MOST_CONTAINERS


def test_the_longest_texts_lose_their_middle(recorded: Callable[..., Any]):
    long, longer = "Begin. " + "row\n" * 2_500_000 + "End.", "Start. " + "é " * 6_000_000 + "Stop."
    short = {"role": "user", "content": "Count", "rows": [1, 2.5, None, {"a": True}]}
    trace = recorded(
        trajectory=[
            short,
            {"role": "tool", "content": [{"type": "text", "text": longer}]},
            {"role": "tool", "content": long},
            {"role": "assistant", "content": "word " * 1_000},
        ]
    )
    first, second, third, last = trace.trajectory
    assert (first, last) == (short, {"role": "assistant", "content": "word " * 1_000})
    cut = second["content"][0]["text"]
    assert cut.startswith("Start. é é ")
    assert cut.endswith(" é é Stop.")
    assert len(CUT.sub("", cut)) + _missing(cut) == len(longer)
    assert third["content"].startswith("Begin. row\n")
    assert third["content"].endswith("End.")
    sizes = [len(json.dumps(text, ensure_ascii=False).encode()) for text in (cut, third["content"])]
    assert 15 * MIB < sum(sizes) < 16 * MIB
    assert 0.99 < sizes[0] / sizes[1] < 1.01


def test_of_too_many_messages_those_in_the_middle_are_left_out(recorded: Callable[..., Any]):
    trace = recorded(trajectory=[{"role": "user", "content": str(n)} for n in range(100_000)])
    contents = [message["content"] for message in trace.trajectory]
    assert len(contents) == 10_000
    assert contents[:4_999] == list(map(str, range(4_999)))
    assert contents[4_999] == "… 90,001 messages left out …"
    assert contents[5_000:] == list(map(str, range(95_000, 100_000)))


def test_of_many_messages_without_long_texts_those_in_the_middle_are_left_out(
    recorded: Callable[..., Any],
):
    messages = [{"role": "user", "content": [n + 10**18] * 120} for n in range(8_000)]
    kept = recorded(trajectory=messages).trajectory
    (mark,) = [number for number, message in enumerate(kept) if message.get("type") == "left_out"]
    assert kept[:mark] == messages[:mark]
    assert kept[mark + 1 :] == messages[mark + 1 - len(kept) :]
    assert abs(2 * mark - len(kept)) <= 1
    assert kept[mark]["messages"] == 8_000 - (len(kept) - 1)
    assert len(json.dumps(kept, separators=(",", ":"))) > 15 * MIB


def test_where_texts_are_not_enough_to_cut_messages_are_left_out_too(
    recorded: Callable[..., Any],
):
    messages = [{"role": "user", "content": "w" * 300, "n": [10**18] * 120} for _ in range(8_000)]
    kept = recorded(trajectory=messages).trajectory
    assert _missing(kept[0]["content"]) > 100
    assert [message for message in kept if message.get("type") == "left_out"]


def test_a_text_whose_ends_are_larger_than_its_middle_is_cut_enough(recorded: Callable[..., Any]):
    text = "\1" * 2_000_000 + "a" * 10_000_000 + "\1" * 2_000_000
    (message,) = recorded(trajectory=[{"role": "tool", "content": text}]).trajectory
    assert message["role"] == "tool"
    assert _missing(message["content"]) > 10_000_000


def test_a_single_message_without_a_text_that_can_be_cut_is_left_out(
    recorded: Callable[..., Any],
):
    trace = recorded(trajectory=[{"content": [10**18] * 900_000}], final_response="42")
    assert trace.trajectory == [
        {"type": "left_out", "content": "… 1 messages left out …", "messages": 1}
    ]
    assert trace.final_response == "42"


def test_too_many_lists_become_text(recorded: Callable[..., Any]):
    rows = [[n] for n in range(600)]
    small = {"role": "user", "content": [1]}
    kept = recorded(trajectory=[small, *[{"role": "tool", "content": rows}] * 1_000]).trajectory
    assert kept[0] == small
    assert json.loads(kept[-1]["content"]) == rows
    assert kept[-1]["role"] == "tool"


def test_what_else_is_said_of_a_run_is_cut_too(recorded: Callable[..., Any]):
    trace = recorded(
        trajectory="row " * 3_000_000,
        task="Count " * 50_000,
        final_response="42 " * 500_000,
        result="fail",
        feedback_text="No. " * 50_000,
        model="m" * 300,
        metadata={str(n): n for n in range(300)},
    )
    lengths = {
        "task": 100_000,
        "final_response": 1_000_000,
        "trajectory": 8_000_000,
        "model": 200,
    }
    for name, length in lengths.items():
        text = trace.trajectory[0]["content"] if name == "trajectory" else getattr(trace, name)
        assert length * 0.99 <= len(text) <= length, name
        assert CUT.search(text), name
    assert _missing(trace.review.feedback_text) > 90_000
    assert trace.metadata == {**{str(n): n for n in range(199)}, "…": "101 fields left out"}


def test_a_run_without_a_word_of_its_task_is_recorded(recorded: Callable[..., Any]):
    assert recorded(trajectory="Counted.", task=" ").task == "(no task)"


def test_large_metadata_leaves_room_for_the_run(recorded: Callable[..., Any]):
    message = {"role": "user", "content": "Count"}
    trace = recorded(trajectory=[message], metadata={"log": "line " * 5_000_000, "n": 1})
    assert trace.trajectory == [message]
    assert trace.metadata["n"] == 1
    assert 7 * MIB < len(trace.metadata["log"]) < 8 * MIB
    assert _missing(trace.metadata["log"])
    trace = recorded(trajectory=[message], metadata={"rows": [10**70] * 150_000, "n": 1})
    assert trace.trajectory == [message]
    assert trace.metadata == {"…": "2 fields left out"}


def test_a_long_run_that_is_given_as_json_stays_a_run(recorded: Callable[..., Any]):
    messages = [{"role": "user", "content": "Count"}, {"role": "tool", "content": "é " * 9_000_000}]
    first, second = recorded(trajectory=json.dumps(messages)).trajectory
    assert first == messages[0]
    assert _missing(second["content"]) > 1_000_000


def test_of_a_text_of_json_the_middle_is_left_out_where_it_is_read(service: Scripted):
    service.always = lambda asked: Answer(body=RECEIPT if asked.path.endswith("/traces") else [])
    messages = json.dumps([{"role": "user", "content": str(n)} for n in range(10_001)])
    with (
        ReflectClient(base_url=service.url, api_key="k", redact=redaction.api_keys) as client,
        client.trace("Count") as context,
    ):
        context.set_output(trajectory=messages)
    sent = service.asked[-1].body["trajectory"]
    assert len(sent) == 10_000
    assert sent[4_999]["content"] == "… 2 messages left out …"


def test_a_cut_leaves_no_part_of_a_key(service: Scripted):
    service.always = lambda asked: Answer(body=RECEIPT if asked.path.endswith("/traces") else [])
    keys = "Use sk-proj-abcdefghijklmnop1234 now. " * 60_000
    with (
        ReflectClient(base_url=service.url, api_key="k", redact=redaction.api_keys) as client,
        client.trace("Log in") as context,
    ):
        context.set_output(trajectory="x", final_response=keys)
    sent = service.asked[-1].body["final_response"]
    assert len(sent) <= 1_000_000
    assert _missing(sent)
    assert "abcdef" not in sent


def test_create_trace_sends_a_run_as_it_is(service: Scripted, client: ReflectClient):
    service.script(Answer(body=RECEIPT))
    client.create_trace(task="Count", trajectory=[{"content": "a" * 17 * MIB}])
    assert len(service.asked[-1].body["trajectory"][0]["content"]) == 17 * MIB
