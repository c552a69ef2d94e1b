"""
Reads the structure of a package out of its imports: rooms, floors, and what breaks the rules.

A room is a folder in the package's root, or a module there. Imports count wherever they stand: in a
function, under `TYPE_CHECKING`, relative, or by `importlib.import_module` with a literal name.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

_SQL = re.compile(
    r"\s*(?:SELECT\s[\w*(]|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|"
    r"PRAGMA\s+\w|CREATE\s+(?:TABLE|INDEX|UNIQUE|TRIGGER|VIEW)\b|DROP\s+(?:TABLE|INDEX)\b|"
    r"ALTER\s+TABLE\b|WITH\s+(?:RECURSIVE\s+)?\w+\s*(?:\(|AS\b)|VACUUM\b|"
    r"BEGIN\s+(?:EXCLUSIVE|IMMEDIATE|DEFERRED)\b)"
)
_DATABASES = {"sqlite3", "psycopg", "psycopg_pool", "asyncpg", "sqlalchemy"}


def folder_of(package: str) -> Path:
    """
    Return the folder of an importable package, without importing it.
    """
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


@dataclass(frozen=True)
class Module:
    """
    A module with what it imports, both by whole dotted names.
    """

    name: str
    path: Path
    known: frozenset[str]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @property
    def package(self) -> str:
        is_package = self.path.name == "__init__.py"
        return self.name if is_package else self.name.rpartition(".")[0]

    @cached_property
    def imported(self) -> frozenset[str]:
        return frozenset(self._imported())

    def _imported(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names=names):
                    yield from (alias.name for alias in names)
                case ast.ImportFrom(module=module, names=names, level=level):
                    base = self._absolute(module or "", level)
                    for alias in names:
                        whole = f"{base}.{alias.name}"
                        yield whole if whole in self.known else base
                case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]):
                    if ast.unparse(func).rpartition(".")[2] in {"import_module", "__import__"}:
                        yield name

    def _absolute(self, module: str, level: int) -> str:
        if not level:
            return module
        base = self.package.split(".")[: len(self.package.split(".")) - (level - 1)]
        return ".".join([*base, *([module] if module else [])])

    def sql(self) -> Iterator[str]:
        """
        Yield the statements that stand in it, and the databases that it imports.
        """
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(self.tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in docstrings and _SQL.match(node.value):
                yield node.value
        yield from {name.partition(".")[0] for name in self.imported} & _DATABASES


@dataclass(frozen=True)
class House:
    """
    A package and its rules.

    Args:
        folder: The package's folder; its name is the package's.
        floors: The rooms from the ground up; an empty name stands for the package itself, which is
            the ground where it is not named.
        pure: The rooms that may import nothing but the standard library, these distributions and
            these rooms, by room.
        secret: Parts of rooms that only some rooms may know, by the part's dotted name.
        doors: The rooms that answer requests.
        sql: The one room where SQL stands; None where that is no rule.
    """

    folder: Path
    floors: Sequence[Collection[str]]
    pure: Mapping[str, Collection[str]] = field(default_factory=dict)
    secret: Mapping[str, Collection[str]] = field(default_factory=dict)
    doors: Collection[str] = ()
    sql: str | None = None

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def modules(self) -> Mapping[str, Module]:
        paths = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = path.relative_to(self.folder.parent).with_suffix("").parts
            paths[".".join(part for part in parts if part != "__init__")] = path
        known = frozenset(paths)
        return {name: Module(name, path, known) for name, path in paths.items()}

    @cached_property
    def floor_of(self) -> Mapping[str, int]:
        return {room: number for number, rooms in enumerate(self.floors) for room in rooms}

    def room_of(self, name: str) -> str:
        """
        Return the room of a module of the package, or an empty text for the package itself.
        """
        return name.split(".")[1] if "." in name else ""

    def arrows(self) -> Iterator[tuple[Module, str]]:
        """
        Yield each import of one room by another.
        """
        for module in self.modules.values():
            for other in sorted(module.imported):
                inside = other == self.name or other.startswith(f"{self.name}.")
                if inside and self.room_of(other) != self.room_of(module.name):
                    yield module, other

    def faults(self) -> list[str]:
        """
        Return a sentence for everything that breaks a rule.
        """
        return [
            *self._without_floor(),
            *self._up(),
            *self._impure(),
            *self._knowing_secrets(),
            *self._between_doors(),
            *self._sql_elsewhere(),
        ]

    def emptied(self, to: Path) -> House:
        """
        Return a house of the same rules and names whose modules, made in a folder, are empty.
        """
        folder = to / self.name
        for module in self.modules.values():
            path = folder / module.path.relative_to(self.folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return replace(self, folder=folder)

    def _without_floor(self) -> Iterator[str]:
        rooms = {self.room_of(name) for name in self.modules}
        for room in sorted(rooms - self.floor_of.keys() - {""}):
            yield f"The room {room} has no floor."
        for room in sorted(self.floor_of.keys() - rooms):
            yield f"There is no room {room}."

    def _up(self) -> Iterator[str]:
        top = len(self.floors)
        for module, other in self.arrows():
            room = self.room_of(module.name)
            mine = self.floor_of.get(room, top if room else -1)
            if self.floor_of.get(self.room_of(other), top) >= mine:
                yield f"{module.name} knows {other}, which is not below it."

    def _impure(self) -> Iterator[str]:
        for room, allowed in self.pure.items():
            ours = {f"{self.name}.{name}" for name in (room, *allowed)}
            for module in self._in(room):
                for other in sorted(module.imported):
                    root = other.partition(".")[0]
                    is_ours = any(other == name or other.startswith(f"{name}.") for name in ours)
                    if root not in {*sys.stdlib_module_names, *allowed} and not is_ours:
                        yield f"{module.name} knows {other}, and {room} is pure."
                    if root in _DATABASES:
                        yield f"{module.name} knows {other}, a database."

    def _knowing_secrets(self) -> Iterator[str]:
        for part, confidants in self.secret.items():
            for module, other in self.arrows():
                is_part = other == part or other.startswith(f"{part}.")
                if is_part and self.room_of(module.name) not in confidants:
                    yield f"{module.name} knows {other}, which is not for its room."

    def _between_doors(self) -> Iterator[str]:
        for module, other in self.arrows():
            if {self.room_of(module.name), self.room_of(other)} <= set(self.doors):
                yield f"The door {module.name} knows the door {other}."

    def _sql_elsewhere(self) -> Iterator[str]:
        if self.sql is None:
            return
        for module in self.modules.values():
            if self.room_of(module.name) != self.sql:
                yield from (f"{module.name} holds SQL: {text!r}" for text in module.sql())

    def _in(self, room: str) -> Iterator[Module]:
        return (m for m in self.modules.values() if self.room_of(m.name) == room)
