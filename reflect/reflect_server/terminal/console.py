"""
Consoles, and texts made safe for a terminal.
"""

from __future__ import annotations

import codecs
import io
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN = str.maketrans("✓✗→●·±─│┌┐└┘├┤┬┴┼", "+x>o.~-|+++++++++")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def inert(text: str, *, keep: str = "") -> str:
    r"""
    Return a text that a terminal shows and does not obey, for texts from callers, models and other
    servers: control characters, with which it could be made to hide, forge or send things, are
    written out, such as `\x1b` for escape.

    Args:
        text: The text.
        keep: Control characters that may stay, such as line breaks.
    """
    return _CONTROLS.sub(lambda found: _written_out(found.group(), keep), text)


def console(*, stderr: bool = False, soft_wrap: bool = False) -> Console:
    """
    Return a console for people. Symbols that its encoding lacks become plain ones, such as `+` for
    a check mark, and other characters `?`.

    Args:
        stderr: Whether it writes to standard error; off by default.
        soft_wrap: Whether lines may be longer than the terminal is wide; off by default.
    """
    from rich.console import Console  # noqa: PLC0415 - slow to import

    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        codecs.register_error("plain", _plain)
        stream.reconfigure(errors="plain")
    return Console(highlight=False, stderr=stderr, soft_wrap=soft_wrap)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    plain = error.object[error.start : error.end].translate(_PLAIN)
    return plain.encode("ascii", "replace").decode("ascii"), error.end


def _written_out(character: str, keep: str) -> str:
    return character if character in keep else character.encode("unicode_escape").decode("ascii")
