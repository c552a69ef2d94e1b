"""
Who may import whom, and what importing costs.
"""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ALLOWED = {
    "reflect_api": set(),
    "reflect_contract": set(),
    "reflect_sdk": {"reflect_api"},
    "reflect_server": {"reflect_contract"},
    "reflect_pytest": {"reflect_sdk"},
    "reflect_cli": {"reflect_sdk", "reflect_api", "reflect_server"},
}
CLIENT_DEPENDENCIES = {"anyio", "httpcore", "httpx", "attrs", "attr", "dateutil"}
OPTIONAL_DEPENDENCIES = {
    "compiled.py": {"pyreqwest"},
    "results.py": {"typing_extensions"},  # For type checkers, which bring it.
}


def _modules(package: str) -> Iterator[Path]:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    yield from Path(spec.submodule_search_locations[0]).rglob("*.py")


def _imports(module: Path) -> set[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def _roots(module: Path) -> set[str]:
    return {name.partition(".")[0] for name in _imports(module)}


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_in_one_direction(package: str):
    for module in _modules(package):
        ours = _roots(module) & ALLOWED.keys()
        assert ours <= ALLOWED[package] | {package}, module


@pytest.mark.parametrize("package", ["reflect_api", "reflect_sdk"])
def test_the_client_needs_nothing_but_httpx_with_what_it_brings_attrs_and_dateutil(package: str):
    for module in _modules(package):
        foreign = _roots(module) - sys.stdlib_module_names - {"reflect_api", "reflect_sdk"}
        optional = OPTIONAL_DEPENDENCIES.get(module.name, set())
        assert foreign <= CLIENT_DEPENDENCIES | optional, module


def _loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_importing_the_sdk_loads_neither_the_server_nor_an_endpoint():
    loaded = _loaded_by("import reflect_sdk")
    assert not loaded & {"reflect_server", "reflect_contract", "numpy", "msgspec", "reflect_cli"}
    assert not {name for name in loaded if name.startswith("reflect_api.api.")}
    assert not {name for name in loaded if name.startswith("reflect_api.models.")}


def test_dateutil_is_loaded_by_the_first_date_time_that_needs_it():
    read = "from reflect_api.decoding import date_time; date_time('2026-03-01T12:00:00{}')"
    client = "from reflect_sdk import ReflectClient; ReflectClient(api_key='k')"
    assert "dateutil" not in _loaded_by(f"{client}; {read.format('Z')}")
    assert "dateutil" in _loaded_by(read.format("z"))


def test_each_package_can_be_imported_alone():
    for package in ALLOWED:
        assert package in _loaded_by(f"import {package}")
