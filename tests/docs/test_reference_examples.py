"""
Every example of the reference runs against a real server, and prints what the page says.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from blocks import ROOT, Block, blocks_of

import reflect_sdk
from reflect_sdk import ReflectClient
from reflect_server.testing import RunningServer, running_server

TOKEN = "the-token-of-this-test"
PAGES = [ROOT / "docs" / "reference" / "client.md", ROOT / "docs" / "reference" / "types.md"]
API_PAGE = ROOT / "docs" / "api.md"
PYTHON = [
    block
    for page in [*PAGES, API_PAGE]
    for block in blocks_of(page, "python")
    if not block.is_signature and not re.match(r"\w+ = (Literal|Sequence)\b", block.code)
]
SHELL = blocks_of(API_PAGE, "bash")
MESSAGES = [
    {"role": "user", "content": "How many orders did we ship in March?"},
    {"role": "assistant", "content": "SELECT count(*) FROM orders"},
]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server(env={"REFLECT_BOOTSTRAP_TOKEN": TOKEN}) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> Iterator[ReflectClient]:
    project = f"docs-{uuid.uuid4().hex}"
    with ReflectClient(
        base_url=server.base_url, api_key=server.api_key, project_id=project
    ) as client:
        for number in range(6):
            client.create_memory(
                task=f"How many orders did we ship in week {number}?",
                summary="Shipped orders have a shipping date.",
                guidance="Count only rows whose shipped_at is set.",
                result="pass" if number % 2 else "fail",
            )
        client.create_skill()
        yield client


def real(code: str, server: RunningServer, client: ReflectClient) -> str:
    """Put what exists in the place of what the examples name."""
    trace = client.create_trace(task="Refund order 7", trajectory="Refunded it.")
    memory = client.query_memories("How many orders?", limit=1)[0]
    key = client.create_api_key(label="another", scopes=["memory:read"]).key
    substitutes = {
        "http://localhost:8000": server.base_url,
        "rf_live_abc_def": server.api_key,
        "the token": TOKEN,
        "new-project": f"new-{client.project_id}",
        "/projects/default": f"/projects/{client.project_id}",
        '"scratch"': f'"scratch-{client.project_id}"',
        "b1946ac92492d234": trace.trace_id,
        "mem_2f1c0b9d": memory.id,
        "6f1ed002ab559585": key.id,
    }
    for shown, there in substitutes.items():
        code = code.replace(shown, there)
    return code


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_an_example_in_python_runs(
    block: Block,
    server: RunningServer,
    client: ReflectClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REFLECT_API_URL", server.base_url)
    monkeypatch.setenv("REFLECT_API_KEY", server.api_key)
    answers = iter(["n", "Counted cancelled orders."])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    asynchronous = "await " in block.code or "async " in block.code
    problem = SimpleNamespace(question="How many orders did we ship in May?", expected="7")
    returned = ("We shipped 7 orders.", MESSAGES)
    names: dict[str, Any] = {
        "ReflectClient": ReflectClient,
        "agent": lambda _: returned if "answer, messages" in block.code else returned[0],
        "client": client,
        "instructions": "Answer with SQL.",
        "messages": MESSAGES,
        "problems": [problem, problem],
        **{name: getattr(reflect_sdk, name) for name in reflect_sdk.__all__},
    }
    code = compile(
        real(block.code, server, client), str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    )

    async def run() -> None:
        result = eval(code, names)
        if inspect.iscoroutine(result):
            await result
        for owned in {id(value): value for value in names.values()}.values():
            if isinstance(owned, ReflectClient):
                await owned.aclose()

    if asynchronous:
        asyncio.run(run())
    else:
        eval(code, names)
    for value in names.values():
        if isinstance(value, ReflectClient):
            value.close()
    printed = capsys.readouterr().out
    if block.printed:
        assert printed == block.printed
    answer = names.get("answer")
    assert not hasattr(answer, "code"), answer


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_an_example_in_curl_succeeds(block: Block, server: RunningServer, client: ReflectClient):
    done = subprocess.run(
        ["bash", "-euc", real(block.code, server, client).replace("curl ", "curl -sS -f ")],
        env={
            "PATH": os.environ["PATH"],
            "REFLECT_API_URL": server.base_url,
            "REFLECT_API_KEY": server.api_key,
            "REFLECT_BOOTSTRAP_TOKEN": TOKEN,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("{", "["))
