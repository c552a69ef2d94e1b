"""
The site in plain text, for agents that read documentation.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

TOKENS_OF_INDEX = 2_000
TOKENS_OF_FULL = 110_000
_CHARACTERS_PER_TOKEN = 3.0
_CHANGELOG = "changelog.md"
_SUMMARY = "Reflect is a memory for AI agents that learns from outcomes."


def tokens(text: str) -> int:
    """
    Estimate how many tokens a text has, at 3 characters each; Llama 2's tokenizer needs 3.07 of
    them over these pages, newer ones more.
    """
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)


@frozen
class Page:
    """
    One page of the site.

    Attributes:
        source: Its file in the folder of pages.
        section: The part of the navigation that it stands in; empty for none.
        title: Its heading.
        description: What it is about, in a sentence; may be empty.
        text: Its Markdown, without front matter and comments.
    """

    source: str
    section: str
    title: str
    description: str
    text: str

    @classmethod
    def read(cls, folder: Path, source: str, section: str) -> Page:
        """
        Read a page.
        """
        raw = (folder / source).read_text(encoding="utf-8")
        front, text = _split(raw)
        title = re.search(r"^# (.+)$", text, re.MULTILINE)
        described = re.search(r"^description: (.+)$", front, re.MULTILINE)
        text = re.sub(r"(\]\([^)\s]+)/README\.md", r"\1.md", text)
        page = cls(
            source=source,
            section=section,
            title=title[1] if title else source,
            description=described[1].strip('"') if described else "",
            text=text,
        )
        return page if page.markdown == source else page._moved()

    @property
    def markdown(self) -> str:
        """
        Where its Markdown is: at its address with `.md` at the end.
        """
        folder, name = posixpath.split(self.source)
        return f"{folder}.md" if name == "README.md" and folder else self.source

    def _moved(self) -> Page:
        """
        Write its links as they are seen from where its Markdown is.
        """
        folder = posixpath.dirname(self.source)

        def link(match: re.Match[str]) -> str:
            return f"]({posixpath.normpath(posixpath.join(folder, match[1]))}"

        text = re.sub(r"\]\((?!https?:|#)([^)#\s]+)", link, self.text)
        return Page(self.source, self.section, self.title, self.description, text)


def _split(raw: str) -> tuple[str, str]:
    front, text = "", raw
    if raw.startswith("---\n"):
        front, text = raw[4:].split("\n---\n", 1)
    text = re.sub(r"<!--.*?-->\n*", "", text, flags=re.DOTALL)
    return front, text.lstrip()


def index_text(pages: Sequence[Page]) -> str:
    """
    Write `llms.txt`: every page with its address and what it is about.
    """
    lines = ["# Reflect", "", f"> {_SUMMARY}"]
    sections = dict.fromkeys(page.section or "Decision records" for page in pages)
    for section in sections:
        lines += ["", f"## {section}", ""]
        for page in pages:
            if (page.section or "Decision records") == section:
                about = f": {page.description}" if page.description else ""
                lines.append(f"- [{page.title}]({page.markdown}){about}")
    return "\n".join(lines) + "\n"


def full_text(pages: Sequence[Page]) -> str:
    """
    Write `llms-full.txt`: the text of every page of the navigation but the changelog.

    Asynchronous twins are left out of it, since they differ from their counterparts in nothing but
    `await`; so are pictures.
    """
    parts = [f"# Reflect\n\n{_SUMMARY}\n"]
    for page in pages:
        if page.section and page.source != _CHANGELOG:
            text = re.sub(r"!\[[^\]]*\]\([^)]*\)\n?", "", page.text)
            parts.append(f"Page: {page.markdown}\n\n{_without_twins(text)}")
    return "\n\n".join(parts)


def _without_twins(text: str) -> str:
    sections = re.split(r"^(?=### )", text, flags=re.MULTILINE)
    return "".join(section for section in sections if not re.match(r"### \w+_async\n", section))
