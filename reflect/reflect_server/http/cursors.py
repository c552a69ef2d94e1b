"""
Sealed cursors: encrypted, of one length, and good for one list alone.

A store's cursor is a position, which would tell how much the whole installation holds and invite
guessing. It is sealed by a synthetic initialisation vector, after RFC 5297: a tag over the position
and the list, and the position encrypted with a key stream that the tag selects.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from reflect_server.errors import InvalidRequestError

_TAG_BYTES = 16
_POSITION_BYTES = 24


class CursorSeal:
    """
    Seals positions and opens cursors.

    Args:
        key: A secret of the installation, 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, position: str, *, of: str) -> str:
        """
        Return the cursor for a position. The same position of a list has always the same.

        Args:
            position: A store's cursor, of at most 24 ASCII characters.
            of: The list, such as the operation and its project.
        """
        plain = position.encode("ascii").ljust(_POSITION_BYTES)
        tag = self._tag(plain, of)
        sealed = _xor(plain, self._stream(tag))
        return base64.urlsafe_b64encode(tag + sealed).decode("ascii").rstrip("=")

    def open(self, cursor: str, *, of: str) -> str:
        """
        Return the position that `seal` was given.

        Args:
            cursor: What `seal` returned.
            of: The same list as there.

        Raises:
            InvalidRequestError: The cursor is not one of this list.
        """
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            raw = b""
        tag, sealed = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        plain = _xor(sealed, self._stream(tag)) if len(sealed) == _POSITION_BYTES else b""
        if not hmac.compare_digest(self._tag(plain, of), tag):
            raise InvalidRequestError(
                f"The cursor {cursor!r} is not one of this list. Take it from the `Link` header of "
                "the page before, or start again with the first page.",
                field="cursor",
            )
        return plain.decode("ascii").rstrip()

    def _tag(self, plain: bytes, of: str) -> bytes:
        return hashlib.blake2b(
            plain + of.encode(), digest_size=_TAG_BYTES, key=self._key, person=b"cursor tag"
        ).digest()

    def _stream(self, tag: bytes) -> bytes:
        return hashlib.blake2b(
            tag, digest_size=_POSITION_BYTES, key=self._key, person=b"cursor stream"
        ).digest()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
