"""
The rooms of the server, and which of them may know which.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from .house import House, folder_of
from .test_client_rooms import FACE
from .test_client_rooms import FLOORS as CLIENT_FLOORS

FLOORS = (
    {"errors", "terminal"},
    {"domain", "data_folder"},
    {"configuration", "providers", "store"},
    {"embedders", "reflectors", "skill_writers", "auth", "observability"},
    {"retrieval"},
    {"use_cases"},
    {"ingest", "http"},
    {"api", "pages"},
    {"serving"},
    {"maintenance"},
    {"commands"},
    {"testing", "__main__"},
)
"""From the ground up: a room knows rooms of floors below it alone."""

SERVER = House(
    folder_of("reflect_server"),
    FLOORS,
    pure={"domain": {"numpy", "errors"}},
    secret={"reflect_server.store.sqlite": {"store", "serving", "maintenance", "commands"}},
    doors={"api", "pages"},
    sql="store",
)
MOST_IN_ROOT = 4
PAGE = Path(__file__).resolve().parents[2] / "docs" / "house.md"


def test_each_room_knows_only_what_it_may():
    assert SERVER.faults() == []


def test_the_root_holds_few_modules():
    modules = [path.stem for path in SERVER.folder.glob("*.py")]
    assert len(modules) <= MOST_IN_ROOT, modules


def test_every_room_says_what_lives_there_and_what_it_may_know():
    for room in SERVER.floor_of:
        path = SERVER.folder / room / "__init__.py"
        if path.exists():
            module = SERVER.modules[f"reflect_server.{room}"]
            said = module.tree.body[0].value.value  # type: ignore[attr-defined]
            assert len(re.findall(r"\.(?:\s|$)", said)) >= 2, f"{room}: {said}"


PLANTED = {
    "an arrow up": ("domain/a.py", "import reflect_server.store.protocol"),
    "an arrow between rooms of one floor": ("http/a.py", "from reflect_server import ingest"),
    "a relative arrow up": ("retrieval/a.py", "from ..use_cases import querying"),
    "a relative arrow up from deeper": ("store/sqlite/a.py", "from ...auth.keyring import Keyring"),
    "a relative arrow by module": ("domain/a.py", "from .. import store"),
    "an arrow within a function": (
        "domain/a.py",
        "def f():\n    from reflect_server.auth import keyring",
    ),
    "an arrow for types alone": (
        "store/a.py",
        "if TYPE_CHECKING:\n    from reflect_server.http.service import Service",
    ),
    "an arrow by name": (
        "store/a.py",
        "import importlib\nimportlib.import_module('reflect_server.api.call')",
    ),
    "a framework in the domain": ("domain/a.py", "import msgspec"),
    "a database in the domain": ("domain/skills/a.py", "import sqlite3"),
    "the embedded store where it is not for": (
        "use_cases/a.py",
        "from reflect_server.store.sqlite import SqliteStore",
    ),
    "SQL outside of the store": ("maintenance/a.py", "Q = 'SELECT count(*) FROM traces'"),
    "SQL in a longer text": ("ingest/a.py", 'Q = f"""\nUPDATE traces SET {x} = 1"""'),
    "a database outside of the store": ("maintenance/a.py", "import sqlite3"),
    "a door that knows another": ("pages/a.py", "from reflect_server.api.call import Call"),
    "a room without a floor": ("billing/__init__.py", ""),
    "a module in the root without a floor": ("billing.py", ""),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_breaks_a_rule_is_found(planted: str, tmp_path: Path):
    house = SERVER.emptied(tmp_path)
    assert house.faults() == []
    place, source = PLANTED[planted]
    path = house.folder / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(source, encoding="utf-8")
    assert replace(house).faults()


def floors_shown(package: str) -> list[set[str]]:
    shown = []
    _, _, table = PAGE.read_text(encoding="utf-8").partition(f"Room of `{package}`")
    for line in table.splitlines()[2:]:
        if not line:
            break
        shown.append(set(re.findall(r"`(\w+)`", line.split("|")[2])))
    return shown[::-1]


def test_the_page_shows_the_house_as_it_is():
    assert floors_shown("reflect_server") == [set(floor) - {"__main__"} for floor in FLOORS]
    assert floors_shown("reflect_sdk") == [
        set(floor) for floor in CLIENT_FLOORS if FACE not in floor
    ]
