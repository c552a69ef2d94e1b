"""
Who was let in lately, so that not every request reads its key and its project from the store.
"""

from __future__ import annotations

import threading

from reflect_server.domain.model import ApiKey

_MOST = 10_000


class Admissions:
    """
    Keys that were found good, and projects that were found to exist.

    Whoever ends one of them says so, after that is stored and before it is answered: from then on
    it is read again. What was not found is never remembered. Safe to use from any thread.
    """

    def __init__(self) -> None:
        self._keys: dict[bytes, ApiKey] = {}
        self._projects: set[str] = set()
        self._times_forgotten = 0
        self._lock = threading.Lock()

    @property
    def moment(self) -> int:
        """
        The present moment. What is read after it is out of date once something is forgotten.
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
        Remember a key that is good, unless something was forgotten since before it was read.

        Args:
            key: The key.
            read_after: The `moment` before it was read.
        """
        with self._lock:
            if read_after == self._times_forgotten and len(self._keys) < _MOST:
                self._keys[key.secret_hash] = key

    def add_project(self, project_id: str, *, read_after: int) -> None:
        """
        Remember that a project exists, unless something was forgotten since before that was read.

        Args:
            project_id: The project.
            read_after: The `moment` before it was read.
        """
        with self._lock:
            if read_after == self._times_forgotten and len(self._projects) < _MOST:
                self._projects.add(project_id)

    def forget_key(self, key: ApiKey) -> None:
        """
        Forget one key, because it has changed.

        Args:
            key: The key.
        """
        with self._lock:
            self._times_forgotten += 1
            self._keys.pop(key.secret_hash, None)

    def forget(self) -> None:
        """
        Forget all, because a project has ended, and its keys with it.
        """
        with self._lock:
            self._times_forgotten += 1
            self._keys.clear()
            self._projects.clear()
