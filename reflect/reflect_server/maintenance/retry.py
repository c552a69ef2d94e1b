"""
Retry: failed traces put back into the queue, in a folder that nobody uses or by its server.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx

from reflect_server.data_folder.presence import Presence, presence_in
from reflect_server.errors import ReflectServerError
from reflect_server.store.sqlite import SqliteStore
from reflect_server.store.sqlite.folder_lock import FolderHeldError
from reflect_server.store.sqlite.snapshot import require_database
from reflect_server.use_cases.projects import DEFAULT_PROJECT

_SECONDS = 30.0


class RetryError(ReflectServerError):
    """
    The running server cannot be asked to ingest failed traces again.
    """

    code = "not_retried"


def retry_failed(
    folder: Path,
    *,
    project_id: str | None = None,
    trace_ids: Sequence[str] | None = None,
    api_key: str | None = None,
) -> Sequence[str]:
    """
    Put failed traces back into the ingest queue.

    Args:
        folder: The data folder.
        project_id: Their project; None for all, or for `default` where a server is asked.
        trace_ids: The traces; None for all failed ones.
        api_key: A key with `trace:write`, for a server that holds the folder.

    Returns:
        The ids of the traces that are in the queue again.

    Raises:
        StoreError: The folder holds no database, or it cannot be used.
        RetryError: The server that holds the folder cannot be asked, or refuses.
    """
    require_database(folder)
    now = datetime.now(UTC)
    try:
        with closing(SqliteStore(folder)) as store:
            return store.write(lambda tx: tx.traces.retry(project_id, trace_ids, due_at=now))
    except FolderHeldError:
        server = presence_in(folder)
    if server is None or not api_key:
        raise RetryError(
            f"A server uses the data folder {folder}. Give a key for it with `--api-key` or "
            "`REFLECT_API_KEY`, or stop it first."
        )
    return _ask(server, project_id or DEFAULT_PROJECT, trace_ids, api_key)


def _ask(
    server: Presence, project_id: str, trace_ids: Sequence[str] | None, api_key: str
) -> Sequence[str]:
    try:
        answer = httpx.post(
            f"{server.address}/v1/projects/{quote(project_id, safe='')}/traces/retry",
            headers={"Authorization": f"Bearer {api_key}"},
            json={} if trace_ids is None else {"trace_ids": list(trace_ids)},
            timeout=_SECONDS,
            trust_env=False,  # No proxy leads to this machine.
        )
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise RetryError(
            f"The server at {server.address} cannot be asked ({type(error).__name__}). "
            "Look at its log, or stop it first."
        ) from error
    if answer.is_error:
        raise RetryError(f"The server at {server.address} refuses: {found.get('detail')}")
    retried: Sequence[str] = found["retried_trace_ids"]
    return retried
