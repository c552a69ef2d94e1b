"""
The arguments of a call: where the context goes, what the task is, and what is recorded of them.
"""

from __future__ import annotations

import inspect
import re
import reprlib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from attrs import define

_OF_METHODS = ("self", "cls")
_SECRET = re.compile(r"(?i)key|token|secret|passw|credential|authorization")
_ANY_ARGUMENTS = inspect.Signature(
    [
        inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
        inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
    ]
)
_LONGEST_TEXT = 1_000
_MOST = 50
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200


@define(slots=False)
class Callee:
    """
    A function whose calls are recorded.

    Attributes:
        function: The function, or an object that is called like one.
        takes_context: Whether it takes the context, before the arguments of its callers.
    """

    function: Callable[..., Any]
    takes_context: bool

    @cached_property
    def is_method(self) -> bool:
        """
        Whether it is one of a class body, by the name of its first argument.
        """
        parameters = _signature_of(self.function).parameters
        return inspect.isfunction(self.function) and next(iter(parameters), None) in _OF_METHODS

    @cached_property
    def signature(self) -> inspect.Signature:
        """
        What its callers give.
        """
        signature = _signature_of(self.function)
        parameters = list(signature.parameters.values())
        place = int(self.is_method)
        context = parameters[place] if self.takes_context and len(parameters) > place else None
        if context is not None and context.kind is not inspect.Parameter.VAR_POSITIONAL:
            del parameters[place]
        return signature.replace(parameters=parameters)

    def with_context(self, context: object, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """
        Return the arguments that the function gets, after the object of a method the context.
        """
        if not self.takes_context:
            return args
        place = int(self.is_method)
        return (*args[:place], context, *args[place:])

    def bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return the arguments of a call by name, in the order of the signature, without the object of
        a method.

        Raises:
            TypeError: They do not fit, as a call would say.
        """
        given = self.signature.bind(*args, **kwargs).arguments
        parameters = self.signature.parameters
        named: dict[str, Any] = {}
        for name in list(given)[int(self.is_method) :]:
            kind = parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                named.update({f"{name}[{n}]": value for n, value in enumerate(given[name])})
            elif kind is inspect.Parameter.VAR_KEYWORD:
                named.update(given[name])
            else:
                named[name] = given[name]
        return named

    def task(self, arguments: Mapping[str, Any]) -> str:
        """
        Return the task of a call that nothing else names: its first argument, or the function's
        name without one.
        """
        if arguments:
            return str(next(iter(arguments.values())))
        return str(getattr(self.function, "__name__", type(self.function).__name__))


def _signature_of(function: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except ValueError:  # Some of those that are written in C have none.
        return _ANY_ARGUMENTS


def described(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what is recorded of arguments: short values as they are, others shortened, and none whose
    name says that it is a secret.

    Args:
        arguments: The arguments by name.
    """
    shown = list(arguments.items())[:_MOST]
    return {
        name: "[hidden]" if _SECRET.search(name) else _described(value) for name, value in shown
    }


def _described(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    text = value if isinstance(value, str) else _SHORT.repr(value)
    return text.encode(errors="replace").decode()[:_LONGEST_TEXT]
