from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reflect_server.data_folder.presence import (
    PRESENCE_NAME,
    Presence,
    ReopenError,
    announced,
    presence_in,
    reopen,
)


def test_who_serves_a_folder_is_told_until_that_ends(tmp_path: Path) -> None:
    (tmp_path / PRESENCE_NAME).write_text("of a server that was killed")

    with announced(tmp_path, "http://127.0.0.1:1"):
        assert presence_in(tmp_path) == Presence(os.getpid(), "http://127.0.0.1:1")
        assert (tmp_path / PRESENCE_NAME).stat().st_mode & 0o777 == 0o600
    assert presence_in(tmp_path) is None


def test_a_file_that_says_nothing_names_nobody(tmp_path: Path) -> None:
    (tmp_path / PRESENCE_NAME).write_text("{")

    assert presence_in(tmp_path) is None


def test_a_folder_that_cannot_be_written_does_not_stop_a_server(tmp_path: Path) -> None:
    with announced(tmp_path / "missing", "http://127.0.0.1:1"):
        assert presence_in(tmp_path / "missing") is None


def test_a_server_that_nobody_knows_cannot_be_asked() -> None:
    with pytest.raises(ReopenError, match="Stop it and start it"):
        reopen(None, done=lambda: True)


def test_a_server_that_has_ended_cannot_be_asked() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()

    with pytest.raises(ReopenError, match=f"process id {ended.pid} cannot be asked"):
        reopen(Presence(ended.pid, "http://127.0.0.1:1"), done=lambda: True)


def test_a_server_that_does_not_react_is_not_waited_for_without_end() -> None:
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        with pytest.raises(ReopenError, match=r"within 0\.1 s"):
            reopen(Presence(os.getpid(), "http://127.0.0.1:1"), done=lambda: False, seconds=0.1)
    finally:
        signal.signal(signal.SIGUSR1, before)
