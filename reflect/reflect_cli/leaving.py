"""
How a command that works for long ends before its time.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import NoReturn

import typer

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
    typer.echo(message, err=True)
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
