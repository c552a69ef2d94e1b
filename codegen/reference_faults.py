"""
What a reference would leave its readers to guess.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from reference_model import Callable, Outcome, Parameter, Reference, Type


def faults(reference: Reference) -> Iterator[str]:
    """
    Find public names without documentation, and documentation of names that do not exist.

    Args:
        reference: The package.

    Yields:
        A sentence for each fault.
    """
    errors = {error.name for error in reference.errors}
    for constant in reference.constants:
        if not constant.description:
            yield f"{constant.name} has no docstring."
    for function in reference.functions:
        yield from _faults_of_callable(function.name, function, errors)
    for kind in (reference.client, *reference.types, *reference.shared, *reference.errors):
        yield from _faults_of_type(kind, errors)


def _faults_of_type(kind: Type, errors: set[str]) -> Iterator[str]:
    if not kind.summary:
        yield f"{kind.name} has no docstring."
    for attribute in kind.attributes:
        yield from _faults_of_value(f"The attribute {kind.name}.{attribute.name}", attribute)
    if kind.constructor:
        yield from _faults_of_parts(kind.name, kind.constructor, errors)
    for method in (*kind.class_methods, *kind.methods):
        yield from _faults_of_callable(f"{kind.name}.{method.name}", method, errors)


def _faults_of_callable(name: str, called: Callable, errors: set[str]) -> Iterator[str]:
    if not called.summary:
        yield f"{name} has no docstring."
    yield from _faults_of_parts(name, called, errors)


def _faults_of_parts(name: str, called: Callable, errors: set[str]) -> Iterator[str]:
    for parameter in called.parameters:
        yield from _faults_of_value(f"The parameter {parameter.name} of {name}", parameter)
    known = {parameter.name for parameter in called.parameters}
    for documented in called.documented:
        if documented not in known:
            yield f"{name} documents a parameter {documented}, which it does not have."
    if called.gives and not (called.returns or called.yields):
        yield f"{name} does not say what it returns or yields."
    if called.asks_the_service and not called.raises:
        yield f"{name} calls the service and does not say which errors it raises."
    for raised in called.raises:
        yield from _faults_of_error(name, raised, errors)


def _faults_of_value(what: str, value: Parameter) -> Iterator[str]:
    if not value.description:
        yield f"{what} has no description."
    if not value.alternatives:
        yield f"{what} has no type."


def _faults_of_error(name: str, raised: Outcome, errors: set[str]) -> Iterator[str]:
    for error in raised.alternatives:
        if error not in errors and not hasattr(builtins, error):
            yield f"{name} raises {error}, which is no public name."
    if not raised.description:
        yield f"{name} does not say when it raises {' or '.join(raised.alternatives)}."
