"""
One request on its way to its handler: its credential is checked and its values are typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar

import msgspec
from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from reflect_contract.operation import Credential, Operation, Parameter
from reflect_server.api.routing import python_name
from reflect_server.auth.keyring import bearer, is_token
from reflect_server.domain.entities import ApiKey
from reflect_server.errors import ForbiddenError, InvalidRequestError, UnauthenticatedError
from reflect_server.http.problems import InvalidValuesError
from reflect_server.http.request_body import decode_body
from reflect_server.http.service import Service
from reflect_server.http.validation import faults_of
from reflect_server.use_cases import projects
from reflect_server.use_cases.api_keys import require_scopes
from reflect_server.use_cases.dependencies import Dependencies

P = ParamSpec("P")
T = TypeVar("T")

_MOST_PATIENT_THREADS = 40
_PATIENT_THREADS: RunVar[CapacityLimiter] = RunVar("patient_threads")

API_KEY_SCHEME = "api_key"
"""The security scheme of operations that need an API key; the others need the bootstrap token."""


class BootstrapDisabledError(ForbiddenError):
    """
    The service has no bootstrap token, so nobody can bootstrap.
    """

    code = "bootstrap_disabled"


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a handler returns where the body alone does not say everything.

    Attributes:
        body: The body, of the operation's answer type.
        headers: Headers to send with it.
        rest: Further parts of a body that is a list, each made when the one before it is sent.
    """

    body: object
    headers: dict[str, str] = field(default_factory=dict)
    rest: Iterator[list[object]] | None = None


@dataclass(slots=True)
class Call:
    """
    One request.

    Attributes:
        service: The running service.
        operation: What is asked for.
        request: The request as it came.
        now: When it came, in UTC.
        path_values: The decoded values in its path.
        key: The API key that it carried, once checked; None for operations that need none.
        is_large: Whether its body takes so long to decode and to work through that the event loop
            must not wait for it.
    """

    service: Service
    operation: Operation
    request: Request
    path_values: Mapping[str, str]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    key: ApiKey | None = None
    is_large: bool = False
    _presented: str = field(default="", init=False, repr=False)

    @property
    def deps(self) -> Dependencies:
        """
        The collaborators of the use cases.
        """
        return self.service.deps

    @property
    def maker(self) -> ApiKey:
        """
        The key of a request whose operation needs one.

        Raises:
            UnauthenticatedError: The request carries none.
        """
        if self.key is None:
            raise UnauthenticatedError("The request has no API key, and this operation needs one.")
        return self.key

    @property
    def may_wait(self) -> bool:
        """
        Whether the request asks to be held until something has happened.
        """
        return "prefer" in self.request.headers and any(
            parameter.name == "Prefer" for parameter in self.operation.parameters
        )

    async def in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Run something that blocks on a thread, and return its result.

        Args:
            work: What blocks.
            args: What it is called with.
            kwargs: What it is called with by name.
        """
        return await run_in_threadpool(work, *args, **kwargs)

    async def in_patient_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Run something that may wait for a model, and return its result. It has threads of its own:
        where a model is slow, all other requests keep theirs.
        """
        return await to_thread.run_sync(partial(work, *args, **kwargs), limiter=_patient_threads())

    async def disconnected(self) -> None:
        """
        Return when the client has gone. Only after the body has been read.
        """
        while (await self.request.receive())["type"] != "http.disconnect":
            pass

    def require_credential(self) -> None:
        """
        Refuse a request that carries no credential of the right form, before its body is read.

        Raises:
            UnauthenticatedError: The header is missing or of another form.
            BootstrapDisabledError: The service has no bootstrap token.
        """
        for credential in self.operation.credentials:
            if credential.scheme == API_KEY_SCHEME:
                self._presented = bearer(self.request.headers.get(credential.header))
            else:
                self._require_bootstrap_token(credential)

    async def authenticate(self) -> None:
        """
        Check the API key that `require_credential` has found, its scopes and its project, where the
        operation needs a key.

        Raises:
            UnauthenticatedError: The key cannot be used.
            RateLimitedError: The key has sent more than it may.
            ForbiddenError: The key lacks a scope, or is for another project.
        """
        store, keyring = self.deps.store, self.service.keyring
        for credential in self.operation.credentials:
            if credential.scheme == API_KEY_SCHEME:
                key = keyring.authenticate(store, self._presented, now=self.now)
                self.service.key_rate.require(key.id)
                require_scopes(key, credential.scopes)
                self.key = key
                if keyring.is_use_to_be_noted(key, now=self.now):
                    await self.in_thread(keyring.note_use, store, key, now=self.now)
        project_id = self.path_values.get("project_id")
        if project_id is not None:
            projects.require_access(self.maker, project_id)

    def arguments(self, raw_body: bytes) -> dict[str, Any]:
        """
        Return the arguments of the handler: the parameters and the body, checked.

        Args:
            raw_body: The body.

        Raises:
            InvalidRequestError: One of them cannot be used; says why.
        """
        arguments: dict[str, Any] = {
            python_name(parameter): self._value(parameter)
            for parameter in self.operation.parameters
        }
        if self.operation.body is not None:
            arguments["body"] = decode_body(raw_body, self.operation.body)
        return arguments

    async def enter_project(self) -> None:
        """
        Make sure that the request's project exists, where it has one; see `projects.enter`.

        Raises:
            NotFoundError: It does not, and the key may not make it.
        """
        project_id = self.path_values.get("project_id")
        if project_id is None or self.operation.method == "DELETE":
            return
        if not projects.exists(self.deps, project_id):
            await self.in_thread(projects.enter, self.deps, self.maker, project_id, now=self.now)

    def _require_bootstrap_token(self, credential: Credential) -> None:
        expected = self.service.settings.bootstrap_token
        if expected is None:
            raise BootstrapDisabledError(
                "Bootstrapping is switched off, as this service has no bootstrap token. Start it "
                "with `REFLECT_BOOTSTRAP_TOKEN` set, or ask for an API key."
            )
        given = self.request.headers.get(credential.header)
        if given is None:
            raise UnauthenticatedError(
                f"The request has no bootstrap token. Send it in the header `{credential.header}`."
            )
        client = self.request.client
        self.service.bootstrap_rate.require(client.host if client else "")
        if not is_token(given, expected.get_secret_value()):
            raise ForbiddenError(
                f"The token in `{credential.header}` is not the one of this service. "
                "Send the value that it was started with in `REFLECT_BOOTSTRAP_TOKEN`."
            )

    def _value(self, parameter: Parameter) -> Any:
        match parameter.location:
            case "path":
                texts = [self.path_values[parameter.name]]
            case "query":
                texts = self.request.query_params.getlist(parameter.name)
            case _:
                lines = self.request.headers.getlist(parameter.name)
                texts = [", ".join(lines)] if lines else []
        if not texts:
            if parameter.required:
                raise InvalidRequestError(f"`{parameter.name}` is missing.", field=parameter.name)
            return None
        if len(texts) > 1:
            raise InvalidRequestError(
                f"`{parameter.name}` is given {len(texts)} times; give it once.",
                field=parameter.name,
            )
        return _typed(parameter, texts[0])


def _patient_threads() -> CapacityLimiter:
    try:
        return _PATIENT_THREADS.get()
    except LookupError:
        made = CapacityLimiter(_MOST_PATIENT_THREADS)
        _PATIENT_THREADS.set(made)
        return made


def _is_text(parameter: Parameter) -> bool:
    return bool(msgspec.json.schema(parameter.type).get("type") == "string")


def _typed(parameter: Parameter, text: str) -> Any:
    try:
        return msgspec.convert(text, parameter.type, strict=False)
    except msgspec.ValidationError:
        value: object = text
        if text.removeprefix("-").isdecimal() and not _is_text(parameter):
            value = int(text[:40])
        faults = faults_of(parameter.type, value, parameter.name)
        raise InvalidValuesError(
            faults or faults_of(parameter.type, text, parameter.name)
        ) from None
