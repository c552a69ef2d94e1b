"""
Types that every generated function shares: `UNSET`, answers and file uploads.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from enum import Enum
from typing import IO, BinaryIO, Final, Generic, Literal, TypeVar

from attrs import define, field

T = TypeVar("T")


class Unset(Enum):
    """
    The type of `UNSET`; an enumeration, so that identity survives pickling and copying.
    """

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        """
        Return false, so that `value or default` works.
        """
        return False

    def __repr__(self) -> str:
        """
        Return the name.
        """
        return "UNSET"


UNSET: Final = Unset.UNSET
"""The value of a field or parameter that is absent, which is not the same as null."""

FileContent = IO[bytes] | bytes | str
FileTypes = (
    tuple[str | None, FileContent, str | None]
    | tuple[str | None, FileContent, str | None, Mapping[str, str]]
)
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """
    A file to upload, or one that was received.

    Attributes:
        payload: The content.
        file_name: The name that the server sees; none where None.
        mime_type: The content type that the server sees; none where None.
    """

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """
        Return the file in the form that httpx takes.
        """
        return self.file_name, self.payload, self.mime_type


@define
class Response(Generic[T]):
    """
    An answer in full, as the `*_detailed` functions return it.

    Attributes:
        status_code: The HTTP status; any number that the server sent.
        content: The body as it came; not part of the answer's `repr`.
        headers: The headers; names in any case.
        parsed: The decoded body; None where the status has no documented body.
        method: The method of the request.
        url: The address of the request, without credentials and query.
    """

    status_code: int
    content: bytes = field(repr=False)
    headers: MutableMapping[str, str]
    parsed: T | None
    method: str = ""
    url: str = ""


__all__ = ["UNSET", "File", "FileTypes", "RequestFiles", "Response", "Unset"]
