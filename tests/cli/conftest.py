import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from reflect_cli.demo.database import create_database


@pytest.fixture
def shop() -> Iterator[sqlite3.Connection]:
    """
    A fresh copy of the demo's database.
    """
    with closing(create_database()) as connection:
        yield connection
