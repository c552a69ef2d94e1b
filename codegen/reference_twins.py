"""
Examples of synchronous methods, made into examples of their asynchronous twins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from attrs import evolve
from reference_model import Example

_CALL = r"\b(?P<owner>\w+)\.(?P<name>\w+)\("


def asynchronous_examples(
    examples: Iterable[Example], kinds: Mapping[str, str]
) -> tuple[Example, ...]:
    """
    Rewrite examples for code that runs on an event loop.

    Args:
        examples: What uses the synchronous methods.
        kinds: For each method that has a twin, what calling the twin gives: a `coroutine`, a
            `context` for `async with`, or an `iterator` for `async for`.
    """
    return tuple(evolve(example, code=_rewritten(example.code, kinds)) for example in examples)


def _rewritten(code: str, kinds: Mapping[str, str]) -> str:
    def call(match: re.Match[str]) -> str:
        kind = kinds.get(match["name"])
        if kind is None:
            return match[0]
        awaited = "await " if kind == "coroutine" else ""
        return f"{awaited}{match['owner']}.{match['name']}_async("

    def statement(line: str) -> str:
        used = {kinds.get(match["name"]) for match in re.finditer(_CALL, line)}
        if "context" in used:
            line = re.sub(r"^(\s*)with ", r"\1async with ", line)
        if "iterator" in used:
            line = re.sub(r"^(\s*)for ", r"\1async for ", line)
        return re.sub(_CALL, call, line)

    return "\n".join(statement(line) for line in code.splitlines())
