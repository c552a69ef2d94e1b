"""
What users, operators and packagers hold on to, wherever the modules behind it stand.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sqlite3
import tomllib
from contextlib import closing
from importlib import metadata
from pathlib import Path

import typer
from syrupy.assertion import SnapshotAssertion

from reflect_server.commands import add_commands
from reflect_server.configuration.settings import Settings
from reflect_server.testing import ServerProcess

PACKAGES = (
    "reflect_api",
    "reflect_contract",
    "reflect_sdk",
    "reflect_pytest",
    "reflect_server",
    "reflect_cli",
)
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def _public(module: str) -> list[str]:
    found = importlib.import_module(module)
    named = getattr(found, "__all__", None)
    return sorted(named if named is not None else [n for n in vars(found) if n[0] != "_"])


def test_public_imports_stay(snapshot: SnapshotAssertion):
    models = [m.name for m in pkgutil.iter_modules([str(_folder("reflect_api") / "models")])]
    endpoints = sorted(
        ".".join(path.relative_to(_folder("reflect_api")).with_suffix("").parts)
        for path in (_folder("reflect_api") / "api").rglob("*.py")
        if path.name != "__init__.py"
    )
    testing = importlib.import_module("reflect_server.testing")
    defined = [
        n for n, v in vars(testing).items() if getattr(v, "__module__", "").endswith("testing")
    ]
    assert {
        "reflect_sdk": _public("reflect_sdk"),
        "reflect_server.testing": sorted(name for name in defined if name[0] != "_"),
        "reflect_api.models": models,
        "reflect_api": endpoints,
    } == snapshot


def test_the_wheel_has_its_packages_entry_points_and_data_files(snapshot: SnapshotAssertion):
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [path.partition("/")[2] for path in packages] == list(PACKAGES)
    scripts = metadata.distribution("reflect-sdk").entry_points
    data_files = sorted(
        path.relative_to(_folder(package).parent).as_posix()
        for package in PACKAGES
        for path in _folder(package).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    )
    assert {
        "entry points": [f"{s.group}: {s.name} = {s.value}" for s in scripts],
        "data files": data_files,
    } == snapshot


def test_the_servers_commands_keep_their_names_and_options(snapshot: SnapshotAssertion):
    app = typer.Typer()
    add_commands(app)
    group = typer.main.get_group(app)
    found: dict[str, list[str]] = {}
    waiting = list(group.commands.items())
    for name, command in waiting:
        if isinstance(command, typer.core.TyperGroup):
            waiting += [(f"{name} {sub}", inner) for sub, inner in command.commands.items()]
        found[name] = sorted(text for option in command.params for text in option.opts)
    assert found == snapshot


def test_settings_keep_their_names_and_defaults(snapshot: SnapshotAssertion):
    assert {
        name: "made of others" if field.default_factory else repr(field.default)
        for name, field in Settings.model_fields.items()
    } == snapshot


def test_a_new_data_folder_has_these_files_and_tables(tmp_path: Path, snapshot: SnapshotAssertion):
    folder = tmp_path / "data"
    ServerProcess(folder).stop()
    with closing(sqlite3.connect(folder / "reflect.db")) as connection:
        tables = {
            name: [column for _, column, *_ in connection.execute(f"PRAGMA table_info({name})")]
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        }
    assert {"files": sorted(path.name for path in folder.iterdir()), "tables": tables} == snapshot
