"""
Every operation with every kind of credential: the whole matrix, generated from the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import httpx
import pytest
from syrupy.assertion import SnapshotAssertion

from reflect_contract.models import Scope
from reflect_contract.operation import Operation
from reflect_contract.operations import OPERATIONS
from reflect_server.auth.keyring import IssuedKey, Keyring
from reflect_server.configuration.settings import Settings
from reflect_server.serving.composition import open_store
from reflect_server.store.protocol.store import Transaction
from reflect_server.testing import running_server
from reflect_server.use_cases.api_keys import create_master_key

TOKEN = "a-token-for-tests"
NOW = datetime.now(UTC)
SCOPES = tuple(scope.value for scope in Scope)
CODES = {401: "unauthenticated", 403: "forbidden"}


@dataclass(frozen=True)
class Kind:
    """
    A kind of API key. A project has one of each for each of its operations.
    """

    name: str
    revoked: bool = False
    expired: bool = False
    scoped: bool = True
    elsewhere: bool = False
    environment: str = "live"
    shown_as: str = "live"
    spoiled: bool = False


KINDS = (
    Kind("wrong secret", spoiled=True),
    Kind("revoked", revoked=True),
    Kind("expired", expired=True),
    Kind("wrong scope", scoped=False),
    Kind("wrong project", elsewhere=True),
    Kind("live as test", shown_as="test"),
    Kind("test", environment="test", shown_as="test"),
    Kind("live"),
)
HEADERS = {
    "none": {},
    "malformed": {"Authorization": "Bearer rf_live"},
    "no bearer": {"Authorization": "Basic dXNlcjpwYXNz"},
    "unknown": {"Authorization": f"Bearer rf_live_{'a' * 12}_{'b' * 40}"},
}
COLUMNS = (*HEADERS, *(kind.name for kind in KINDS), "master")


def issued(keyring: Keyring, kind: Kind, scopes: list[str], project_id: str) -> IssuedKey:
    made = keyring.issue(
        label=kind.name,
        scopes=scopes,
        environment=kind.environment,
        project_id="elsewhere" if kind.elsewhere else project_id,
        now=NOW,
        expires_at=NOW - timedelta(seconds=1) if kind.expired else None,
    )
    return replace(made, key=replace(made.key, revoked_at=NOW if kind.revoked else None))


def sent(kind: Kind, key: IssuedKey) -> dict[str, str]:
    plaintext = key.plaintext.replace(f"_{kind.environment}_", f"_{kind.shown_as}_", 1)
    if kind.spoiled:
        plaintext = plaintext[:-1] + ("a" if plaintext[-1] != "a" else "b")
    return {"Authorization": f"Bearer {plaintext}"}


def project_of(operation: Operation, kind: str) -> str:
    return f"{operation.operation_id} by {kind}"


def allowed(operation: Operation, kind: Kind) -> list[str]:
    needed = {scope for credential in operation.credentials for scope in credential.scopes}
    return [scope for scope in SCOPES if kind.scoped or scope not in needed]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple[str, str], dict]]:
    """
    A data folder with every kind of key for every operation, and the headers that carry them.
    """
    folder = tmp_path_factory.mktemp("matrix") / "data"
    headers: dict[tuple[str, str], dict[str, str]] = {}
    with open_store(Settings(data_dir=folder)) as (store, keyring):
        keys = []
        for operation in OPERATIONS:
            for kind in KINDS:
                project_id = project_of(operation, kind.name)
                key = issued(keyring, kind, allowed(operation, kind), project_id)
                keys.append(key.key)
                headers[operation.operation_id, kind.name] = sent(kind, key)
            for name, fixed in HEADERS.items():
                headers[operation.operation_id, name] = fixed
        master = create_master_key(store, keyring, label="master", now=NOW)
        for operation in OPERATIONS:
            headers[operation.operation_id, "master"] = {
                "Authorization": f"Bearer {master.plaintext}"
            }

        def work(tx: Transaction) -> None:
            tx.projects.create("elsewhere", created_at=NOW)
            for operation, kind in product(OPERATIONS, COLUMNS):
                tx.projects.create(project_of(operation, kind), created_at=NOW)
            for key in keys:
                tx.keys.insert(key)

        store.write(work)
    return folder, headers


@pytest.fixture(scope="module")
def http(prepared: tuple[Path, dict], until_ready: Callable[[str], None]) -> Iterator[httpx.Client]:
    env = {"REFLECT_BOOTSTRAP_TOKEN": TOKEN}
    with (
        running_server(data_dir=prepared[0], env=env) as server,
        httpx.Client(base_url=server.base_url, timeout=30) as client,
    ):
        until_ready(server.base_url)
        yield client


def asked(
    http: httpx.Client, operation: Operation, kind: str, headers: dict[str, str]
) -> httpx.Response:
    values = {
        parameter.name: project_of(operation, kind) if parameter.name == "project_id" else "none"
        for parameter in operation.parameters
        if parameter.location == "path"
    }
    return http.request(
        operation.method,
        operation.path.format_map(values),
        headers=headers,
        json={} if operation.body is not None else None,
    )


def table(rows: list[list[str]]) -> str:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def test_every_operation_answers_every_kind_of_key_as_the_contract_says(
    http: httpx.Client,
    prepared: tuple[Path, dict[tuple[str, str], dict[str, str]]],
    snapshot: SnapshotAssertion,
) -> None:
    rows = [["operation", *COLUMNS]]
    for operation in sorted(OPERATIONS, key=lambda operation: operation.operation_id):
        row = [operation.operation_id]
        for column in COLUMNS:
            answer = asked(http, operation, column, prepared[1][operation.operation_id, column])
            row.append(str(answer.status_code))
            if answer.status_code in CODES:
                assert answer.json()["code"] == CODES[answer.status_code]
                assert ("WWW-Authenticate" in answer.headers) == (answer.status_code == 401)
        rows.append(row)
    with_token = [operation for operation in OPERATIONS if operation.operation_id == "bootstrap"]
    for token, name in [("guess", "bootstrap, wrong token"), (TOKEN, "bootstrap, right token")]:
        for operation in with_token:
            row = [name]
            for column in COLUMNS:
                headers = prepared[1][operation.operation_id, column]
                answer = asked(http, operation, column, {**headers, "X-Bootstrap-Token": token})
                row.append(str(answer.status_code))
            rows.append(row)

    assert table(rows) == snapshot


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.operation_id)
def test_keys_that_are_not_known_are_all_answered_the_same(
    http: httpx.Client,
    prepared: tuple[Path, dict[tuple[str, str], dict[str, str]]],
    operation: Operation,
) -> None:
    def detail(kind: str) -> str:
        headers = prepared[1][operation.operation_id, kind]
        answer = asked(http, operation, kind, headers)
        return str(answer.json().get("detail"))

    kinds = ("unknown", "malformed", "wrong secret", "live as test")
    assert len({detail(kind) for kind in kinds}) == 1
