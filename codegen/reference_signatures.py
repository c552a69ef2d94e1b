"""
Signatures, types and defaults as source text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import griffe

WRAPPERS = ("asynccontextmanager", "contextmanager")
"""
Decorators that make a context manager of a generator.
"""


def target(member: griffe.Object | griffe.Alias) -> griffe.Object:
    """
    Return what a member stands for in the end.
    """
    return member.final_target if isinstance(member, griffe.Alias) else member


def decorators_of(function: griffe.Function) -> list[str]:
    """
    Return the decorators of a function as source text.
    """
    return [str(entry.value) for entry in function.decorators]


def alternatives(annotation: str | griffe.Expr | None) -> tuple[str, ...]:
    """
    Return the members of a union, or the type itself where it is none; nothing where it is unknown.
    """
    if isinstance(annotation, griffe.ExprBinOp) and annotation.operator == "|":
        return (*alternatives(annotation.left), *alternatives(annotation.right))
    return () if annotation is None else (str(annotation),)


def yielded(annotation: str | griffe.Expr | None) -> str | griffe.Expr | None:
    """
    Return what an iterator or a generator yields, by its annotation.
    """
    if isinstance(annotation, griffe.ExprSubscript):
        inside = annotation.slice
        return inside.elements[0] if isinstance(inside, griffe.ExprTuple) else inside
    return annotation


def public_parameters(function: griffe.Function) -> list[griffe.Parameter]:
    """
    Return the parameters that callers give.
    """
    return [entry for entry in function.parameters if entry.name not in {"self", "cls"}]


def parameter_default(function: griffe.Function, value: str | griffe.Expr | None) -> str | None:
    """
    Return a default as source text, a named constant as its value; None where there is no default.
    """
    if value is None:
        return None
    if isinstance(value, griffe.ExprName):
        constant = target(function.module.modules_collection[value.canonical_path])
        if isinstance(constant, griffe.Attribute) and constant.value is not None:
            return _double_quoted(str(constant.value))
    return _double_quoted(str(value))


def _double_quoted(source: str) -> str:
    try:
        value = ast.literal_eval(source)
    except ValueError:
        return source
    if not isinstance(value, str):
        return source
    return '"' + repr(value)[1:-1].replace('"', '\\"') + '"'


def field_default(attribute: griffe.Attribute) -> str | None:
    """
    Return the default of a field, which stands in the class body or in a call such as
    `field(default=…)`; None where there is none.
    """
    value = attribute.value
    if value is None or attribute.annotation is None or "property" in attribute.labels:
        return None
    if not isinstance(value, griffe.ExprCall):
        return _double_quoted(str(value))
    given = {
        entry.name: str(entry.value)
        for entry in value.arguments
        if isinstance(entry, griffe.ExprKeyword)
    }
    made = {"list": "[]", "dict": "{}"}.get(given.get("factory", ""))
    return made or (_double_quoted(given["default"]) if "default" in given else None)


def signature(function: griffe.Function) -> Iterator[str]:
    """
    Write a signature as source, a parameter a line, without `self` and `cls`.

    Yields:
        The lines.
    """
    decorators = decorators_of(function)
    wrapped = [name for name in WRAPPERS if name in decorators]
    shown = [name for name in ("classmethod", "staticmethod") if name in decorators]
    yield from (f"@{name}" for name in (*shown, *wrapped))
    start = "async def" if "async" in function.labels and not wrapped else "def"
    lines = list(_parameter_lines(function))
    if not lines:
        yield f"{start} {function.name}() -> {function.returns}"
        return
    yield f"{start} {function.name}("
    yield from lines
    yield f") -> {function.returns}"


def _parameter_lines(function: griffe.Function) -> Iterator[str]:
    starred = False
    for entry in public_parameters(function):
        if entry.kind is griffe.ParameterKind.keyword_only and not starred:
            yield "    *,"
            starred = True
        given = parameter_default(function, entry.default)
        yield f"    {entry.name}: {entry.annotation}{'' if given is None else f' = {given}'},"
