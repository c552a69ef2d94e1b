"""
Credentials: the one guard of every door, which says who sends a request and whether they may.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.requests import Request

from reflect_contract.operation import Credential
from reflect_server.auth.keyring import bearer, is_token
from reflect_server.domain.api_key import ApiKey
from reflect_server.errors import ForbiddenError, UnauthenticatedError
from reflect_server.http.service import Service
from reflect_server.http.threads import USUAL
from reflect_server.use_cases.api_keys import require_permission

API_KEY = "api_key"
"""The security scheme of what needs an API key: its scopes, in the project of the request."""

BOOTSTRAP_TOKEN = "bootstrap_token"  # noqa: S105 - a scheme's name
"""The security scheme of what needs the bootstrap token."""

METRICS_TOKEN = "metrics_token"  # noqa: S105 - a scheme's name
"""The security scheme of what needs the metrics token, or a master key."""

FOR_METRICS = Credential(scheme=METRICS_TOKEN, header="Authorization", scopes=())


class BootstrapDisabledError(ForbiddenError):
    """
    The service has no bootstrap token, so nobody can bootstrap.
    """

    code = "bootstrap_disabled"


async def authenticate(
    service: Service,
    request: Request,
    credentials: Sequence[Credential],
    *,
    project_id: str | None = None,
    now: datetime,
) -> ApiKey | None:
    """
    Check the credentials of a request, whether they allow what it asks for, and their rate limit.

    Nothing of its body is read before: nobody without a credential can make the service hold much.

    Args:
        service: The running service.
        request: The request.
        credentials: What it has to show; nothing where empty.
        project_id: The project that it is about; None where it is about none.
        now: The present time, in UTC.

    Returns:
        The API key that it carries; None where it carries a token, or needs nothing.

    Raises:
        UnauthenticatedError: A credential is missing, of another form, or cannot be used.
        ForbiddenError: It does not allow this.
        RateLimitedError: Its sender has sent more than they may.
    """
    key = None
    for credential in credentials:
        if credential.scheme == API_KEY:
            key = await _api_key(service, bearer(request.headers.get(credential.header)), now)
            require_permission(key, credential.scopes, project_id)
        elif credential.scheme == METRICS_TOKEN:
            await _require_metrics_access(service, request, credential, now)
        else:
            _require_bootstrap_token(service, request, credential)
    return key


def require_rate(service: Service, request: Request) -> None:
    """
    Count a request that carries no credential, for the address that it comes from.

    Args:
        service: The running service.
        request: The request.

    Raises:
        RateLimitedError: So many came from there that this one is refused.
    """
    service.limits.key_rate.require(f"address {_address(request)}")


async def _api_key(service: Service, presented: str, now: datetime) -> ApiKey:
    store, keyring = service.deps.store, service.keyring
    key, is_use_to_be_noted = keyring.authenticate(store, presented, now=now)
    service.limits.key_rate.require(key.id)
    if is_use_to_be_noted:
        await USUAL.run(keyring.note_use, store, key, now=now)
    return key


async def _require_metrics_access(
    service: Service, request: Request, credential: Credential, now: datetime
) -> None:
    presented = bearer(request.headers.get(credential.header))
    token = service.settings.metrics_token
    if token is not None and not presented.startswith("rf_"):
        service.limits.token_rate.require(_address(request))
    if token is not None and is_token(presented, token.get_secret_value()):
        service.limits.key_rate.require(METRICS_TOKEN)
        return
    key = await _api_key(service, presented, now)
    if not key.is_master:
        raise ForbiddenError(
            "Metrics are those of all projects, and this key is for one. "
            "Send the token that is set in `REFLECT_METRICS_TOKEN`, or a master key."
        )


def _require_bootstrap_token(service: Service, request: Request, credential: Credential) -> None:
    expected = service.settings.bootstrap_token
    if expected is None:
        raise BootstrapDisabledError(
            "Bootstrapping is switched off, as this service has no bootstrap token. Start it "
            "with `REFLECT_BOOTSTRAP_TOKEN` set, or ask for an API key."
        )
    given = request.headers.get(credential.header)
    if given is None:
        raise UnauthenticatedError(
            f"The request has no bootstrap token. Send it in the header `{credential.header}`."
        )
    service.limits.token_rate.require(_address(request))
    if not is_token(given, expected.get_secret_value()):
        raise ForbiddenError(
            f"The token in `{credential.header}` is not the one of this service. "
            "Send the value that it was started with in `REFLECT_BOOTSTRAP_TOKEN`."
        )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
