import asyncio
import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from reflect_api.client import AuthenticatedClient

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "codegen"))

from client_package import write_client
from contract_package import write_contract
from document import load
from scripted_server import ScriptedServer, scripted_server

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@pytest.fixture
def serve() -> Iterator[Callable[[], ScriptedServer]]:
    """Start as many servers as a test needs."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(scripted_server())


@pytest.fixture
def server(serve: Callable[[], ScriptedServer]) -> ScriptedServer:
    return serve()


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[AuthenticatedClient]:
    with AuthenticatedClient(base_url=server.url, token="rf_test_public_secret") as client:
        yield client


@pytest.fixture(params=["sync", "asyncio"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Call an operation in one of the two worlds; `detailed=True` for the whole answer."""

    def perform(operation: ModuleType, *path: str, detailed: bool = False, **arguments: Any) -> Any:
        function = getattr(operation, request.param + ("_detailed" if detailed else ""))
        result = function(*path, **arguments)
        return result if request.param == "sync" else asyncio.run(_await(result))

    return perform


async def _await(result: Any) -> Any:
    return await result


@pytest.fixture(scope="session")
def constructs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The packages generated from `constructs.yaml`, importable while the session lasts."""
    folder = tmp_path_factory.mktemp("constructs")
    document = load(HERE / "constructs.yaml")
    write_client(document, folder / "constructs_api")
    write_contract(document, folder / "constructs_contract")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture
def repository_copy(tmp_path: Path) -> Path:
    """A copy of the contract and of what is generated from it."""
    shutil.copyfile(ROOT / "openapi.yaml", tmp_path / "openapi.yaml")
    skip_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "generated", tmp_path / "generated", ignore=skip_caches)
    return tmp_path
