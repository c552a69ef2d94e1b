"""
Checks a built site: that every internal link and anchor leads somewhere, in its pages and in their
Markdown, and that no page loads anything from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LOADED = {"src", "srcset", "poster", "data"}


class _PageParser(HTMLParser):
    """
    Collects the anchors of a page, its links, and what it loads.
    """

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """
        Look at one element.
        """
        values = {name: value for name, value in attrs if value}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        loads = [values[name] for name in _LOADED if name in values]
        if tag == "link" and values.get("rel") != "canonical" and "href" in values:
            loads.append(values["href"])
        elif "href" in values:
            self.links.append(values["href"])
        self.loaded += loads
        self.links += loads


def faults(site: Path) -> tuple[int, list[str]]:
    """
    Check a site.

    Args:
        site: Its folder.

    Returns:
        How many internal links were followed, and a sentence for each fault.
    """
    parsed = {path: _parse(path) for path in sorted(site.rglob("*.html"))}
    checked, found = 0, []
    for path, page in parsed.items():
        where = path.relative_to(site).as_posix()
        found += [f"{where} loads {url}" for url in page.loaded if urlsplit(url).netloc]
        for link in page.links:
            if path.name == "404.html" or not _is_internal(link):
                continue
            checked += 1
            target, anchor = _resolve(site, where, link)
            if not target.is_file():
                found.append(f"{where} links to {link}, which is not there")
            elif anchor and target in parsed and anchor not in parsed[target].anchors:
                found.append(f"{where} links to {link}, which has no such anchor")
    for where, link in _markdown_links(site):
        checked += 1
        if not _resolve(site, where, link)[0].is_file():
            found.append(f"{where} links to {link}, which is not there")
    return checked, found


def _parse(path: Path) -> _PageParser:
    parser = _PageParser()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


def _is_internal(link: str) -> bool:
    parts = urlsplit(link)
    return not parts.scheme and not parts.netloc


def _resolve(site: Path, where: str, link: str) -> tuple[Path, str]:
    parts = urlsplit(urljoin(f"/{where}", link))
    target = site / unquote(parts.path).lstrip("/")
    return (target / "index.html" if target.is_dir() else target), unquote(parts.fragment)


def _markdown_links(site: Path) -> Iterator[tuple[str, str]]:
    for path in [*sorted(site.rglob("*.md")), site / "llms.txt"]:
        text = re.sub(
            r"^ *```.*?^ *```$",
            "",
            path.read_text(encoding="utf-8"),
            flags=re.MULTILINE | re.DOTALL,
        )
        text = re.sub(r"`[^`\n]*`", "", text)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if _is_internal(link) and not link.startswith("#"):
                yield path.relative_to(site).as_posix(), link
