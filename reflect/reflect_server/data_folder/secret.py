"""
The secret of an installation: a file in its data folder, on which all of its API keys rest.
"""

from __future__ import annotations

import os
import secrets
import shlex
from pathlib import Path

from reflect_server.errors import SettingsError

SECRET_FILE = "secret.key"  # noqa: S105 - a file's name, not a secret
"""The file in the data folder that holds the installation's secret."""


_PEPPER_BYTES = 32


def load_pepper(folder: Path, *, may_create: bool) -> bytes:
    """
    Read the installation's secret, or make it.

    Args:
        folder: The data folder.
        may_create: Whether a missing file is made. False where keys exist already, since they would
            all stop working.

    Raises:
        SettingsError: The file is missing and may not be made, cannot be read or written, or does
            not hold what it should.
    """
    path = folder / SECRET_FILE
    anew = (
        "make a new one together with a new master key by `reflect keys create --master "
        f"--data-dir {shlex.quote(str(folder))}`; all other keys then end."
    )
    try:
        if may_create and not path.exists():
            _write_pepper(path)
        pepper = bytes.fromhex(path.read_text("ascii"))
    except FileNotFoundError as error:
        raise SettingsError(
            f"The file {path} is missing, and without it none of the API keys works. Put it back "
            f"from a backup, or {anew}"
        ) from error
    except OSError as error:
        raise SettingsError(
            f"The file {path} cannot be used ({error.strerror}). It must be readable for this user."
        ) from error
    except ValueError:
        pepper = b""
    if len(pepper) != _PEPPER_BYTES:
        raise SettingsError(
            f"The file {path} does not hold {_PEPPER_BYTES} bytes in hexadecimal digits. "
            f"Put it back from a backup, or move it away and {anew}"
        )
    return pepper


def _write_pepper(path: Path) -> None:
    content = secrets.token_hex(_PEPPER_BYTES).encode()
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
