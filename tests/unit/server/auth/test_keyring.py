from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from reflect_server.auth.keyring import TOUCH_INTERVAL, Keyring, is_token
from reflect_server.errors import StoreError
from reflect_server.store.protocol.store import Store, Transaction
from reflect_server.store.sqlite import SqliteStore
from reflect_server.use_cases.api_keys import create_master_key

NOW = datetime(2026, 1, 1, tzinfo=UTC)
T = TypeVar("T")


class FullStore:
    """
    A store whose disk is full.
    """

    def __init__(self, store: Store) -> None:
        self.read = store.read
        self.close = store.close

    def write(self, work: Callable[[Transaction], T]) -> T:  # noqa: ARG002 - as `Store` has it
        raise StoreError("The disk is full.")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path)
    yield opened
    opened.close()


def test_a_key_is_recognised_although_the_disk_is_full(store: SqliteStore):
    keyring = Keyring(bytes(32))
    issued = create_master_key(store, keyring, label="k", now=NOW)

    recognised = keyring.authenticate(FullStore(store), issued.plaintext, now=NOW)

    assert recognised.key == issued.key
    assert recognised.is_use_to_be_noted


@pytest.mark.parametrize(
    ("given", "expected", "is_the_same"),
    [
        ("s3cret", "s3cret", True),
        ("s3cre", "s3cret", False),
        ("clé".encode().decode("latin-1"), "clé", True),
        ("clé", "clé", False),
        ("\xff\xfe", "\udcff\udcfe", True),
        ("guess", "\udcff\udcfe", False),
        ("", "", False),
    ],
)
def test_a_token_is_compared_by_its_bytes_and_an_empty_one_opens_nothing(
    given: str, expected: str, is_the_same: bool
):
    assert is_token(given, expected) is is_the_same


def test_a_use_that_a_clock_that_was_ahead_has_noted_is_noted_anew(store: SqliteStore):
    keyring = Keyring(bytes(32))
    issued = create_master_key(store, keyring, label="k", now=NOW)

    def is_noted(after: timedelta) -> bool:
        return keyring.authenticate(store, issued.plaintext, now=NOW + after).is_use_to_be_noted

    keyring.note_use(store, issued.key, now=NOW + timedelta(days=400))
    assert is_noted(timedelta())
    keyring.note_use(store, issued.key, now=NOW)
    assert not is_noted(TOUCH_INTERVAL - timedelta(seconds=1))
    assert is_noted(TOUCH_INTERVAL)
