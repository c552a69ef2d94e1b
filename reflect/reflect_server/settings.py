"""
How the service is configured: from the environment, and from the options of `reflect serve`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from reflect_server.domain.learning import DEFAULT_ALPHA
from reflect_server.errors import SettingsError


def default_data_dir() -> Path:
    r"""
    Return where data is kept when nothing else is said.

    `$XDG_DATA_HOME/reflect`, or `~/.local/share/reflect`; on macOS
    `~/Library/Application Support/reflect`, on Windows `%LOCALAPPDATA%\reflect`.
    """
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "reflect"


class Settings(BaseSettings):
    """
    The settings of one server. Each field's environment variable is `REFLECT_` and its name.

    Attributes:
        host: The address to listen on.
        port: The port to listen on; 0 for any free one.
        data_dir: The folder for everything that is kept.
        bootstrap_token: Enables `/v1/bootstrap` for whoever knows it; None disables it.
        q_learning_alpha: Learning rate of reviews that name none, in [0, 1]; set by
            `Q_LEARNING_ALPHA`.
        similarity_threshold: The least cosine similarity of an answer where the query names none,
            in [-1, 1].
        max_body_bytes: The largest body of a request that is accepted.
        max_wait_seconds: The longest time that `Prefer: wait` can hold an answer.
    """

    model_config = SettingsConfigDict(
        env_prefix="REFLECT_",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    data_dir: Path = Field(default_factory=default_data_dir)
    bootstrap_token: SecretStr | None = None
    q_learning_alpha: Annotated[float, Field(ge=0, le=1)] = Field(
        default=DEFAULT_ALPHA, validation_alias=AliasChoices("Q_LEARNING_ALPHA", "q_learning_alpha")
    )
    similarity_threshold: Annotated[float, Field(ge=-1, le=1)] = 0.0
    max_body_bytes: Annotated[int, Field(ge=1024)] = 16 * 1024 * 1024
    max_wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 60


_SECRETS = frozenset({"bootstrap_token", "REFLECT_BOOTSTRAP_TOKEN"})


def load_settings(**options: Any) -> Settings:
    """
    Read the settings.

    Args:
        options: Values that win over the environment, by field; those that are None do not count.

    Raises:
        SettingsError: A value cannot be used. Says which and why, and never shows a secret.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        variable = name if name.isupper() else f"REFLECT_{name.upper()}"
        source = f"`--{name.replace('_', '-')}`" if name in given else f"`{variable}`"
        found = "" if name in _SECRETS else f", found {problem['input']!r}"
        raise SettingsError(
            f"The setting {source} cannot be used: {_lower_first(problem['msg'])}{found}. "
            "Change it and start again."
        ) from None


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
