"""
Bootstrap: a new project with its first key.
"""

from __future__ import annotations

from reflect_contract import models
from reflect_server.api.call import Call
from reflect_server.api.fields import given
from reflect_server.use_cases import api_keys

DEFAULT_LABEL = "Default Admin Key"


def bootstrap(call: Call, *, body: models.BootstrapRequest) -> models.BootstrapResponse:
    """
    Create a project with a key that may do everything in it.
    """
    issued = api_keys.bootstrap(
        call.deps.store,
        call.service.keyring,
        user_id=body.user_id,
        project_id=body.project_id,
        label=given(body.key_label, DEFAULT_LABEL),
        scopes=[scope.value for scope in models.Scope],
        environment=given(body.environment, models.KeyEnvironment.LIVE).value,
        now=call.now,
    )
    return models.BootstrapResponse(
        user_id=body.user_id, project_id=body.project_id, api_key=issued.plaintext
    )


HANDLERS = (bootstrap,)
