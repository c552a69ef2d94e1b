"""
Examples of synchronous methods, made into examples of their asynchronous twins.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve
from reference_model import Example

_Insertion = tuple[int, int, str]


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
    lines = [line.encode() for line in code.splitlines()]
    # From the end to the start, so that no insertion moves the place of another one.
    for line, column, text in sorted(_insertions(ast.parse(code), kinds), reverse=True):
        before = lines[line - 1]
        lines[line - 1] = before[:column] + text.encode() + before[column:]
    return "\n".join(line.decode() for line in lines)


def _insertions(tree: ast.AST, kinds: Mapping[str, str]) -> Iterator[_Insertion]:
    for node in ast.walk(tree):
        if isinstance(node, ast.With):
            called = [_kind(item.context_expr, kinds) for item in node.items]
            if "context" in called:
                yield node.lineno, node.col_offset, "async "
        elif isinstance(node, ast.For) and _kind(node.iter, kinds) == "iterator":
            yield node.lineno, node.col_offset, "async "
        elif isinstance(node, ast.Attribute | ast.Subscript):
            if _kind(node.value, kinds) == "coroutine":
                yield from _around(node.value)
        elif isinstance(node, ast.Call) and _kind(node, kinds):
            yield *_known(node.func.end_lineno, node.func.end_col_offset), "_async"
            if _kind(node, kinds) == "coroutine":
                yield node.lineno, node.col_offset, "await "


def _around(called: ast.expr) -> Iterator[_Insertion]:
    """
    Put parentheses around an awaited call of whose value something is taken.
    """
    yield called.lineno, called.col_offset, "("
    yield *_known(called.end_lineno, called.end_col_offset), ")"


def _known(line: int | None, column: int | None) -> tuple[int, int]:
    assert line is not None  # noqa: S101 - parsed source has places
    assert column is not None  # noqa: S101 - parsed source has places
    return line, column


def _kind(node: ast.expr, kinds: Mapping[str, str]) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return kinds.get(node.func.attr, "")
    return ""
