"""
How the service is configured: by options, the environment and a TOML file, in this order.
"""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import AfterValidator, AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from reflect_server.configuration.addresses import is_local
from reflect_server.domain.learning import DEFAULT_ALPHA

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]

APP_NAME = "reflect"
"""The name of our folders among those of other programs."""


def default_data_dir() -> Path:
    r"""
    Return where data is kept when nothing else is said.

    `$XDG_DATA_HOME/reflect`, or `~/.local/share/reflect`; on macOS
    `~/Library/Application Support/reflect`, on Windows `%LOCALAPPDATA%\reflect`.
    """
    return user_data_path(APP_NAME, appauthor=False)


REMOTE_REQUESTS_PER_SECOND = 100.0
"""How many requests a key may send per second where other machines can reach the server."""


def _default_rate(known: dict[str, Any]) -> float | None:
    return None if is_local(known.get("host", "")) else REMOTE_REQUESTS_PER_SECOND


THREADS_WITH_ENDPOINT = 4
"""How many traces are ingested at once where that means to wait for another service."""


SHORTEST_DEFAULT_INGEST_TIMEOUT = 600.0
"""How long an attempt at a trace may take where no model is that slow, in seconds."""


LOCAL = "local"
"""The embedder that needs nothing else."""


def _default_threads(known: dict[str, Any]) -> int:
    waits = known.get("model") or str(known.get("embedder")).startswith("openai:")
    return THREADS_WITH_ENDPOINT if waits else 1


def _default_ingest_timeout(known: dict[str, Any]) -> float:
    asked = float(known.get("model_timeout", 0)) + float(known.get("embedder_timeout", 0))
    return max(SHORTEST_DEFAULT_INGEST_TIMEOUT, 3 * asked)


def _embedder(text: str) -> str:
    kind, _, model = text.partition(":")
    if text != LOCAL and (kind not in {"openai", "sentence-transformers"} or not model):
        raise ValueError("it must be `local`, `openai:MODEL` or `sentence-transformers:MODEL`")
    return text


def _http_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("it must begin with http:// or https://")
    return text


def _networks(text: str) -> str:
    try:
        for part in text.split(","):
            ip_network(part.strip())
    except ValueError as error:
        raise ValueError(f"it must be addresses or networks ({error})") from None
    return text


HttpAddress = Annotated[str, AfterValidator(_http_address)]
"""An address such as `http://localhost:11434/v1`."""


def _filled(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value():  # It would be open to whoever sends an empty one.
        raise ValueError("it is empty; set a value, or leave it out")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_filled)]
"""A text that is never shown."""


class Settings(BaseSettings):
    """
    The settings of one server.

    Made directly, it takes its arguments and defaults alone. `configuration.load_configuration`
    fills it from options, from the environment, where each field's variable is `REFLECT_` and its
    name, and from a file.
    """

    model_config = SettingsConfigDict(
        env_prefix="REFLECT_",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        protected_namespaces=(),
        use_attribute_docstrings=True,
    )

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """The address to listen on."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """The port to listen on; 0 for any free one."""

    data_dir: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        default_factory=default_data_dir
    )
    """The folder for everything that is kept."""

    bootstrap_token: Secret | None = None
    """Enables `/v1/bootstrap` for whoever knows it; without one it is off."""

    q_learning_alpha: Annotated[float, Field(ge=0, le=1)] = Field(
        default=DEFAULT_ALPHA, validation_alias=AliasChoices("Q_LEARNING_ALPHA", "q_learning_alpha")
    )
    """Learning rate of reviews that name none, 0 to 1."""

    similarity_threshold: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """The least cosine similarity of an answer where the query names none, -1 to 1."""

    exploration: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of queries that try out memories of uncertain utility, 0 to 1."""

    max_body_bytes: Annotated[int, Field(ge=1024)] = 16 * 1024 * 1024
    """The largest body of a request that is accepted, in bytes."""

    max_body_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How long the sender of a body may take, in seconds."""

    requests_per_second: Annotated[float, Field(ge=0.001)] | None = Field(
        default_factory=_default_rate
    )
    """
    How many requests each API key may send per second, 0.001 or more, ten seconds' worth at once;
    100 where other machines can reach the server, and without limit on an address of this machine
    alone.
    """

    max_concurrent_requests: Annotated[int, Field(ge=1)] = 200
    """How many requests are worked on at once; further ones are answered 503."""

    max_waiting_requests: Annotated[int, Field(ge=1)] = 1000
    """How many requests may wait at once by `Prefer: wait`; further ones are answered 503."""

    max_index_bytes: Annotated[int, Field(ge=0)] = 1024 * 1024 * 1024
    """
    How much memory the vectors and letters of all projects may take before those that were not
    searched for ten minutes are let go of, in bytes; they are loaded again when they are searched.
    """

    trusted_proxies: Annotated[str, AfterValidator(_networks)] | None = None
    """
    Proxies whose `X-Forwarded-For` says who calls: addresses or networks, with commas between them.
    """

    metrics_token: Secret | None = None
    """Opens `/metrics` to whoever knows it; without one only master keys do."""

    tracing: bool = False
    """Send OpenTelemetry traces to where `OTEL_EXPORTER_OTLP_ENDPOINT` says; needs extra `otel`."""

    log_level: LogLevel = "warning"
    """The least that is logged: `debug`, `info` (each request), `warning` or `error`."""

    log_format: LogFormat = "text"
    """How events are logged: `text` for people or `json` for programs."""

    max_wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """The longest time that `Prefer: wait` can hold an answer, in seconds."""

    model: Annotated[str, Field(min_length=1)] | None = None
    """The language model that writes reflections and skills; without one they quote the runs."""

    model_base_url: HttpAddress | None = None
    """The model's endpoint, which speaks OpenAI's API; else OPENAI_BASE_URL, or OpenAI's own."""

    model_api_key: Secret | None = None
    """The key for the model's endpoint; else OPENAI_API_KEY, where no address is set."""

    model_timeout: Annotated[float, Field(gt=0, le=3600)] = 120.0
    """How long an answer of the model may take, to its last byte, in seconds."""

    model_input_tokens: Annotated[int, Field(ge=1000)] = 16_000
    """How much of a run the model reads, in tokens by estimate; longer runs are shortened."""

    embedder: Annotated[str, AfterValidator(_embedder)] = LOCAL
    """What makes the vectors: `local`, `openai:MODEL` or `sentence-transformers:MODEL`."""

    embedder_base_url: HttpAddress | None = None
    """The endpoint of an `openai:` embedder; else OPENAI_BASE_URL, or OpenAI's own."""

    embedder_api_key: Secret | None = None
    """The key for the embedder's endpoint; else OPENAI_API_KEY, where no address is set."""

    embedder_timeout: Annotated[float, Field(gt=0, le=600)] = 10.0
    """How long an answer of the embedder's endpoint may take, to its last byte, in seconds."""

    ingest_threads: Annotated[int, Field(ge=1, le=64)] = Field(default_factory=_default_threads)
    """How many traces become memories at once; 4 where an endpoint is asked for each, else 1."""

    ingest_timeout: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default_factory=_default_ingest_timeout
    )
    """
    How long an attempt at making a memory may take before its trace is taken again, in
    seconds; 600, or three times `model_timeout` and `embedder_timeout` together if that
    is longer.
    """

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - as pydantic-settings calls it
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """
        Take arguments only; which other sources count, and in which order, is said in one place.
        """
        return (init_settings,)
