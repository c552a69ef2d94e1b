"""
Texts from callers, models and other servers, on their way to a terminal.
"""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def inert(text: str, *, keep: str = "") -> str:
    r"""
    Return a text that a terminal shows and does not obey: control characters, with which it could
    be made to hide, forge or send things, are written out, such as `\x1b` for escape.

    Args:
        text: The text.
        keep: Control characters that may stay, such as line breaks.
    """
    return _CONTROLS.sub(lambda found: _written_out(found.group(), keep), text)


def _written_out(character: str, keep: str) -> str:
    return character if character in keep else character.encode("unicode_escape").decode("ascii")
