"""
What stands in a run may be of any type: it is recorded as JSON, as it was when it was handed over.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_sdk import InvalidArgumentError, ReflectClient, TraceContext
from reflect_sdk._types.outgoing import AS_IT_IS
from reflect_sdk._types.snapshot import Snapshot

from .odd_values import ABC, FORMS, LOOP, LOOP_KEY, Model, MuchText, Said, TextBlock, Word
from .scripted import RECEIPT, Answer, Asked, Scripted


@pytest.fixture
def recorded(service: Scripted, client: ReflectClient) -> Callable[..., Any]:
    """
    Record a run, and return the body of the request.
    """
    service.always = lambda asked: Answer(body=RECEIPT if asked.path.endswith("/traces") else [])

    def record(**output: Any) -> Any:
        with client.trace("Count") as context:
            context.set_output(**output)
        return service.asked[-1].body

    return record


@pytest.mark.parametrize(
    ("value", "form"), FORMS, ids=[str(number) for number in range(len(FORMS))]
)
def test_a_value_of_any_type_is_recorded(recorded: Callable[..., Any], value: Any, form: Any):
    body = recorded(
        trajectory=[{"role": "tool", "content": value}], metadata={"value": [value]}, result="pass"
    )
    assert body["trajectory"] == [{"role": "tool", "content": form}]
    assert body["metadata"] == {"value": [form]}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_null_and_says_so(recorded: Callable[..., Any], value: float):
    was = {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    body = recorded(
        trajectory=[{"loss": value, "all": [{"n": 1}, [2.5, value, value]]}], metadata={"x": value}
    )
    expected = {"loss": None, "loss was": was, "all": [{"n": 1}, [2.5, None, None]], "all was": was}
    assert body["trajectory"] == [expected]
    assert body["metadata"] == {"x": None, "x was": was}


def test_what_only_its_repr_tells_is_bounded(recorded: Callable[..., Any]):
    body = recorded(trajectory=[{"content": MuchText()}])
    told = body["trajectory"][0]["content"]["repr"]
    assert len(told) <= 2_000
    assert re.fullmatch(r"(word ?)+ … [\d,]+ characters left out … (word ?)+", told)


def test_nesting_is_bounded(recorded: Callable[..., Any]):
    content: list[Any] = ["inmost"]
    for _ in range(3_000):
        content = [content]
    body = recorded(trajectory=[{"content": content}, {"content": _nested(88, [])}])
    assert "… nested too deeply …" in json.dumps(body["trajectory"][0], ensure_ascii=False)
    assert body["trajectory"][1] == {"content": _nested(88, [])}
    body = recorded(trajectory=[{"content": _nested(95, [])}])
    assert body["trajectory"][0] == {"content": _nested(89, "… nested too deeply …")}


def _nested(levels: int, inmost: Any) -> Any:
    for _ in range(levels):
        inmost = [inmost]
    return inmost


def test_many_brackets_are_no_depth(recorded: Callable[..., Any]):
    message = {"content": [[n] for n in range(200)], "text": "[" * 200}
    assert recorded(trajectory=[message])["trajectory"] == [message]


def test_what_is_shared_a_thousand_times_over_is_bounded(recorded: Callable[..., Any]):
    bomb: list[Any] = []
    for _ in range(40):
        bomb = [bomb, bomb]
    bomb_of_names: dict[str, Any] = {}
    for _ in range(40):
        bomb_of_names = {"a": bomb_of_names, "b": bomb_of_names}
    body = recorded(trajectory=[{"content": bomb}, {"content": bomb_of_names}])
    assert "too much to keep" in str(body["trajectory"])


def test_a_sequence_without_an_end_is_bounded(recorded: Callable[..., Any]):
    class Endless(collections.UserList[int]):
        def __iter__(self) -> Iterator[int]:
            while True:
                yield 1

    body = recorded(trajectory=[{"content": Endless()}])
    assert len(body["trajectory"][0]["content"]) == 100_000


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"role": "user", "content": "Count"}, [{"role": "user", "content": "Count"}]),
        (Said("user", "Count"), [{"role": "user", "content": "Count"}]),
        (Model(number=1), [{"number": 1}]),
        (["Count", 42, None], [{"content": "Count"}, {"content": 42}, {"content": None}]),
        ((Said("user", text) for text in "ab"), [{"role": "user", "content": t} for t in "ab"]),
        (collections.deque([TextBlock("a")]), [{"type": "TextBlock", "text": "a"}]),
        ([], []),
        ("half \ud83d", "half \ufffd"),
        (Word.YES, "yes"),
    ],
)
def test_a_run_of_another_shape_is_recorded_once_the_agent_has_answered(
    recorded: Callable[..., Any], given: Any, messages: Any
):
    assert recorded(trajectory=given)["trajectory"] == messages


def test_all_that_is_said_of_a_run_may_be_of_any_type(recorded: Callable[..., Any]):
    body = recorded(
        trajectory="Counted.",
        final_response={"orders": decimal.Decimal(42)},
        result="fail",
        feedback_text=ValueError("bad month"),
        model=Word.YES,
        metadata=[1],
        task=TextBlock("Count"),
    )
    assert body["final_response"] == '{"orders": "42"}'
    assert body["review"]["feedback_text"] == "bad month"
    assert (body["model"], body["metadata"]) == ("yes", {"metadata": [1]})
    assert body["task"] == '{"type": "TextBlock", "text": "Count"}'
    assert recorded(trajectory="Counted.", final_response=datetime.date(2026, 3, 1))[
        "final_response"
    ] == ("2026-03-01")


def test_bytes_are_kept_whole_where_that_is_asked_for(service: Scripted):
    service.script(Answer(body=RECEIPT))
    with ReflectClient(base_url=service.url, api_key="k", bytes_as="base64") as client:
        client.create_trace(task="Count", trajectory=[{"content": b"abc"}, {"content": {b"abc"}}])
    form = {"bytes": 3, "base64": "YWJj"}
    assert service.asked[-1].body["trajectory"] == [{"content": form}, {"content": [form]}]


def test_a_way_to_keep_bytes_that_there_is_not_is_refused():
    with pytest.raises(InvalidArgumentError, match="bytes_as must be 'digest' or 'base64'"):
        ReflectClient(api_key="k", bytes_as="hex")  # type: ignore[arg-type]  # the point


class Changing:
    """
    A dict of a library whose values come one by one.
    """

    def __init__(self) -> None:
        self.state = {"n": 1}

    def to_dict(self) -> dict[str, Any]:
        return {"state": self.state, "rows": [self.state]}


def test_what_was_set_may_change_at_every_level(service: Scripted, client: ReflectClient):
    service.always = lambda asked: Answer(body=RECEIPT if asked.path.endswith("/traces") else [])
    part: dict[str, Any] = {"type": "text", "text": "Count"}
    model, changing = Model(number=1, other={"a": [1]}), Changing()
    raw = bytearray(b"abc")
    array = np.zeros(2)
    message: dict[str, Any] = {
        "role": "user",
        "content": [part],
        "objects": (model, changing, TextBlock("a")),
        "data": [raw, array, {1}, math.nan],
    }
    messages = [message, {"role": "assistant", "content": LOOP}]
    metadata = {"run": {"id": [7]}}
    answer = {"rows": [{"n": 1}]}
    with client.trace("Count") as context:
        context.set_output(trajectory=messages, metadata=metadata, final_response=answer)
        part["text"] = "changed"
        message["objects"][2].text = "changed"
        model.number = 2
        model.other["a"][0] = 2  # type: ignore[index]  # a dict
        changing.state["n"] = 2
        raw[0] = 0
        array[0] = 1
        message["data"][2].add(2)
        message["content"].append(part)
        message["role"] = "changed"
        messages.append(message)
        metadata["run"]["id"].append(8)
        answer["rows"][0]["n"] = 2
    body = service.asked[-1].body
    assert body["trajectory"] == [
        {
            "role": "user",
            "content": [{"type": "text", "text": "Count"}],
            "objects": [
                {"number": 1, "other": {"a": [1]}},
                {"state": {"n": 1}, "rows": [{"n": 1}]},
                {"type": "TextBlock", "text": "a"},
            ],
            "data": [{"bytes": 3, "sha256": ABC}, [0.0, 0.0], [1], None],
            "data was": "NaN",
        },
        {"role": "assistant", "content": ["… holds itself …"]},
    ]
    assert body["metadata"] == {"run": {"id": [7]}}
    assert body["final_response"] == '{"rows": [{"n": 1}]}'


def test_messages_can_be_added_one_by_one():
    snapshot = Snapshot()
    for number in range(3):
        snapshot.add({"n": number})
    assert len(snapshot) == 3
    assert list(snapshot) == [{"n": number} for number in range(3)]


def test_one_odd_message_among_many_leaves_the_others_as_they_are(recorded: Callable[..., Any]):
    messages: list[Any] = [{"role": "user", "content": f"Message {n}"} for n in range(500)]
    messages[250] = {"content": LOOP}
    body = recorded(trajectory=messages)
    assert body["trajectory"][250] == {"content": ["… holds itself …"]}
    assert body["trajectory"][:250] + body["trajectory"][251:] == messages[:250] + messages[251:]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(st.text("abc"), json_values, max_size=4), max_size=8))
def test_what_is_json_stays_as_it_is(messages: list[dict[str, Any]]):
    assert [json.loads(AS_IT_IS.encoded(kept)) for kept in Snapshot(messages)] == messages
    assert [AS_IT_IS.json(kept) for kept in Snapshot(messages)] == messages


def test_a_stack_that_is_nearly_full_loses_no_run(service: Scripted, client: ReflectClient):
    def deeper(levels: int, context: TraceContext) -> None:
        if levels:
            deeper(levels - 1, context)
        else:
            context.set_output(trajectory=[{"content": _nested(60, LOOP)}])

    service.always = lambda asked: Answer(body=RECEIPT if _is_creation(asked) else [])
    with client.trace("Count") as context:
        for levels in range(1_000):
            try:
                deeper(levels, context)
            except RecursionError:
                break  # There was no room for the call itself.
        context.set_output(trajectory=[{"content": 1}, {"content": LOOP}])
    assert len(service.asked[-1].body["trajectory"]) == 2


def test_what_is_no_message_by_itself_but_is_plain_can_be_a_key(recorded: Callable[..., Any]):
    body = recorded(trajectory=[{"content": {frozenset({TextBlock}): 1, (LOOP_KEY,): 2}}])
    assert sorted(body["trajectory"][0]["content"].values()) == [1, 2]


def test_create_trace_records_what_a_block_does(service: Scripted, client: ReflectClient):
    service.script(Answer(body=RECEIPT))
    client.create_trace(
        task="Count",
        trajectory=[Said("user", "Count"), {"content": {decimal.Decimal(1)}}],
        metadata={"at": datetime.date(2026, 3, 1), "none": object, "loss": math.nan},
    )
    body = service.asked[-1].body
    assert body["trajectory"] == [{"role": "user", "content": "Count"}, {"content": ["1"]}]
    assert body["metadata"] == {
        "at": "2026-03-01",
        "none": {"type": "type", "repr": "object"},
        "loss": None,
        "loss was": "NaN",
    }


def _is_creation(asked: Asked) -> bool:
    return asked.path.endswith("/traces")
