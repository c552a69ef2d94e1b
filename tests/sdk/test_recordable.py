"""
What stands in a run may be of any type: it is recorded as JSON, as it was when it was handed over.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import json
import math
import re
import types
import uuid
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

import attrs
import httpx
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_sdk import InvalidArgumentError, ReflectClient, TraceContext
from reflect_sdk._types.outgoing import AS_IT_IS
from reflect_sdk._types.snapshot import Snapshot

from .scripted import RECEIPT, Answer, Asked, Scripted

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


class Shade(enum.Enum):
    DARK = "dark"
    ODD = object()


class Level(enum.IntEnum):
    HIGH = 3


class Word(enum.StrEnum):
    YES = "yes"


class Point(tuple[int, int]):
    _fields = ("x", "y")
    __slots__ = ()


@dataclasses.dataclass
class TextBlock:
    text: str


@dataclasses.dataclass
class Said:
    role: str
    content: str


@dataclasses.dataclass(slots=True)
class Named:
    type: ClassVar[str] = "named"
    value: int


@attrs.define
class Step:
    number: int


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    number: int
    other: object = None


class RowsModel:
    """
    A model whose dump takes no options.
    """

    def model_dump(self) -> dict[str, Any]:
        return {"rows": {1}}


class OnlyMode:
    def model_dump(self, *, mode: str) -> dict[str, Any]:
        return {"mode": mode}


class WithToDict:
    def to_dict(self) -> dict[str, Any]:
        return {"role": "assistant"}


class WithDict:
    def dict(self) -> dict[str, Any]:
        return {"step": 1}


class WithOtherDict:
    """
    An object whose `to_dict` is something else.
    """

    async def to_dict(self) -> dict[str, Any]:
        return {}

    def __repr__(self) -> str:
        return "<WithOtherDict>"


class MessageLike:
    def __init__(self) -> None:
        self.role = "assistant"
        self.content = [TextBlock("42")]
        self._client = object()


class Item:
    """
    An item of openai-agents: a record, and the agent around it.
    """

    def __init__(self, raw_item: object) -> None:
        self.agent = object()
        self.raw_item = raw_item

    def to_dict(self) -> dict[str, Any]:
        return vars(self)


class MuchText:
    def __repr__(self) -> str:
        return "word " * 100_000


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


class Refusing:
    def model_dump(self, **_: object) -> dict[str, Any]:
        raise ValueError("a lock cannot be written")

    def to_dict(self) -> dict[str, Any]:
        raise SystemError

    def __repr__(self) -> str:
        return "<Refusing at 0x7f00 of 2>"


@dataclasses.dataclass
class HalfReadable:
    number: int

    def __getattribute__(self, name: str) -> Any:
        if name == "number":
            raise KeyError(name)
        return super().__getattribute__(name)


class Deceptive:
    """
    An object that answers to any name, and not with what is asked for.
    """

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: self

    def __repr__(self) -> str:
        return "<Deceptive>"


class NamelessKind(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]  # the point
        raise RuntimeError("no name")


class Nameless(metaclass=NamelessKind):
    def __repr__(self) -> str:
        return "<it>"


class BrokenMapping(collections.UserDict[str, int]):
    def items(self) -> Any:
        raise OSError("the file is gone")

    def __repr__(self) -> str:
        return "<BrokenMapping>"


class BrokenArray:
    dtype = "float32"
    shape = (None, 3)

    def tolist(self) -> list[float]:
        raise AssertionError("asked for all")

    def __repr__(self) -> str:
        return "<BrokenArray>"


class UnorderedButHashable:
    def __repr__(self) -> str:
        return "<U>"


@dataclasses.dataclass
class Parent:
    children: list[Any]
    type: str = "parent"


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def _parent() -> Parent:
    parent = Parent([])
    parent.children.append(parent)
    return parent


LOOP: list[Any] = []
LOOP.append(LOOP)
LOOP_KEY = UnorderedButHashable()
MARKED = {"type": "Unspeakable", "unreadable": "RuntimeError"}

FORMS: list[tuple[object, object]] = [
    (datetime.date(2026, 3, 1), "2026-03-01"),
    (datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC), "2026-03-01T12:00:00+00:00"),
    (datetime.time(12, 30), "12:30:00"),
    (datetime.timedelta(days=1, seconds=1.5), "PT86401.5S"),
    (decimal.Decimal("1.10"), "1.10"),
    (fractions.Fraction(1, 3), "1/3"),
    (1 + 2j, "(1+2j)"),
    (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    (PurePosixPath("/tmp/orders.csv"), "/tmp/orders.csv"),
    (re.compile("a+"), "a+"),
    (ipaddress.ip_address("192.0.2.1"), "192.0.2.1"),
    (httpx.URL("http://localhost/a"), "http://localhost/a"),
    (b"abc", {"bytes": 3, "sha256": ABC}),
    (bytearray(b"abc"), {"bytes": 3, "sha256": ABC}),
    (memoryview(b"abc"), {"bytes": 3, "sha256": ABC}),
    ({3, 1, 2}, [1, 2, 3]),
    (frozenset("ba"), ["a", "b"]),
    ({"b", 2, None, (1,)}, [None, 2, "b", [1]]),
    ({Level.HIGH, decimal.Decimal(2)}, ["2", 3]),
    ({UnorderedButHashable(), 1}, [{"repr": "<U>", "type": "UnorderedButHashable"}, 1]),
    ((1, (2,)), [1, [2]]),
    (Point((1, 2)), {"x": 1, "y": 2}),
    (collections.deque([1, 2]), [1, 2]),
    (collections.OrderedDict(a=(1,)), {"a": [1]}),
    (types.MappingProxyType({"a": {1}}), {"a": [1]}),
    ({"a": 1}.keys(), ["a"]),
    ({"a": 1}.values(), [1]),
    (range(3), [0, 1, 2]),
    (Shade.DARK, "dark"),
    (Shade.ODD, {"type": "object", "repr": "<object object>"}),
    (Level.HIGH, 3),
    (Word.YES, "yes"),
    (TextBlock("42"), {"type": "TextBlock", "text": "42"}),
    (Said("user", "Count"), {"role": "user", "content": "Count"}),
    (Named(1), {"type": "named", "value": 1}),
    (Step(2), {"type": "Step", "number": 2}),
    (Model(number=1), {"number": 1}),
    (Model(number=1, other=Unspeakable()), {"number": 1, "other": MARKED}),
    (RowsModel(), {"rows": [1]}),
    (OnlyMode(), {"mode": "json"}),
    (WithToDict(), {"role": "assistant"}),
    (WithDict(), {"step": 1}),
    (WithOtherDict(), {"type": "WithOtherDict", "repr": "<WithOtherDict>"}),
    (MessageLike(), {"role": "assistant", "content": [{"type": "TextBlock", "text": "42"}]}),
    (types.SimpleNamespace(a=1), {"a": 1}),
    (Item(Model(number=1)), {"number": 1}),
    (ValueError("bad month"), {"type": "ValueError", "message": "bad month"}),
    (
        SpeechlessError(),
        {"type": "SpeechlessError", "message": "SpeechlessError"},
    ),
    (
        ExceptionGroup("two", [KeyError("k")]),
        {
            "type": "ExceptionGroup",
            "message": "two (1 sub-exception)",
            "exceptions": [{"type": "KeyError", "message": "'k'"}],
        },
    ),
    (np.float64(0.5), 0.5),
    (np.int32(3), 3),
    (np.str_("a"), "a"),
    (np.bool_(1), True),
    (np.arange(3), [0, 1, 2]),
    (
        np.zeros((40, 50), np.float32),
        {"type": "ndarray", "shape": [40, 50], "dtype": "float32", "first": [0.0] * 1_000},
    ),
    (Step, {"type": "type", "repr": "Step"}),
    (json.dumps, {"type": "function", "repr": "dumps"}),
    ((n for n in ()), {"type": "generator", "repr": "<generator object <genexpr>>"}),
    ("a\0b", "a\0b"),
    ("half \ud83d", "half \ufffd"),
    ("two halves \ud83d\ude00", "two halves 😀"),
    (10**30, 10**30),
    (10**5_000, "… a number of 16,610 bits …"),
    ({10**5_000: 1, (10**5_000,): 2}, {"int": 1, "tuple": 2}),
    (LOOP, ["… holds itself …"]),
    (_parent(), {"type": "parent", "children": ["… holds itself …"]}),
    (Unspeakable(), MARKED),
    (Refusing(), {"type": "Refusing", "repr": "<Refusing of 2>"}),
    (HalfReadable(1), {"type": "HalfReadable", "number": {"unreadable": "KeyError"}}),
    (Deceptive(), {"type": "Deceptive", "repr": "<Deceptive>"}),
    (Nameless(), {"type": "Nameless", "repr": "<it>"}),
    (BrokenMapping(), {"type": "BrokenMapping", "repr": "<BrokenMapping>"}),
    (BrokenArray(), {"type": "BrokenArray", "repr": "<BrokenArray>"}),
    ({1: "a", None: "b", False: "c", 1.5: "d"}, {"1": "a", "null": "b", "false": "c", "1.5": "d"}),
    (
        {datetime.date(2026, 3, 1): 1, (1, 2): 2, Shade.DARK: 3, "dark": 4},
        {"2026-03-01": 1, "[1, 2]": 2, "dark": 3, "dark'": 4},
    ),
]


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
