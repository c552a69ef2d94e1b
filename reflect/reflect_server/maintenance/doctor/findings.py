"""
What a check has found, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from reflect_server.configuration.settings import Settings


class Level(StrEnum):
    """
    How bad a finding is.
    """

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that a check has found.

    Attributes:
        check: What was looked at, one or two words.
        level: How bad it is.
        found: What was found, a sentence.
        remedy: What to do; None where there is nothing to do.
    """

    check: str
    level: Level
    found: str
    remedy: str | None = None


Check = Callable[[Settings], Iterator[Finding]]
"""Looks at one side of an installation. Changes nothing."""


def ok(check: str, found: str) -> Finding:
    """
    Return a finding that all is well.

    Args:
        check: What was looked at, one or two words.
        found: What was found, a sentence.
    """
    return Finding(check, Level.OK, found)


def warning(check: str, found: str, remedy: str) -> Finding:
    """
    Return a finding of something that works and may not for long, or is not safe.

    Args:
        check: What was looked at, one or two words.
        found: What was found, a sentence.
        remedy: What to do.
    """
    return Finding(check, Level.WARNING, found, remedy)


def problem(check: str, found: str, remedy: str | None) -> Finding:
    """
    Return a finding of something that does not work.

    Args:
        check: What was looked at, one or two words.
        found: What was found, a sentence.
        remedy: What to do; None where that is not known.
    """
    return Finding(check, Level.PROBLEM, found, remedy)


def problem_of(check: str, message: str) -> Finding:
    """
    Return a problem that an error tells: what was found in its first sentence, then the remedy.

    Args:
        check: What was looked at, one or two words.
        message: The error's message.
    """
    found, _, remedy = message.partition(". ")
    return problem(check, f"{found.removesuffix('.')}.", remedy or None)
