"""
Values of any type as they may stand in a run, each with what is recorded of it.
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
import re
import types
import uuid
from pathlib import PurePosixPath
from typing import Any, ClassVar

import attrs
import httpx
import numpy as np
import pydantic

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
