"""
Sought texts: answers of tools that look into logs, files or pages, which may be about errors and
are none themselves.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

_ALWAYS = frozenset(
    (
        "errors", "exceptions", "grep", "inbox", "journal", "journalctl", "kb", "knowledge", "logs",
        "rag", "rg", "stderr", "stdout", "tracebacks", "transcript", "wiki",
    )
)  # fmt: skip  # a list of words
_VERBS = frozenset(
    (
        "browse", "cat", "check", "crawl", "fetch", "find", "get", "head", "inspect", "last",
        "latest", "list", "load", "look", "lookup", "open", "query", "read", "recent", "retrieve",
        "scrape", "search", "show", "tail", "view",
    )
)  # fmt: skip  # a list of words
_TEXTS = frozenset(
    (
        "archive", "article", "articles", "chat", "chats", "code", "content", "doc", "docs",
        "document", "documents", "error", "event", "events", "exception", "file", "files", "forum",
        "history", "issue", "issues", "log", "mail", "mails", "memories", "memory", "message",
        "messages", "news", "note", "notes", "output", "page", "pages", "posts", "repo",
        "repository", "source", "text", "texts", "ticket", "tickets", "traceback", "url", "web",
        "website",
    )
)  # fmt: skip  # a list of words
_ACTING = frozenset(
    (
        "add", "append", "cancel", "close", "create", "delete", "edit", "mark", "move", "post",
        "remove", "rename", "reply", "save", "send", "set", "submit", "update", "upload", "write",
    )
)  # fmt: skip  # a list of words
_SEARCHING = frozenset(
    ("errors", "exceptions", "grep", "journal", "journalctl", "log", "logs", "rg", "search", "tail")
)
_COMMANDS = re.compile(
    r"(?<![a-z])(?:awk|cat|egrep|grep|head|journalctl|less|rg|sed|tail|zgrep)(?![a-z])"
)
_NOT_THERE = re.compile(
    r"\W*\w+\W+(?:the |this |that )?(?:directory|document|file|page|path|url)\W.{0,80}"
    r"(?:not found|no such|not exist|denied)",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_MOST_CHARACTERS = 1_000


def is_found_text(text: str, tool: str, arguments: str) -> bool:
    """
    Say whether an answer that looks like an error is likely to be what the tool has found.

    That is so for tools whose names say that they look into texts, such as `search_logs`, and for
    commands such as `grep`. An answer that names what a file or page was asked for by is none.

    Args:
        text: The answer.
        tool: The tool's name.
        arguments: What it was called with.
    """
    if not _is_named_for_looking(tool):
        return bool(_COMMANDS.search(arguments, 0, _MOST_CHARACTERS))
    if not _SEARCHING.isdisjoint(_words_of(tool)):
        return True
    line = text.partition("\n")[0][:_MOST_CHARACTERS]
    return not _NOT_THERE.match(line) and not _names_what_was_asked(line, arguments)


def _names_what_was_asked(line: str, arguments: str) -> bool:
    if len(arguments) > _MOST_CHARACTERS:
        return False
    try:
        asked = json.loads(arguments)
    except (ValueError, RecursionError):
        return False
    values = asked.values() if isinstance(asked, dict) else ()
    return any(isinstance(value, str) and len(value) > 2 and value in line for value in values)


@lru_cache(maxsize=1_024)
def _is_named_for_looking(tool: str) -> bool:
    words = _words_of(tool)
    if not _ACTING.isdisjoint(words):
        return False
    looks = not _VERBS.isdisjoint(words)
    about_texts = not _TEXTS.isdisjoint(words) or words <= _VERBS
    return not _ALWAYS.isdisjoint(words) or (looks and about_texts)


def _words_of(tool: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(tool[:_MOST_CHARACTERS]))
