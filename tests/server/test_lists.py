"""
Lists page by page, while others write, and what cursors tell.
"""

from __future__ import annotations

import json
import re
import socket
import time
from contextlib import ExitStack
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from reflect_server.domain.pagination import AT_ONCE
from reflect_server.testing import ServerProcess

from .projects import Project


def next_cursor(answer: httpx.Response) -> str | None:
    link = answer.links.get("next")
    return None if link is None else parse_qs(urlsplit(link["url"]).query)["cursor"][0]


def page(project: Project, cursor: str | None = None, **params: str | int) -> httpx.Response:
    given = {"limit": 2, **params} | ({} if cursor is None else {"cursor": cursor})
    answer = project.http.get("/traces", params=given)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_list_holds_what_there_was_while_others_write_and_delete(project: Project):
    created = [project.create(f"task {number}") for number in range(9)]
    read: list[str] = []
    cursor: str | None = None
    while True:
        answer = page(project, cursor)
        read += [trace["id"] for trace in answer.json()]
        project.http.post("/traces/delete", json={"trace_ids": read[-2:]})
        project.create("recorded later")
        cursor = next_cursor(answer)
        if cursor is None:
            break

    assert read == created[::-1]


@pytest.mark.parametrize(
    "number", [AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE, 3 * AT_ONCE + 1]
)
def test_a_list_without_a_limit_is_whole(project: Project, number: int):
    created = [project.create(model="even" if n % 2 else "odd") for n in range(number)]

    assert [trace["id"] for trace in project.get("/traces")] == created[::-1]
    odd = project.get("/traces", params={"model": "odd"})
    assert [trace["id"] for trace in odd] == created[::2][::-1]
    answer = page(project, limit=2)
    rest = project.get("/traces", params={"cursor": next_cursor(answer) or ""})
    assert answer.json() + rest == project.get("/traces")


def test_a_long_list_of_memories_is_whole(project: Project):
    made = [project.memory(f"task {number}") for number in range(2 * AT_ONCE + 1)]

    assert [memory["id"] for memory in project.get("/memories")] == made[::-1]


def recorded(http: httpx.Client) -> list[str]:
    """
    Record more than what lies between a server and a reader that waits.
    """
    run = {"task": "Count the orders", "trajectory": [{"content": "x" * 200_000}]}
    answers = [http.post("/traces", json=run) for _ in range(100)]
    return [answer.raise_for_status().json()["trace_id"] for answer in answers]


def answered(server: ServerProcess) -> dict[str, int]:
    """
    Say how often lists of traces were answered with each status.
    """
    key = {"Authorization": f"Bearer {server.first_key}"}
    said = httpx.get(f"{server.base_url}/metrics", headers=key).text
    pattern = r'reflect_requests_total{operation="list_traces",status="(\d+)"} (\d+)'
    return {status: int(number) for status, number in re.findall(pattern, said)}


def until_answered(server: ServerProcess, status: str) -> None:
    end = time.monotonic() + 30
    while status not in answered(server):
        assert time.monotonic() < end, answered(server)


def test_a_long_list_is_read_while_others_write_and_delete(project: Project):
    created = recorded(project.http)
    with project.http.stream("GET", "/traces") as answer:
        parts = answer.iter_bytes()
        start = next(parts)
        project.create("recorded later")
        project.http.post("/traces/delete", json={"trace_ids": created[: AT_ONCE // 2]})
        whole = json.loads(b"".join((start, *parts)))

    read = [trace["id"] for trace in whole]
    assert read == created[AT_ONCE // 2 :][::-1]


@pytest.mark.parametrize("made_again", [False, True])
def test_a_list_whose_project_is_deleted_meanwhile_is_not_taken_for_whole(
    own_server: ServerProcess, http: httpx.Client, made_again: bool
):
    recorded(http)
    with http.stream("GET", "/traces") as answer:
        parts = answer.iter_bytes()
        next(parts)
        assert http.delete(str(http.base_url).rstrip("/")).status_code == 200
        if made_again:
            assert http.post("/traces", json={"task": "t", "trajectory": []}).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            b"".join(parts)
    until_answered(own_server, "500")
    assert "was deleted while its list was sent" in own_server.log


def test_a_reader_that_leaves_ends_the_list(own_server: ServerProcess, http: httpx.Client):
    recorded(http)
    with http.stream("GET", "/traces") as answer:
        next(answer.iter_bytes())
    until_answered(own_server, "499")
    assert answered(own_server) == {"499": 1}


def test_a_stop_in_the_middle_of_a_list_is_no_crash(own_server: ServerProcess, http: httpx.Client):
    recorded(http)
    with http.stream("GET", "/traces") as answer:
        parts = answer.iter_bytes()
        next(parts)
        assert own_server.stop() == 0
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            b"".join(parts)
    assert "broke off as the service ends: GET /v1/projects/p/traces" in own_server.log
    assert "Traceback" not in own_server.log


def test_as_many_long_lists_are_sent_at_once_as_there_is_room_for(http: httpx.Client):
    recorded(http)
    with ExitStack() as open_lists:
        statuses = [
            open_lists.enter_context(http.stream("GET", "/traces")).status_code for _ in range(17)
        ]
        assert statuses == [200] * 16 + [503]
        assert http.get("/traces", params={"limit": 1}).status_code == 200
        assert http.get("/memories").status_code == 200
    end = time.monotonic() + 30
    while (answer := http.get("/traces")).status_code == 503:  # They end when they notice.
        assert time.monotonic() < end
    assert len(answer.json()) == 100


def test_a_caller_that_knows_no_chunks_gets_a_length(project: Project):
    created = [project.create() for _ in range(3 * AT_ONCE)]
    url = httpx.URL(project.server.base_url)
    with socket.create_connection((url.host, url.port)) as connection:
        connection.sendall(
            f"GET /v1/projects/{project.id}/traces HTTP/1.0\r\n"
            f"Authorization: Bearer {project.server.api_key}\r\n\r\n".encode()
        )
        head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert [trace["id"] for trace in json.loads(body)] == created[::-1]


def test_cursors_tell_nothing_of_how_much_there_is(project: Project, other_project: Project):
    cursors = []
    for number in range(12):
        (other_project if number % 2 else project).create()
        cursors.append(next_cursor(page(project, limit=1)))
    seen = [cursor for cursor in cursors if cursor is not None]

    assert len({len(cursor) for cursor in seen}) == 1
    assert len(set(seen)) == 5
    shared = [sum(a == b for a, b in zip(x, y, strict=True)) for x in seen for y in seen if x != y]
    assert max(shared) < len(seen[0]) / 2


def test_a_cursor_is_good_for_its_own_list_alone(project: Project, other_project: Project):
    for opened in (project, other_project):
        for _ in range(3):
            opened.memory()
    cursor = next_cursor(page(project))

    def status(opened: Project, path: str, given: str) -> int:
        return opened.http.get(path, params={"cursor": given}).status_code

    assert cursor is not None
    assert status(project, "/traces", cursor) == 200
    assert status(other_project, "/traces", cursor) == 422
    assert status(project, "/memories", cursor) == 422
    changed = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    assert status(project, "/traces", changed) == 422


def test_filters_hold_over_all_pages(project: Project):
    wanted = {}
    for number in range(12):
        odd = number % 2
        trace_id = project.create(
            model="m" if odd else "other", metadata={"n": number % 3, "tags": ["a", {"b": None}]}
        )
        if odd and number % 3 == 1:
            wanted[trace_id] = number
    params = {"model": "m", "metadata_filter": json.dumps({"n": 1.0, "tags": ["a", {"b": None}]})}

    read: list[str] = []
    cursor: str | None = None
    while True:
        answer = page(project, cursor, **params, limit=1)
        read += [trace["id"] for trace in answer.json()]
        cursor = next_cursor(answer)
        if cursor is None:
            break

    assert read == list(wanted)[::-1]
