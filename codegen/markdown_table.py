"""
Tables in Markdown whose rows no `|` in a cell can break.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

CODE_SPAN = re.compile(r"(`[^`]+`)")


def html_code(code: str) -> str:
    """
    Write code that holds a `|` as HTML: renderers disagree about a backslash inside a code span.
    """
    return f"<code>{code.replace('<', '&lt;').replace('|', '&#124;')}</code>"


def markdown_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    piped_code: Callable[[str], str] = html_code,
) -> str:
    """
    Write a table.

    Args:
        header: The names of the columns.
        rows: The cells; line breaks in them become blanks.
        piped_code: Writes a code span that holds a `|`.
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        f"| {' | '.join(_cell(cell, piped_code) for cell in line)} |" for line in lines
    )


def _cell(text: str, piped_code: Callable[[str], str]) -> str:
    parts = CODE_SPAN.split(" ".join(text.split()))
    return "".join(
        _code(part, piped_code) if CODE_SPAN.fullmatch(part) else re.sub(r"(?<!\\)\|", r"\|", part)
        for part in parts
    )


def _code(span: str, piped_code: Callable[[str], str]) -> str:
    return piped_code(span.strip("`")) if re.search(r"(?<!\\)\|", span) else span
