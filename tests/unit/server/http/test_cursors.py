from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflect_server.errors import InvalidRequestError
from reflect_server.http.cursors import CursorSeal

SEAL = CursorSeal(bytes(range(32)))


@given(st.integers(min_value=0, max_value=2**63 - 1), st.text())
def test_what_was_sealed_is_opened(position: int, of: str) -> None:
    cursor = SEAL.seal(str(position), of=of)

    assert SEAL.open(cursor, of=of) == str(position)
    assert len(cursor) == len(SEAL.seal("0", of=of))


@given(st.text(max_size=200))
def test_what_was_not_sealed_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        SEAL.open(cursor, of="list")
    assert refusal.value.field == "cursor"


def test_another_installation_refuses_it() -> None:
    with pytest.raises(InvalidRequestError):
        CursorSeal(bytes(32)).open(SEAL.seal("1", of="list"), of="list")
