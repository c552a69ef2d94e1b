from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reflect_server.store.sqlite import SqliteStore

from .ingestion import NOW, PATIENCE, Ingestion


@pytest.fixture
def ingestion(tmp_path: Path) -> Iterator[Ingestion]:
    with closing(SqliteStore(tmp_path)) as store:
        store.write(lambda tx: tx.projects.create("p", created_at=NOW))
        made = Ingestion(store)
        yield made
        made.worker.stop(PATIENCE)
