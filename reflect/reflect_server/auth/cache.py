"""
A cache of authenticated keys and existing projects, so that few requests read them from the store.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reflect_server.domain.api_key import ApiKey

_MOST = 10_000
"""So many keys and so many projects are remembered; others are read each time."""


class AuthCache:
    """
    Caches keys that were authenticated, and projects that exist.

    Whoever revokes a key or deletes a project does so within `ending`, which invalidates the cache.
    What was not found is never cached. Safe to use from any thread.
    """

    def __init__(self) -> None:
        self._keys: dict[bytes, ApiKey] = {}
        self._projects: set[str] = set()
        self._times_forgotten = 0
        self._endings = 0
        self._lock = threading.Lock()

    @property
    def moment(self) -> int:
        """
        A version of the cache. What is read after it is stale once the version has changed.
        """
        return self._times_forgotten

    def key(self, secret_hash: bytes) -> ApiKey | None:
        """
        Return the key with this hash, or None where it has to be read.

        Args:
            secret_hash: The keyed hash of the whole key: nobody without it learns what is known.
        """
        return self._keys.get(secret_hash)

    def has_project(self, project_id: str) -> bool:
        """
        Say whether the project is known to exist. Where it is not, that has to be read.

        Args:
            project_id: The project.
        """
        return project_id in self._projects

    def add_key(self, key: ApiKey, *, read_after: int) -> None:
        """
        Cache an authenticated key, unless it may be stale.

        Args:
            key: The key.
            read_after: The `moment` before it was read.
        """
        with self._lock:
            if self._is_still_true(read_after) and len(self._keys) < _MOST:
                self._keys[key.secret_hash] = key

    def add_project(self, project_id: str, *, read_after: int) -> None:
        """
        Cache that a project exists, unless that may be stale.

        Args:
            project_id: The project.
            read_after: The `moment` before it was read.
        """
        with self._lock:
            if self._is_still_true(read_after) and len(self._projects) < _MOST:
                self._projects.add(project_id)

    def forget_key(self, key: ApiKey) -> None:
        """
        Drop a key, because its last use has been noted: it is read anew.

        Args:
            key: The key.
        """
        with self._lock:
            self._times_forgotten += 1
            self._keys.pop(key.secret_hash, None)

    @contextmanager
    def ending(self) -> Iterator[None]:
        """
        Invalidate the cache, and cache nothing for the length of a `with` block in which a key is
        revoked or a project deleted: meanwhile the store alone knows whether that has been done.
        """
        with self._lock:
            self._endings += 1
            self._times_forgotten += 1
            self._keys.clear()
            self._projects.clear()
        try:
            yield
        finally:
            with self._lock:
                self._endings -= 1
                self._times_forgotten += 1

    def _is_still_true(self, read_after: int) -> bool:
        return not self._endings and read_after == self._times_forgotten
