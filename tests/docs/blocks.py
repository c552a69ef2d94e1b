"""
The code blocks of a page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    code: str
    printed: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_signature(self) -> bool:
        return bool(re.match(r"(@\w+\n)*(async )?def \w+\(", self.code)) and ") -> " in self.code


def blocks_of(page: Path, *languages: str) -> list[Block]:
    """Return the blocks of a page in some languages, each with what the page says it prints."""
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    found = []
    for match in pattern.finditer(text):
        if match[2] in languages:
            code = re.sub(rf"^{match[1]}", "", match[3], flags=re.MULTILINE)
            printed = re.match(r"\n\nprints\n\n```text\n(.*?)```", text[match.end() :], re.DOTALL)
            line = text.count("\n", 0, match.start()) + 1
            name = page.relative_to(ROOT).as_posix()
            found.append(Block(name, line, match[2], code, printed[1] if printed else ""))
    return found
