"""
What there is in an installation of the client alone, and what its commands say about the rest.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
import venv
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = (
    "reflect_api",
    "reflect_contract",
    "reflect_sdk",
    "reflect_pytest",
    "reflect_server",
    "reflect_cli",
)
MOST_DISTRIBUTIONS = 12
REFLECT = "import sys; sys.argv[0] = 'reflect'; from reflect_cli.main import main; main()"
INSTALL = 'Install it with `pip install "reflect-sdk[server]"`.'


def _needed(name: str, found: dict[str, metadata.Distribution]) -> dict[str, metadata.Distribution]:
    """
    Return a distribution with all that it needs without any extra.
    """
    key = canonicalize_name(name)
    if key not in found:
        found[key] = metadata.distribution(name)
        for requirement in map(Requirement, found[key].requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                _needed(requirement.name, found)
    return found


def _places(distribution: metadata.Distribution) -> Iterator[Path]:
    """
    Yield what a distribution has in the folder of packages; our packages wherever they are.
    """
    for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
        if not top.endswith(".pth"):
            yield Path(str(distribution.locate_file(top)))
    if distribution.name == "reflect-sdk":
        for package in OURS:
            spec = find_spec(package)
            assert spec is not None
            assert spec.origin is not None
            yield Path(spec.origin).parent


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    An interpreter that has what `pip install reflect-sdk` brings, and nothing else.
    """
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    for distribution in _needed("reflect-sdk", {}).values():
        for place in _places(distribution):
            link = packages / place.name
            if not link.exists():
                link.symlink_to(place)
    return folder / "bin" / "python"


def _run(bare: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [bare, "-I", "-c", textwrap.dedent(code), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_client_alone_is_few_distributions(bare: Path):
    listed = _run(
        bare, "from importlib import metadata; print(*{d.name for d in metadata.distributions()})"
    )
    names = listed.stdout.split()
    assert {"reflect-sdk", "httpx", "attrs", "python-dateutil"} <= set(names)
    assert len(names) <= MOST_DISTRIBUTIONS, sorted(names)


def test_the_client_alone_works(bare: Path):
    done = _run(
        bare,
        """
        from reflect_sdk import ReflectClient, TraceResponse, ConnectionFailedError
        from reflect_api.decoding import date_time
        print(date_time("2026-060t24:00z").isoformat())
        with ReflectClient(base_url="http://127.0.0.1:9", api_key="k", max_retries=0) as client:
            try:
                client.query_memories("anything")
            except ConnectionFailedError as error:
                print(type(error).__name__)
        """,
    )
    assert (done.stdout.split(), done.stderr) == (
        ["2026-03-02T00:00:00+00:00", "ConnectionFailedError"],
        "",
    )


def test_the_version_is_printed(bare: Path):
    done = _run(bare, REFLECT, "--version")
    version = metadata.version("reflect-sdk")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"reflect {version}\n", "")


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), (["-h"], 0), ([], 2)])
def test_the_help_shows_what_there_is_and_what_to_install_for_the_rest(
    bare: Path, arguments: list[str], status: int
):
    done = _run(bare, REFLECT, *arguments)
    assert (done.returncode, done.stderr) == (status, "")
    assert "usage: reflect" in done.stdout
    assert "--version" in done.stdout
    assert done.stdout.count("is not installed") == 1
    assert INSTALL in done.stdout


@pytest.mark.parametrize("command", ["serve", "demo", "eval", "nonsense"])
def test_another_command_says_in_one_sentence_what_to_install(bare: Path, command: str):
    done = _run(bare, REFLECT, command, "--help")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"`reflect {command}` needs the package `typer`, which is not installed. {INSTALL}\n"
    )


def test_the_module_of_the_server_says_so_too(bare: Path):
    done = _run(bare, "import runpy; runpy.run_module('reflect_server', run_name='__main__')")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"`python -m reflect_server` needs the package `typer`, which is not installed. {INSTALL}\n"
    )


GREETING = """
import sys, types
from reflect_cli import client_commands

module = types.ModuleType("greeting")
module.add_arguments = lambda parser: parser.add_argument("--name", required=True)
module.run = lambda options: print("Hello,", options.name) or 7
sys.modules["greeting"] = module
client_commands.CLIENT_COMMANDS = (
    client_commands.ClientCommand("greet", "Greet somebody.", "greeting"),
)
"""


@pytest.fixture(params=["bare", "full"])
def interpreter(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue("bare") if request.param == "bare" else Path(sys.executable)


def test_a_command_of_the_client_runs_in_every_installation(interpreter: Path):
    done = _run(interpreter, GREETING + REFLECT, "greet", "--name", "Ada")
    assert (done.returncode, done.stdout, done.stderr) == (7, "Hello, Ada\n", "")


def test_a_command_of_the_client_has_its_own_help_and_stands_in_that_of_all(interpreter: Path):
    own = _run(interpreter, GREETING + REFLECT, "greet", "--help")
    assert (own.returncode, own.stderr) == (0, "")
    assert "usage: reflect greet [-h] --name NAME" in own.stdout
    listed = _run(interpreter, GREETING + REFLECT, "--help")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "Greet somebody." in listed.stdout


def test_a_command_of_the_client_loads_no_package_of_the_server():
    done = _run(
        Path(sys.executable),
        f"{GREETING}\ntry:\n    {REFLECT}\nexcept SystemExit:\n"
        "    print([name for name in ('typer', 'numpy', 'pydantic') if name in sys.modules])",
        "greet",
        "--name",
        "Ada",
    )
    assert done.stdout.splitlines() == ["Hello, Ada", "[]"]
