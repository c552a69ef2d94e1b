"""
A project of a running server, as the tests use it.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import httpx

from reflect_server.testing import RunningServer


class Project:
    """
    One project of a server, used over HTTP with one key.
    """

    def __init__(
        self,
        server: RunningServer,
        project_id: str,
        api_key: str,
        closing: ExitStack,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.id = project_id
        self.server = server
        self._closing = closing
        self._transport = transport
        self.http = closing.enter_context(
            httpx.Client(
                base_url=f"{server.base_url}/v1/projects/{quote(project_id, safe='')}",
                headers={"Authorization": f"Bearer {api_key}"},
                timeout=30,
                transport=transport,
            )
        )

    def with_key(self, api_key: str) -> Project:
        return Project(self.server, self.id, api_key, self._closing, self._transport)

    def named(self, project_id: str, api_key: str | None = None) -> Project:
        return Project(
            self.server, project_id, api_key or self.server.api_key, self._closing, self._transport
        )

    def create(self, task: str = "Count the orders", **fields: Any) -> str:
        body = {"task": task, "trajectory": [], **fields}
        answer = self.http.post("/traces", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["trace_id"])

    def memory(self, task: str = "Count the orders", *, result: str = "pass", **fields: Any) -> str:
        reflection = {"summary": f"About {task}", "guidance": f"Remember {task}"}
        trace_id = self.create(task, review={"result": result, "reflection": reflection}, **fields)
        return str(self.get(f"/traces/{trace_id}")["created_memory_id"])

    def get(self, path: str, **options: Any) -> Any:
        answer = self.http.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def query(self, task: str, **fields: Any) -> list[dict[str, Any]]:
        answer = self.http.post("/memory/query", json={"task": task, **fields})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    def awaited(self, trace_id: str, **params: str) -> dict[str, Any]:
        trace: dict[str, Any] = self.get(
            f"/traces/{trace_id}", headers={"Prefer": "wait=20"}, params=params
        )
        return trace

    def delete(self) -> httpx.Response:
        return self.http.delete(str(self.http.base_url).rstrip("/"))

    def q_value(self, memory_id: str) -> float:
        return float(self.get(f"/memories/{memory_id}")["q_value"])

    def key(self, *scopes: str) -> str:
        body = {"label": "for a test", "scopes": list(scopes)}
        answer = self.http.post("/api-keys", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["api_key"])
