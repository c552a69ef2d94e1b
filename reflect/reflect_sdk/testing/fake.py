"""
`FakeReflect`, a service in memory, and the transport that leads to it.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import anyio
import httpx

from reflect_api.errors import REQUEST_ID_HEADER
from reflect_api.route import IDEMPOTENCY_HEADER, Route
from reflect_api.routes import ROUTES
from reflect_sdk._client.client import ReflectClient
from reflect_sdk.testing.access import KeyRing
from reflect_sdk.testing.operations import Call, Operations, Reply
from reflect_sdk.testing.records import Project
from reflect_sdk.testing.refusals import Refusal

RANKS_BY = "shared words"
"""What stands in for the meaning of tasks; `health` and the header `Reflect-Ranks-By` say it."""

_LONGEST_WAIT = 60
_LOOK_AGAIN = 0.005


class FakeReflect:
    """
    A Reflect service in memory, without a socket, a file or a thread, for the tests of an agent.

    It answers requests as a server does: recording, reviewing, waiting, listing and deleting
    traces, querying memories, and keys. **It ranks by shared words, not by meaning**, makes
    memories at once and of what was said, and knows no skills: to test retrieval itself, use
    `reflect_server.testing.running_server`.

    Attributes:
        base_url: The address that its clients have; no other client reaches it.
        api_key: A master key.
        transport: Leads to it, for an httpx client of your own.

    Example:
        >>> from reflect_sdk.testing import FakeReflect
        >>> fake = FakeReflect()
        >>> with fake.client() as client:
        ...     memories = client.query_memories("Refund order 7")
    """

    base_url = "http://reflect.test"

    def __init__(self) -> None:
        self._projects: dict[str, Project] = {}
        self._keys = KeyRing()
        self._operations = Operations(self._projects, self._keys)
        self._lock = threading.RLock()
        self.api_key = self._keys.master
        self.transport = FakeTransport(self._answer)

    def __repr__(self) -> str:
        """
        Return what it is, and what it ranks by.
        """
        return f"FakeReflect(ranks_by={RANKS_BY!r}, projects={sorted(self._projects)})"

    def client(self, **options: Any) -> ReflectClient:
        """
        Return a client of this service, which can be closed or left open.

        Args:
            options: Arguments of `ReflectClient`, such as `project_id`; the key is the master key
                where none is given.
        """
        return ReflectClient(
            **{
                "base_url": self.base_url,
                "api_key": self.api_key,
                "http_client": httpx.Client(transport=self.transport),
                "async_http_client": httpx.AsyncClient(transport=self.transport),
                **options,
            }
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request_id = secrets.token_hex(8)
        path = request.url.raw_path.partition(b"?")[0].decode("ascii")
        headers = {REQUEST_ID_HEADER: request_id, "Reflect-Ranks-By": RANKS_BY}
        try:
            with self._lock:
                reply = self._reply(request, path, headers)
        except Refusal as refusal:
            kind = {"Content-Type": "application/problem+json"}
            if refusal.status == 401:
                kind["WWW-Authenticate"] = "Bearer"
            problem = refusal.body(unquote(path), request_id)
            return httpx.Response(refusal.status, json=problem, headers=headers | kind)
        if reply.link is not None:
            params = request.url.params.set("cursor", reply.link)
            headers["Link"] = f'<{path}?{params}>; rel="next"'
        return httpx.Response(200, json=reply.body, headers=headers)

    def _reply(self, request: httpx.Request, path: str, headers: dict[str, str]) -> Reply:
        route = ROUTES.find(request.method, path)
        operation = "" if route is None else route.operation_id
        if operation == "health":
            return Reply(body={"status": "ok", "ranks_by": RANKS_BY})
        handler = self._operations.handler(operation)
        if route is None or handler is None:
            raise Refusal(
                404,
                "not_found",
                f"The service in memory has nothing at the path {unquote(path)!r}. Use a real one: "
                "`reflect_server.testing.running_server`.",
            )
        params = _params(route, path)
        project_id = params["project_id"]
        key = self._keys.opening(request.headers.get("Authorization", ""), project_id, operation)
        if operation == "delete_project" and project_id not in self._projects:
            raise Refusal(404, "not_found", f"There is no project {project_id!r}.")
        project = self._projects.setdefault(project_id, Project(id=project_id))
        body = _body(request)
        call = Call(
            project=project, key=key, params=params, query=dict(request.url.params), body=body
        )
        idempotency_key = request.headers.get(IDEMPOTENCY_HEADER)
        if operation != "create_trace":
            return handler(call)
        name = body.get("id") or idempotency_key
        known = None if name is None else project.replies.get(name)
        if known is None:
            reply = handler(call)
            if name is not None:
                project.replies[name] = (body, reply.body["trace_id"])
            return reply
        return _replayed(project, *known, body, headers)


def _replayed(
    project: Project, first: Any, trace_id: str, body: Any, headers: dict[str, str]
) -> Reply:
    """
    Answer a creation that came before as it was answered then.
    """
    if first != body:
        raise Refusal(
            409, "idempotency_key_reused", "Another creation came with this id or key before."
        )
    headers["Idempotency-Replayed"] = "true"
    status = project.traces.get(trace_id, {}).get("ingest_status", "completed")
    return Reply(body={"trace_id": trace_id, "ingest_status": status})


class FakeTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """
    Leads to a service in memory, also for requests that ask to wait (`Prefer: wait`).

    Args:
        answer: Answers a request at once.
    """

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """
        Answer a request.
        """
        request.read()
        seconds, end = _patience(request)
        while (answer := self._look(request, seconds, end)) is None:
            time.sleep(_LOOK_AGAIN)
        return answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """
        Answer a request, asynchronously.
        """
        await request.aread()
        seconds, end = _patience(request)
        while (answer := self._look(request, seconds, end)) is None:  # noqa: ASYNC110 - a review may come from another thread
            await anyio.sleep(_LOOK_AGAIN)
        return answer

    def _look(
        self, request: httpx.Request, seconds: int | None, end: float
    ) -> httpx.Response | None:
        """
        Return the answer, or None as long as what the request waits for has not come.
        """
        late = time.monotonic() >= end
        answer = self._answer(request)
        if seconds is not None:
            answer.headers["Preference-Applied"] = f"wait={seconds}"
        return None if _waits(request, answer) and not late else answer


def _params(route: Route, path: str) -> dict[str, str]:
    names = route.path.removeprefix("/").split("/")
    parts = path.split("/")[-len(names) :]
    return {
        name.strip("{}"): unquote(part)
        for name, part in zip(names, parts, strict=True)
        if name.startswith("{")
    }


def _body(request: httpx.Request) -> dict[str, Any]:
    try:
        body = json.loads(request.content or b"{}")
    except ValueError as error:
        raise Refusal(
            400, "malformed_request", f"The body is not JSON: {error}. Send a JSON object."
        ) from None
    if not isinstance(body, dict):
        raise Refusal(422, "invalid_request", "The body must be a JSON object.")
    return body


def _patience(request: httpx.Request) -> tuple[int | None, float]:
    """
    Return how many seconds a request asks to wait, None where it does not, and when they are over.
    """
    for preference in request.headers.get("Prefer", "").split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        number = value.strip().strip('"')
        if name.strip().lower() == "wait" and number.isdecimal():
            seconds = min(int(number), _LONGEST_WAIT)
            return seconds, time.monotonic() + seconds
    return None, time.monotonic()


def _waits(request: httpx.Request, answer: httpx.Response) -> bool:
    """
    Say whether a trace has not come as far as its reader waits for.
    """
    if request.url.params.get("wait_for") != "reviewed" or not answer.is_success:
        return False
    return bool(answer.json()["review"] is None)
