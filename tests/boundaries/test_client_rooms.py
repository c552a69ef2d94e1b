"""
The rooms of the client, and which of them may know which.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from .house import House, folder_of

FACE = ""
"""The package itself, which hands out what users import."""
FLOORS = (
    {"_types", "_spool"},
    {"_settings", "converters", "redaction"},
    {"_transport"},
    {"_flows"},
    {"_client"},
    {"_calls"},
    {"decorators"},
    {"integrations", "testing"},
    {FACE},
)
"""From the ground up: a room knows rooms of floors below it alone."""

FOLDER = folder_of("reflect_sdk")
FOR_FLOWS = {"__init__", "effects"}
"""What flows may know of the transport."""

CLIENT = House(
    FOLDER,
    FLOORS,
    pure={
        "_types": {"reflect_api", "httpx", "attrs"},
        "_flows": {"reflect_api", "httpx", "attrs", "_types", "_spool", "_transport"},
        "converters": {"_types"},
    },
    secret={
        f"reflect_sdk._transport.{path.stem}": {"_client"}
        for path in (FOLDER / "_transport").glob("*.py")
        if path.stem not in FOR_FLOWS
    },
)
IN_ROOT = {"__init__", "_settings", "_spool", "converters", "decorators", "redaction"}
MOST_LINES = 450


def test_each_room_knows_only_what_it_may():
    assert CLIENT.faults() == []


def test_the_root_holds_nothing_but_the_face_and_what_is_no_room():
    assert {path.stem for path in CLIENT.folder.glob("*.py")} == IN_ROOT


def test_every_room_says_what_lives_there_and_what_it_may_know():
    rooms = {path.parent for path in CLIENT.folder.rglob("__init__.py")} - {CLIENT.folder}
    assert {room.name for room in rooms} <= CLIENT.floor_of.keys()
    for room in rooms:
        said = CLIENT.modules[f"reflect_sdk.{room.name}"].tree.body[0].value.value  # type: ignore[attr-defined]
        assert len(re.findall(r"\.(?:\s|$)", said)) == 2, f"{room}: {said}"


def test_no_module_is_long():
    lines = {
        name: len(module.path.read_text(encoding="utf-8").splitlines())
        for name, module in CLIENT.modules.items()
    }
    assert {name for name, count in lines.items() if count > MOST_LINES} == set()


PLANTED = {
    "an arrow up": ("_types/a.py", "import reflect_sdk._flows.operations"),
    "an arrow from the transport to a flow": (
        "_transport/a.py",
        "from reflect_sdk._flows import operations",
    ),
    "an arrow between rooms of one floor": ("_spool.py", "from reflect_sdk._types import errors"),
    "an arrow from the face's back": ("_flows/a.py", "from reflect_sdk import ReflectClient"),
    "a relative arrow up": ("_transport/a.py", "from .._client.client import ReflectClient"),
    "an arrow within a function": (
        "_flows/a.py",
        "def f():\n    from reflect_sdk._client import connection",
    ),
    "an arrow for types alone": (
        "_types/a.py",
        "if TYPE_CHECKING:\n    from reflect_sdk._transport.pool import Pool",
    ),
    "an arrow by name": (
        "_settings.py",
        "import importlib\nimportlib.import_module('reflect_sdk._transport.pool')",
    ),
    "an integration that the client knows": (
        "_client/a.py",
        "from reflect_sdk.integrations import some_framework",
    ),
    "a flow that knows more of the transport than its effects": (
        "_flows/a.py",
        "from reflect_sdk._transport.retry import RetryPolicy",
    ),
    "a flow that waits by itself": ("_flows/a.py", "import anyio"),
    "a framework in the ground": ("_types/a.py", "import anyio"),
    "a framework in the converters": ("converters.py", "import langchain_core"),
    "a room without a floor": ("billing/__init__.py", ""),
    "a module in the root without a floor": ("billing.py", ""),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_breaks_a_rule_is_found(planted: str, tmp_path: Path):
    house = CLIENT.emptied(tmp_path)
    assert house.faults() == []
    place, source = PLANTED[planted]
    path = house.folder / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(source, encoding="utf-8")
    assert replace(house).faults()
