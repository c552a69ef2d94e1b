"""
The least that a service over HTTP could do: what the server's costs are measured against.

`python bare_endpoint.py traces FILE` keeps each body as a row of a SQLite file, flushed to the disk
before the answer. `python bare_endpoint.py scan VECTORS QUERIES` compares a query's vector with all
vectors by one matrix product, and answers with the numbers of the ten nearest. Both listen on a
free port, which they print.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import uvicorn

Answer = Callable[[bytes], bytes]
NEAREST = 10


def keeping(path: str) -> Answer:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")

    def answer(body: bytes) -> bytes:
        row = connection.execute("INSERT INTO bodies (body) VALUES (?)", (body,)).lastrowid
        return json.dumps({"trace_id": row, "ingest_status": "completed"}).encode()

    return answer


def scanning(vectors_path: str, queries_path: str) -> Answer:
    vectors, queries = np.load(vectors_path), np.load(queries_path)

    def answer(body: bytes) -> bytes:
        similarities = vectors @ queries[json.loads(body)["number"] % len(queries)]
        nearest = np.argpartition(-similarities, min(NEAREST, len(similarities) - 1))[:NEAREST]
        ranked = nearest[np.argsort(-similarities[nearest])]
        found = [{"row": int(row), "similarity": float(similarities[row])} for row in ranked]
        return json.dumps(found).encode()

    return answer


def app(answer: Answer) -> Callable[..., Awaitable[None]]:
    async def bare(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        content = answer(body)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return bare


def main() -> None:
    kind, *paths = sys.argv[1:]
    answer = keeping(*paths) if kind == "traces" else scanning(*paths)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app(answer), log_config=None, access_log=False, lifespan="off")
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
