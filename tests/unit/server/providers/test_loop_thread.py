from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from reflect_server.providers.loop_thread import LoopThread

NAME = "a-loop-of-a-test"
PATIENCE = 20.0


async def nothing() -> None:
    pass


async def fail() -> None:
    raise LookupError("nothing to close")


def is_running() -> bool:
    return any(thread.name == NAME for thread in threading.enumerate())


def test_what_takes_too_long_is_cancelled_and_nothing_else_is():
    loop = LoopThread(NAME)
    try:
        with pytest.raises(TimeoutError):
            loop.run(asyncio.Event().wait, 0.01)
        with pytest.raises(LookupError, match="nothing to close"):
            loop.run(fail, PATIENCE)
        assert loop.run(lambda: asyncio.sleep(0, "done"), PATIENCE) == "done"
    finally:
        loop.close(nothing)
    assert not is_running()


def test_whoever_waits_when_it_is_closed_is_let_go_and_whoever_comes_later_too():
    loop = LoopThread(NAME)
    waiting = threading.Event()

    async def wait() -> None:
        waiting.set()
        await asyncio.Event().wait()

    with ThreadPoolExecutor(1) as other:
        left = other.submit(loop.run, wait, PATIENCE)
        assert waiting.wait(PATIENCE)
        loop.close(nothing)
        with pytest.raises(CancelledError):
            left.result(PATIENCE)
    with pytest.raises(CancelledError):
        loop.run(nothing, PATIENCE)


def test_it_ends_also_where_its_last_work_fails():
    loop = LoopThread(NAME)
    with pytest.raises(LookupError, match="nothing to close"):
        loop.close(fail)
    assert not is_running()
