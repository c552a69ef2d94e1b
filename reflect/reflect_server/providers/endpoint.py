"""
An endpoint of models that speaks OpenAI's API, reached through the official client.

Everything that can go wrong there becomes one of two errors: `ProviderUnavailableError`, where any
other request would have failed too, and `RequestRefusedError`, where it is this request.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from reflect_server.errors import (
    MissingExtraError,
    ProviderUnavailableError,
    ReflectServerError,
    SettingsError,
)
from reflect_server.providers.loop_thread import LoopThread

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

T = TypeVar("T")

_LONGEST_REASON = 200
_LONGEST_RETRY_AFTER = 86_400.0
_REFUSALS = frozenset({400, 413, 422})
_NO_LIST = frozenset({404, 405, 501})
_NO_KEY = "none"


class RequestRefusedError(ReflectServerError):
    """
    The endpoint works and does not accept this request.

    Args:
        message: What was refused and why, without the key.
        reason: What the endpoint said, in its own words.
    """

    code = "request_refused"

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ModelEndpoint:
    """
    One model behind an endpoint. Safe to call from any thread.

    Nothing is repeated here: reflections have the ingest queue for that, which survives a restart,
    and queries have the caller, who is told when to come again.

    Args:
        model: The model's name at the endpoint.
        base_url: The endpoint's address, such as `http://localhost:11434/v1`; None for what
            `OPENAI_BASE_URL` says, or else OpenAI's own.
        api_key: The key; None for what `OPENAI_API_KEY` says, or for an endpoint with `base_url`
            that needs none.
        timeout: How long an answer may take in all, in seconds.
        setting: The beginning of the names of the settings that configure it, such as
            `REFLECT_MODEL`, for messages.

    Raises:
        MissingExtraError: The package `openai` is not installed.
        SettingsError: No key is known.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None,
        api_key: SecretStr | None,
        timeout: float,
        setting: str,
    ) -> None:
        try:
            from openai import AsyncOpenAI  # noqa: PLC0415 - an extra, slow to import
        except ModuleNotFoundError as error:
            needed_for = f"The model that `{setting}` names"
            raise MissingExtraError("openai", "openai", needed_for=needed_for) from error
        self.model = model
        self._setting = setting
        self._timeout = timeout
        default = os.environ.get("OPENAI_API_KEY") if base_url is None else _NO_KEY
        self._key = api_key.get_secret_value() if api_key else default
        if not self._key:
            raise SettingsError(
                f"The model {model!r} has no API key. Set `{setting}_API_KEY`, or "
                f"`{setting}_BASE_URL` to the address of an endpoint that needs none."
            )
        logging.getLogger("openai").setLevel(logging.WARNING)  # below that it logs whole requests
        self._client = AsyncOpenAI(
            api_key=self._key, base_url=base_url, timeout=timeout, max_retries=0
        )
        self._thread = LoopThread("reflect-model-endpoint")

    def call(self, request: Callable[[AsyncOpenAI], Coroutine[Any, Any, T]]) -> T:
        """
        Make one request, and wait for its answer, to the last byte, within the timeout.

        Args:
            request: Receives the official client, and returns what is to be awaited.

        Raises:
            ProviderUnavailableError: The endpoint does not work at present.
            RequestRefusedError: The endpoint does not accept this request.
        """
        from openai import (  # noqa: PLC0415 - an extra, slow to import
            APIConnectionError,
            APIStatusError,
            APITimeoutError,
            OpenAIError,
        )

        name = f"The model {self.model!r}"
        try:
            return self._thread.run(lambda: request(self._client), self._timeout)
        except (APITimeoutError, TimeoutError):
            raise ProviderUnavailableError(
                f"{name} did not answer within {self._timeout:g} s. It is asked again; a slow "
                f"model needs a larger `{self._setting}_TIMEOUT`.",
                may_be_the_request=True,
            ) from None
        except CancelledError:
            raise ProviderUnavailableError(
                f"{name} was not waited for, as the server ends. It is asked again."
            ) from None
        except APIConnectionError as error:
            reason = self._clean(str(error.__cause__ or error))
            raise ProviderUnavailableError(
                f"{name} cannot be reached ({reason}). It is asked again; check "
                f"`{self._setting}_BASE_URL` if this stays so."
            ) from None
        except APIStatusError as error:
            raise self._as_error(error) from None
        except (OpenAIError, ValueError) as error:
            reason = self._clean(str(error))
            raise RequestRefusedError(
                f"{name} gave an answer that cannot be read ({reason}).", reason=reason
            ) from None

    def require_reachable(self) -> None:
        """
        Make sure that the endpoint answers and accepts the key, by asking for its list of models,
        which costs nothing. One without such a list counts as reachable.

        Raises:
            ProviderUnavailableError: It does not answer, or does not accept the key.
        """
        from openai import APIStatusError  # noqa: PLC0415 - an extra, slow to import

        async def ask(client: AsyncOpenAI) -> None:
            try:
                await client.models.list()
            except APIStatusError as error:
                if error.status_code not in _NO_LIST:
                    raise

        with suppress(RequestRefusedError):
            self.call(ask)

    def close(self) -> None:
        """
        Give up what is under way, and close the connections.
        """
        self._thread.close(self._client.close)

    def _as_error(self, error: APIStatusError) -> ReflectServerError:
        status, reason = error.status_code, self._clean(_said(error))
        name = f"The model {self.model!r}"
        if status in _REFUSALS:
            return RequestRefusedError(f"{name} refused the request: {reason}", reason=reason)
        if status in {401, 403}:
            advice = f"does not accept the key. Check `{self._setting}_API_KEY`."
            return ProviderUnavailableError(f"{name} {advice}")
        if status == 404:
            return ProviderUnavailableError(
                f"{name} is not known at its endpoint. Check `{self._setting}` and "
                f"`{self._setting}_BASE_URL`."
            )
        after = _retry_after(error.response.headers.get("retry-after"))
        what = "wants fewer requests" if status == 429 else f"failed with the status {status}"
        return ProviderUnavailableError(
            f"{name} {what} ({reason}). It is asked again.", retry_after=after
        )

    def _clean(self, text: str) -> str:
        readable = " ".join(text.split())
        if self._key and self._key != _NO_KEY:
            readable = readable.replace(self._key, "***")
        return readable[:_LONGEST_REASON] or "no reason was given"


def _said(error: APIStatusError) -> str:
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else f"status {error.status_code}"


def _retry_after(header: str | None) -> float | None:
    if header is None:
        return None
    seconds = math.nan
    with suppress(ValueError):
        seconds = (_as_date(header) - datetime.now(UTC)).total_seconds()
    with suppress(ValueError):
        seconds = float(header)
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None


def _as_date(text: str) -> datetime:
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
