"""
API keys of a project: listed, created, revoked.
"""

from __future__ import annotations

from datetime import datetime

from reflect_contract import models
from reflect_server.api.call import Call
from reflect_server.api.fields import given
from reflect_server.domain.api_key import ApiKey
from reflect_server.use_cases import api_keys


def list_api_keys(call: Call, *, project_id: str) -> models.ApiKeyList:
    """
    List the keys of the project.
    """
    return [_key_response(call, key) for key in api_keys.list_keys(call.deps.store, project_id)]


def create_api_key(
    call: Call, *, project_id: str, body: models.CreateApiKeyRequest
) -> models.ApiKeyCreateResponse:
    """
    Make a key for the project.
    """
    issued = api_keys.create_key(
        call.deps.store,
        call.service.keyring,
        call.maker,
        project_id,
        label=body.label,
        scopes=[scope.value for scope in body.scopes],
        environment=given(body.environment, models.KeyEnvironment.LIVE).value,
        now=call.now,
        expires_at=given(body.expires_at, None),
    )
    return models.ApiKeyCreateResponse(
        api_key=issued.plaintext, key=_key_response(call, issued.key)
    )


def revoke_api_key(
    call: Call,
    *,
    project_id: str,
    key_id: str,
    body: models.RevokeApiKeyRequest,  # noqa: ARG001 - empty, as the contract has it
) -> models.ApiKeyResponse:
    """
    End a key.
    """
    revoked = api_keys.revoke_key(
        call.deps.store, call.service.keyring, project_id, key_id, now=call.now
    )
    return _key_response(call, revoked)


def _status(key: ApiKey, now: datetime) -> models.KeyStatus:
    if key.revoked_at is not None:
        return models.KeyStatus.REVOKED
    return models.KeyStatus.EXPIRED if key.has_expired(now) else models.KeyStatus.ACTIVE


def _key_response(call: Call, key: ApiKey) -> models.ApiKeyResponse:
    return models.ApiKeyResponse(
        id=key.id,
        public_id=key.public_id,
        label=key.label,
        scopes=[models.Scope(scope) for scope in key.scopes],
        environment=models.KeyEnvironment(key.environment),
        status=_status(key, call.now),
        is_master=key.is_master,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
        expires_at=key.expires_at,
    )


HANDLERS = (list_api_keys, create_api_key, revoke_api_key)
