"""
How a command that works for long ends before its time.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import NoReturn

import typer

from reflect_server.terminal.console import inert

_ENDING = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has one of them.


def leave(message: str, *, code: int) -> NoReturn:
    """
    End the command with a message.

    Args:
        message: Says why, in full sentences.
        code: The exit code.
    """
    typer.echo(inert(message, keep="\n"), err=True)
    raise typer.Exit(code)


@contextmanager
def leaving(*, stopped: str, failures: type[Exception]) -> Iterator[None]:
    """
    End the command with a sentence where the block is stopped or fails on purpose.

    A signal that would end the process at once, and leave behind what the block has made, raises
    `KeyboardInterrupt` in it, as Ctrl+C does. One that the process was started to ignore, as in a
    script's background, stays ignored.

    Args:
        stopped: What to say where a signal ended the block; the exit code is 128 and its number.
        failures: The errors whose message is what to say; the exit code is 1.

    Raises:
        Exit: The block was stopped, or has failed on purpose.
    """
    received: int = signal.SIGINT

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as `signal` wants it
        nonlocal received
        received = number
        raise KeyboardInterrupt

    try:
        with ExitStack() as restoring:
            for number in _ENDING:
                if signal.getsignal(number) is signal.SIG_DFL:
                    restoring.callback(signal.signal, number, signal.signal(number, interrupt))
            yield
    except KeyboardInterrupt:
        leave(stopped, code=128 + received)
    except failures as error:
        leave(str(error), code=1)


@contextmanager
def signals_held_back() -> Iterator[None]:
    """
    Let a signal that stops the command do so only at the end of the block.

    For what calls Python back and swallows what that raises, as SQLite does: a stop would be lost.
    """
    if threading.current_thread() is not threading.main_thread():  # No signal ever arrives here.
        yield
        return
    received: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, *_ENDING)}
    held = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in held:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
        for number in received:
            held[number](number, None)
