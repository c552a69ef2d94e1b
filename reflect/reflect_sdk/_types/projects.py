"""
Types of projects and their API keys.
"""

from datetime import datetime

from attrs import field, frozen

from reflect_sdk._types.api_model import ApiModel
from reflect_sdk._types.labels import KeyEnvironment, KeyStatus, Scope


@frozen(kw_only=True, slots=False)
class BootstrapResponse(ApiModel):
    """
    A new project with its first key.

    Attributes:
        user_id: Whose key it is.
        project_id: The project.
        api_key: The plaintext of the key; shown once, never printed with the object.
    """

    user_id: str
    project_id: str
    api_key: str = field(repr=False)


@frozen(kw_only=True, slots=False)
class ApiKeyResponse(ApiModel):
    """
    A key without its secret.

    Attributes:
        id: The key.
        public_id: The part of the plaintext that tells keys apart and is no secret.
        label: The key's name for people.
        scopes: What the key may do, such as `memory:read`.
        environment: `live` or `test`.
        status: `active` or `revoked`.
        is_master: Whether it may use every project.
        created_at: When it was made; None where unknown.
        last_used_at: When it was last used; None where never.
        revoked_at: When it was revoked; None while it is active.
    """

    id: str
    public_id: str
    label: str
    scopes: list[Scope | str]
    environment: KeyEnvironment | str
    status: KeyStatus | str
    is_master: bool
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@frozen(kw_only=True, slots=False)
class ApiKeyCreateResponse(ApiModel):
    """
    A new key with its plaintext.

    Attributes:
        api_key: The plaintext; shown once, never printed with the object.
        key: The key.
    """

    api_key: str = field(repr=False)
    key: ApiKeyResponse


@frozen(kw_only=True, slots=False)
class DeleteProjectResponse(ApiModel):
    """
    What became of a request to delete a project.

    Attributes:
        project_id: The project; empty where the service does not say.
        deleted: Whether it is gone.
    """

    project_id: str = ""
    deleted: bool = True
