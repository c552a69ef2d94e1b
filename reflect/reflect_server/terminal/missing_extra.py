"""
What a command says where the extra `server` is not installed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_MESSAGE = (
    "The server's parts are not installed (there is no module `{name}`). "
    'Install them with: pip install "reflect-sdk[server]"\n'
)


@contextmanager
def explained() -> Iterator[None]:
    """
    End with one sentence that says what to install, where a module is missing.

    Raises:
        SystemExit: With 1, where the block raises `ModuleNotFoundError`.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        sys.stderr.write(_MESSAGE.format(name=error.name))
        sys.exit(1)
