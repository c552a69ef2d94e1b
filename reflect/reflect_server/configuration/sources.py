"""
Where settings come from: options win over the environment, and that over a TOML file.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from platformdirs import user_config_path
from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

from reflect_server.configuration.settings import APP_NAME, Settings
from reflect_server.errors import SettingsError

CONFIG_VARIABLE = "REFLECT_CONFIG"
"""Names the TOML file; set and empty, no file is read."""

HIDDEN = "********"
"""What is shown in the place of a secret."""

_ALIASES = {"q_learning_alpha": "Q_LEARNING_ALPHA"}
_FLAGS = frozenset({"host", "port", "data_dir"})
_OF_THE_CLIENT = frozenset({"REFLECT_API_URL", "REFLECT_API_KEY", "REFLECT_PROJECT_ID"})


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where a setting's value was found.

    Attributes:
        kind: `option`, `environment`, `file` or `default`.
        name: What it is called there, such as `--port`, `REFLECT_PORT`, or `port` and the file.
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """
    One setting as it can be shown to anybody.

    Attributes:
        name: Its name in a file and for `--set`.
        value: Its value as JSON; `HIDDEN` for a secret that is set.
        origin: Where the value was found.
        variable: The environment variable that sets it.
        description: What it means.
    """

    name: str
    value: str | float | bool | None
    origin: Origin
    variable: str
    description: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """
    The settings, and where each came from.

    Attributes:
        settings: The settings.
        origins: Where each setting's value was found, by its name.
        file: The file that was read; None where there is none.
    """

    settings: Settings
    origins: Mapping[str, Origin]
    file: Path | None

    def shown(self) -> Iterator[ShownSetting]:
        """
        Yield every setting in a form that holds no secret.
        """
        for name, field in Settings.model_fields.items():
            yield ShownSetting(
                name=name,
                value=_shown(getattr(self.settings, name)),
                origin=self.origins[name],
                variable=_variable(name),
                description=" ".join((field.description or "").split()),
            )


def default_config_file() -> Path:
    r"""
    Return the file that is read when none is named; it need not exist.

    `$XDG_CONFIG_HOME/reflect/config.toml`, or `~/.config/reflect/config.toml`; on macOS
    `~/Library/Application Support/reflect/config.toml`, on Windows
    `%LOCALAPPDATA%\reflect\config.toml`.
    """
    return user_config_path(APP_NAME, appauthor=False) / "config.toml"


def config_file(named: Path | None = None) -> Path | None:
    """
    Return the file that settings are read from, or None where there is none.

    Args:
        named: The file that an option names; None to look at `REFLECT_CONFIG`, then at the default.

    Raises:
        SettingsError: A file was named and does not exist.
    """
    variable = os.environ.get(CONFIG_VARIABLE)
    if named is None and variable == "":
        return None
    chosen = named or (Path(variable) if variable else None)
    if chosen is None:
        fallback = default_config_file()
        return fallback if fallback.is_file() else None
    if not chosen.expanduser().is_file():
        source = "`--config`" if named else f"`{CONFIG_VARIABLE}`"
        raise SettingsError(
            f"{source} names the file {chosen}, and there is none. "
            "Name a TOML file with settings, or leave it out."
        )
    return chosen.expanduser()


def load_configuration(config: Path | None = None, **options: Any) -> Configuration:
    """
    Read the settings, and note where each comes from.

    Args:
        config: The TOML file; None for `REFLECT_CONFIG`, then the default one where it exists.
        options: Values that win over the environment and the file, by setting; those that are None
            do not count.

    Raises:
        SettingsError: Values cannot be used, or the file cannot. Says which and why, and never
            shows a secret.
    """
    file = config_file(config)
    given = {name: value for name, value in options.items() if value is not None}
    layers = [
        ("option", given),
        ("environment", EnvSettingsSource(Settings)()),
        ("file", {} if file is None else _from_file(file)),
    ]
    values: dict[str, Any] = {}
    origins = {name: Origin("default", "") for name in Settings.model_fields}
    for kind, layer in reversed(layers):
        for name, value in _by_name(layer).items():
            values[name] = value
            origins[name] = _origin(kind, name, file)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(*_problems(error, origins)) from None
    return Configuration(settings, origins, file)


def _by_name(values: Mapping[str, Any]) -> dict[str, Any]:
    names = {alias: name for name, alias in _ALIASES.items()}
    return {names.get(key, key): value for key, value in values.items()}


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return TomlConfigSettingsSource(Settings, file)()
    except OSError as error:
        raise SettingsError(
            f"The settings file {file} cannot be read ({error.strerror}). "
            "Let this user read it, or name another one with `--config`."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings file {file} is not TOML: {error}. Lines look like `port = 8000`."
        ) from error


def _origin(kind: str, name: str, file: Path | None) -> Origin:
    match kind:
        case "option":
            flag = name.replace("_", "-") if name in _FLAGS else f"set {name}"
            return Origin(kind, f"--{flag}")
        case "environment":
            return Origin(kind, _variable(name))
        case _:
            return Origin(kind, f"{name} in {file}")


def _variable(name: str) -> str:
    return _ALIASES.get(name, f"REFLECT_{name.upper()}")


def unknown_variables() -> Iterator[tuple[str, str | None]]:
    """
    Yield the environment variables that look like settings and are none.

    Yields:
        Each with the variable that it may be meant to be, or None.
    """
    known = {*map(_variable, Settings.model_fields), CONFIG_VARIABLE, *_OF_THE_CLIENT}
    for name in sorted(os.environ):
        if name.startswith("REFLECT_") and name not in known:
            yield name, next(iter(get_close_matches(name, known, n=1, cutoff=0.8)), None)


def _problems(error: ValidationError, origins: Mapping[str, Origin]) -> Iterator[str]:
    for details in error.errors():
        name = next(iter(_by_name({str(details["loc"][0]): None})))
        if origins[name].kind != "default":  # A default fails only where it follows from others.
            yield _problem(name, details, origins[name])


def _problem(name: str, error: ErrorDetails, origin: Origin) -> str:
    if error["type"] == "extra_forbidden":
        like = get_close_matches(name, Settings.model_fields, n=1)
        known = f"The settings are {', '.join(Settings.model_fields)}."
        return f"There is no setting `{name}`, which is given by `{origin.name}`. " + (
            f"Did you mean `{like[0]}`?" if like else known
        )
    found = "" if _is_secret(name) else f", found {error['input']!r}"
    reason = error["msg"].removeprefix("Value error, ")
    reason = reason[:1].lower() + reason[1:]
    return (
        f"The setting `{origin.name}` cannot be used: {reason}{found}. Change it and start again."
    )


def _is_secret(name: str) -> bool:
    return "SecretStr" in str(Settings.model_fields[name].annotation)


def _shown(value: object) -> str | float | bool | None:
    if isinstance(value, SecretStr):
        return HIDDEN
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return str(value)
