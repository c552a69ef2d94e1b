"""
What leaves the machine: texts and values as JSON, redacted as the client was told.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Protocol, TypeAlias, cast

from attrs import frozen

from reflect_sdk._types.plain_form import plain_form, words_of
from reflect_sdk._types.recordable import (
    DEEPEST,
    BytesAs,
    Json,
    bytes_form,
    in_order,
    recordable,
    whole_text,
)

logger = logging.getLogger("reflect_sdk")

Redactor: TypeAlias = Callable[[str], str]
"""
Returns a text without what is not to leave the machine.
"""


class HidesNames(Protocol):
    """
    A redactor that also knows names, such as `password`, under which nothing is to leave.
    """

    def hides(self, name: str) -> bool:
        """
        Say whether what stands under a name is hidden.

        Args:
            name: The name of a field.
        """
        ...


NOT_REDACTED = "[redacted: the redactor failed]"
"""What stands for a text that the redactor could not read."""
HIDDEN = "[redacted]"
"""What stands for a value under a name that the redactor hides."""

_LONGEST_REMEMBERED = 64
"""Characters up to which a text, such as the name of a field, is redacted once for all places."""
_MOST_REMEMBERED = 4_096
_LEAST_CARD = 10**12
_NAMES = (
    "role type kind part_kind content contents text parts blocks message messages data input "
    "output tool_calls tool_call tool_call_id tool_use_id call_id id name function arguments "
    "args result status is_error error"
)
_ROLES = "user assistant system tool developer human ai model function"
_KINDS = "function_call function_call_output tool_use tool_result tool-call tool-return"
_FORM = frozenset(f"{_NAMES} {_ROLES} {_KINDS}".split())
"""Words of message formats, which are no one's secret; without them no run could be read."""
_NO_MARKS = bytes({*range(256)} - {*b'[]{}"'})
_STRING = re.compile(rb'"[^"]*"')
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


@frozen(slots=False)
class Outgoing:
    """
    Makes what is sent of what was handed over.

    Attributes:
        redact: Changes every text; None where all go as they are.
        bytes_as: How bytes are given.
    """

    redact: Redactor | None = None
    bytes_as: BytesAs = "digest"

    def text(self, value: object) -> str:
        """
        Return a text, or another value as text: the words of an exception, or its JSON.

        Args:
            value: The value.
        """
        if isinstance(value, BaseException):
            value = words_of(value)
        if isinstance(value, str):
            return self._redacted(whole_text(str.__str__(value)))
        form = self.json(value)
        return form if isinstance(form, str) else json.dumps(form, ensure_ascii=False)

    def json(self, value: object) -> Json:
        """
        Return a value as JSON.

        Args:
            value: The value, or what a `Snapshot` yields.
        """
        if self.redact is None:
            return recordable(value, bytes_as=self.bytes_as)
        return recordable(
            value, bytes_as=self.bytes_as, text=self._redacted_part, named=self._redacted_field
        )

    def encoded(self, value: object) -> bytes:
        """
        Return a value as text of JSON, in UTF-8.

        Args:
            value: What a `Snapshot` yields.
        """
        if self.redact is None:
            try:
                raw = self._encode(value).encode()
            except (TypeError, ValueError, RecursionError):
                pass  # `json` knows what to do.
            else:
                if _is_shallow(raw):
                    return raw
        return self._encode(self.json(value)).encode()

    @cached_property
    def _encode(self) -> Callable[[object], str]:
        return json.JSONEncoder(
            ensure_ascii=False,
            allow_nan=False,
            check_circular=False,
            separators=(",", ":"),
            default=self._default,
        ).encode

    def _default(self, value: object) -> object:
        if isinstance(value, bytes):
            return bytes_form(value, self.bytes_as)
        if isinstance(value, set | frozenset):
            return in_order(value)
        return plain_form(value)

    @cached_property
    def _redacted_part(self) -> Callable[[str], str]:
        short = lru_cache(_MOST_REMEMBERED)(self._redacted_anew)
        return lambda text: (short if len(text) < _LONGEST_REMEMBERED else self._redacted_anew)(
            text
        )

    def _redacted_anew(self, text: str) -> str:
        """
        Redact a text that is part of a value, also where it is JSON itself, which escapes.
        """
        if text in _FORM:
            return text
        if "\\" in text and text.lstrip()[:1] in {"{", "["}:
            try:
                held = json.loads(text)
            except (ValueError, RecursionError):
                pass
            else:
                text = json.dumps(self.json(held), ensure_ascii=False)
        return self._redacted(text)

    def _redacted_field(self, name: str, value: Json) -> Json:
        if type(value) is int and abs(value) >= _LEAST_CARD:
            text = str(value)
            redacted = self._redacted(text)
            value = value if redacted == text else redacted
        hides = getattr(self.redact, "hides", None)
        if hides is None or value is None or not cast("HidesNames", self.redact).hides(name):
            return value
        return HIDDEN

    def _redacted(self, text: str) -> str:
        if self.redact is None:
            return text
        try:
            redacted = self.redact(text)
            return whole_text(str.__str__(redacted))
        except Exception as error:  # noqa: BLE001 - neither the text nor the run may be lost or shown
            logger.warning(
                "A text was replaced as a whole, because `redact` raised %s for it.",
                type(error).__name__,
            )
            return NOT_REDACTED


AS_IT_IS = Outgoing()
"""
Makes JSON of values and redacts nothing; for what stays in the process.
"""


def _is_shallow(raw: bytes) -> bool:
    """
    Say whether a text of JSON is nested no deeper than is kept.
    """
    if raw.count(b"[") + raw.count(b"{") <= DEEPEST:
        return True
    marks = raw.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NO_MARKS)
    marks = _STRING.sub(b"", marks)
    return max(accumulate(map(_STEPS.__getitem__, marks))) <= DEEPEST
