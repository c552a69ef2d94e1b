"""
The environment: a port, room on the disk, an embedder, a model, and safe settings.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from reflect_server.configuration.addresses import is_local
from reflect_server.configuration.settings import Settings
from reflect_server.configuration.sources import unknown_variables
from reflect_server.data_folder.presence import presence_in
from reflect_server.errors import ReflectServerError
from reflect_server.maintenance.doctor.findings import Finding, ok, problem, problem_of, warning
from reflect_server.serving.composition import chosen_embedder, model_endpoint
from reflect_server.serving.listening import listening
from reflect_server.store.sqlite.folder_lock import is_held
from reflect_server.store.sqlite.inspection import SQLITE_VERSION

LEAST_FREE_BYTES = 100 << 20
"""With less room than this on its disk a server cannot be trusted to go on."""

FEW_FREE_BYTES = 1 << 30
"""With less than this it is time to do something."""

LONGEST_ANSWER = 10.0
"""How long the endpoint of a model may take to say which models it has, in seconds."""

SHORTEST_TOKEN = 16
"""A token that is shorter can be guessed."""


def check_interpreter(settings: Settings) -> Iterator[Finding]:  # noqa: ARG001 - every check takes the settings
    """
    Name the Python and the SQLite that the server runs on.
    """
    version = ".".join(map(str, sys.version_info[:3]))
    yield ok("python", f"Python {version} with SQLite {SQLITE_VERSION}.")


def check_safety(settings: Settings) -> Iterator[Finding]:
    """
    Look for settings that invite strangers.
    """
    if is_local(settings.host):
        yield ok("address", f"Only this machine can reach {settings.host}.")
    else:
        yield warning(
            "address",
            f"Other machines can reach {settings.host}, and the server speaks plain HTTP.",
            "Put a proxy that encrypts in front of it.",
        )
    tokens = {"bootstrap token": settings.bootstrap_token, "metrics token": settings.metrics_token}
    for name, token in tokens.items():
        if token is None or len(token.get_secret_value()) >= SHORTEST_TOKEN:
            continue
        yield warning(
            name,
            f"It has fewer than {SHORTEST_TOKEN} characters and can be guessed.",
            "Set a longer one, for example that of `openssl rand -hex 32`, or none.",
        )


def check_port(settings: Settings) -> Iterator[Finding]:
    """
    See whether the server could listen, unless it does already.
    """
    running = presence_in(settings.data_dir) if is_held(settings.data_dir) else None
    if running is not None and running.address.endswith(f":{settings.port}"):
        yield ok("port", f"The server of this data folder listens at {running.address}.")
        return
    try:
        with listening(settings.host, settings.port) as listener:
            port = listener.getsockname()[1]
    except ReflectServerError as error:
        yield problem_of("port", error.message)
    else:
        yield ok("port", f"Port {port} of {settings.host} is free.")


def check_disk(settings: Settings) -> Iterator[Finding]:
    """
    Look at the room that is left where the data is kept.
    """
    folder = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    found = f"The disk of {folder} has {free / (1 << 20):,.0f} MiB left."
    remedy = "Free some space, or move the data folder to a larger disk."
    if free < LEAST_FREE_BYTES:
        yield problem("disk", found, remedy)
    elif free < FEW_FREE_BYTES:
        yield warning("disk", found, remedy)
    else:
        yield ok("disk", found)


def check_embedder(settings: Settings) -> Iterator[Finding]:
    """
    Embed a text as the server would.
    """
    try:
        with chosen_embedder(settings) as embedder:
            vectors = embedder.embed(["Is this embedder ready?"])
    except ReflectServerError as error:
        yield problem_of("embedder", error.message)
    else:
        yield ok("embedder", f"{embedder.name} makes vectors of {vectors.shape[1]} dimensions.")


def check_reflector(settings: Settings) -> Iterator[Finding]:
    """
    See whether what writes reflections can be reached. No model is made to write.
    """
    if settings.model is None:
        yield ok("reflections", "They are written by the local writer.")
        return
    if settings.ingest_timeout <= settings.model_timeout:
        yield warning(
            "reflections",
            f"An attempt at a memory may take {settings.ingest_timeout:g} s, and the model may "
            f"take {settings.model_timeout:g} s of it: a slow answer comes too late to be kept.",
            "Set `REFLECT_INGEST_TIMEOUT` to more than `REFLECT_MODEL_TIMEOUT`, or leave it out.",
        )
    timeout = min(settings.model_timeout, LONGEST_ANSWER)
    try:
        with closing(model_endpoint(settings, settings.model, timeout)) as endpoint:
            endpoint.require_reachable()
    except ReflectServerError as error:
        yield problem_of("reflections", error.message)
    else:
        yield ok(
            "reflections",
            f"They are written by the model {settings.model}, whose endpoint answers.",
        )


def check_sources(file: Path | None, settings: Settings) -> Iterator[Finding]:
    """
    Look at where settings came from: the environment and the file.

    Args:
        file: The file; None where none was read.
        settings: The settings.
    """
    for name, meant in unknown_variables():
        yield warning(
            "settings",
            f"`{name}` is set in the environment, and there is no such setting.",
            f"Set `{meant}` if that was meant." if meant else "`reflect config` lists them.",
        )
    if file is None:
        yield ok("settings", "They come from the environment and defaults.")
        return
    secret = any("SecretStr" in type(value).__name__ for _, value in settings)
    if secret and sys.platform != "win32" and file.stat().st_mode & 0o077:
        yield warning(
            "settings",
            f"{file} may hold secrets, and others on this machine can read it.",
            f"Run `chmod 600 {file}`.",
        )
    else:
        yield ok("settings", f"They come from {file}, the environment and defaults.")
