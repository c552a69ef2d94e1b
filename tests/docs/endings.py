"""
Every way in which a block can end: one function for each row of `docs/guides/endings.md`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
from starlette.responses import StreamingResponse

from reflect_sdk import ReflectClient, reflect_trace

TASK = "Count the orders"
MESSAGE = {"role": "assistant", "content": "There are 812."}

Way = Callable[[ReflectClient], Any]
WAYS: dict[str, Way] = {}


class OwnError(Exception):
    """
    An exception of the agent's own.
    """


class ProviderError(Exception):
    """
    An error of a model's provider.
    """

    status_code = 529


def way(name: str) -> Callable[[Way], Way]:
    def note(function: Way) -> Way:
        WAYS[name] = function
        return function

    return note


def ends_with(
    name: str,
    error: BaseException | None = None,
    *,
    add: bool = False,
    output: bool = True,
    result: str | None = None,
    **options: Any,
) -> None:
    def run(client: ReflectClient) -> None:
        with client.trace(TASK, **options) as context:
            if add:
                context.add(MESSAGE)
            if output:
                context.set_output(trajectory=[MESSAGE], result=result)
            if error is not None:
                raise error

    WAYS[name] = run


ends_with("its end, after `set_output`")
ends_with("its end, after a verdict", result="pass")
ends_with("its end, after nothing was handed over", output=False)
ends_with("its end, after `ctx.add` alone", output=False, add=True)
ends_with("an exception, before anything was handed over", OwnError(), output=False)
ends_with("an exception, after `ctx.add`", OwnError(), output=False, add=True)
ends_with("an exception, after `set_output`", OwnError())
ends_with("an exception, after a verdict", OwnError(), result="pass")
ends_with("an `ExceptionGroup` of the agent's own", ExceptionGroup("", [OwnError(), OwnError()]))
ends_with(
    "an exception, with `auto_fail_on_exception=False`", OwnError(), auto_fail_on_exception=False
)
ends_with("`KeyboardInterrupt`", KeyboardInterrupt())
ends_with("`SystemExit` with 0", SystemExit(0))
ends_with("`SystemExit` with 1", SystemExit(1))
ends_with("control flow, after a verdict", KeyboardInterrupt(), result="pass")


@way("`return`")
def returns(client: ReflectClient) -> None:
    with client.trace(TASK) as context:
        context.set_output(trajectory=[MESSAGE])
        return


@way("`break`")
def breaks(client: ReflectClient) -> None:
    for _ in range(2):
        with client.trace(TASK) as context:
            context.set_output(trajectory=[MESSAGE])
            break


@way("`continue`")
def continues(client: ReflectClient) -> None:
    for _ in range(1):
        with client.trace(TASK) as context:
            context.set_output(trajectory=[MESSAGE])
            continue


@way("an exception in a decorated function")
def decorated(client: ReflectClient) -> None:
    @reflect_trace(client, inject_context=False)
    def agent(task: str) -> str:
        raise OwnError(task)

    agent(TASK)


@way("a provider's outage")
def outage(client: ReflectClient) -> None:
    with client.trace(TASK) as context:
        context.add(MESSAGE)
        raise OwnError from ProviderError()


@way("a task that is cancelled")
def cancelled(client: ReflectClient) -> None:
    async def main() -> None:
        entered = asyncio.Event()

        async def run() -> None:
            async with client.trace_async(TASK) as context:
                context.add(MESSAGE)
                entered.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(run())
        await entered.wait()
        task.cancel()
        await task

    asyncio.run(main())


@way("a sibling's failure in a `TaskGroup`")
def sibling(client: ReflectClient) -> None:
    async def main() -> None:
        entered = asyncio.Event()

        async def run() -> None:
            async with client.trace_async(TASK) as context:
                context.add(MESSAGE)
                entered.set()
                await asyncio.sleep(60)

        async def fail() -> None:
            await entered.wait()
            raise OwnError

        async with asyncio.TaskGroup() as group:
            group.create_task(run())
            group.create_task(fail())

    asyncio.run(main())


@way("a scope of anyio that is cancelled")
def scope(client: ReflectClient) -> None:
    async def main() -> None:
        with anyio.CancelScope() as around:
            async with client.trace_async(TASK) as context:
                context.add(MESSAGE)
                around.cancel()
                await anyio.sleep(60)

    anyio.run(main)


@way("a timeout inside the block")
def timeout_inside(client: ReflectClient) -> None:
    async def main() -> None:
        async with client.trace_async(TASK) as context:
            context.add(MESSAGE)
            async with asyncio.timeout(0):
                await asyncio.sleep(60)

    asyncio.run(main())


@way("a timeout around the block")
def timeout_around(client: ReflectClient) -> None:
    async def main() -> None:
        async with asyncio.timeout(None) as around, client.trace_async(TASK) as context:
            context.add(MESSAGE)
            around.reschedule(0)
            await asyncio.sleep(60)

    asyncio.run(main())


def _pieces(client: ReflectClient) -> Iterator[str]:
    with client.trace(TASK) as context:
        context.add(MESSAGE)
        yield "There"
        yield "are 812."


async def _pieces_async(client: ReflectClient) -> AsyncIterator[str]:
    async with client.trace_async(TASK) as context:
        context.add(MESSAGE)
        yield "There"
        await asyncio.sleep(60)


@way("a generator that is closed")
def closed(client: ReflectClient) -> None:
    pieces: Any = _pieces(client)
    next(pieces)
    pieces.close()


@way("an asynchronous generator that is closed")
def closed_async(client: ReflectClient) -> None:
    async def main() -> None:
        pieces: Any = _pieces_async(client)
        await anext(pieces)
        await pieces.aclose()

    asyncio.run(main())


@way("a client's disconnect amid a streamed answer")
def disconnect(client: ReflectClient) -> None:
    async def main() -> None:
        begun = asyncio.Event()

        async def receive() -> dict[str, str]:
            await begun.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message.get("body"):
                begun.set()

        scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
        await StreamingResponse(_pieces_async(client))(scope, receive, send)  # type: ignore[arg-type]  # as servers call it

    asyncio.run(main())


@way("nobody who holds it: it is garbage")
def garbage(client: ReflectClient) -> None:
    block = client.trace(TASK)
    context = block.__enter__()
    context.add(MESSAGE)
    del block
    gc.collect()


@way("a nested block that raises, caught in the outer one")
def nested(client: ReflectClient) -> None:
    with client.trace("The whole"), suppress(OwnError), client.trace(TASK):
        raise OwnError


_PROGRAM = """
import os, signal, sys
from reflect_sdk import ReflectClient
client = ReflectClient.from_env()
block = client.trace({task!r})
context = block.__enter__()
context.add({message!r})
{end}
"""


def program(name: str, end: str, status: int = 0) -> None:
    def run(client: ReflectClient) -> None:
        code = _PROGRAM.format(task=TASK, message=MESSAGE, end=end)
        env = {
            **os.environ,
            "REFLECT_API_URL": client.base_url,
            "REFLECT_API_KEY": client.api.token,
            "REFLECT_PROJECT_ID": client.project_id,
        }
        ended = subprocess.run([sys.executable, "-c", code], env=env, check=False, timeout=60)
        assert ended.returncode == status

    WAYS[name] = run


program("the interpreter's exit", "")
program("SIGKILL", "os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL)
program(
    "a fork: the child's end, then the parent's",
    "child = os.fork()\n"
    "block.__exit__(None, None, None)\n"
    "assert child == 0 or os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0",
)
