"""
Ignored fields: what of a request has no effect, told to whoever sent it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request

from reflect_contract.operation import Operation, TypeForm
from reflect_server.errors import InvalidRequestError
from reflect_server.http.prefer_header import STRICT, prefers

IGNORED_HEADER = "Reflect-Ignored"

_MOST = 20
_LONGEST_NAME = 100
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Ignored:
    """
    Collects the fields of a request that have no effect.

    Args:
        strict: Whether there may be none.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self.fields: list[str] = []

    @classmethod
    def of(cls, operation: Operation, request: Request, raw_body: bytes) -> Ignored:
        """
        Collect what the contract does not know of the body of a request, which has been checked.

        Args:
            operation: What is asked for.
            request: The request.
            raw_body: Its body.

        Raises:
            InvalidRequestError: There is something, and the request prefers to be refused then.
        """
        prefer = ", ".join(request.headers.getlist("prefer"))
        ignored = cls(strict=prefers(prefer, STRICT))
        if operation.body is not None:
            for field in _unknown(raw_body, operation.body, ""):
                ignored.note(field, "is no field of this request")
        return ignored

    def note(self, field: str, problem: str) -> None:
        """
        Note a field.

        Args:
            field: Its place in the request, such as `review.verdict`.
            problem: What is wrong with it, as the end of a sentence that its name begins.

        Raises:
            InvalidRequestError: The request prefers to be refused then.
        """
        name = field[:_LONGEST_NAME]
        if self._strict:
            raise InvalidRequestError(
                f"`{name}` {problem}, so it would have no effect. Correct it, or leave out "
                "`Prefer: handling=strict`.",
                field=name,
            )
        if len(self.fields) < _MOST:
            self.fields.append(name)

    @property
    def header(self) -> dict[str, str]:
        """
        The header that names them; none where there are none.
        """
        if not self.fields:
            return {}
        return {IGNORED_HEADER: ", ".join(quote(name, safe="._-") for name in self.fields)}


def _unknown(raw: bytes | memoryview, kind: TypeForm, place: str) -> Iterator[str]:
    known, structs = _fields(kind)
    for name, value in _members(raw).items():
        if name not in known:
            yield place + name
        elif name in structs and bytes(memoryview(value)[:1]) == b"{":
            yield from _unknown(memoryview(value), structs[name], f"{place}{name}.")


@cache
def _fields(kind: TypeForm) -> tuple[frozenset[str], dict[str, TypeForm]]:
    """
    Return the names that an object of a type has on the wire, and those of objects of known types.
    """
    fields = msgspec.structs.fields(kind)
    structs = {
        field.encode_name: _struct(msgspec.inspect.type_info(field.type)) for field in fields
    }
    return (
        frozenset(field.encode_name for field in fields),
        {name: struct for name, struct in structs.items() if struct is not None},
    )


def _struct(info: msgspec.inspect.Type) -> Any:
    if isinstance(info, msgspec.inspect.StructType):
        return info.cls
    if isinstance(info, msgspec.inspect.UnionType):
        return next((found for part in info.types if (found := _struct(part))), None)
    return None
