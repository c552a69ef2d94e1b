"""
A model on a port of its own that answers by a script, in the forms of OpenAI's two APIs: it calls
`add`, then `divide`, and then says what came of it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TASK = "Add 2 and 3, then divide 1 by 0."
ANSWER = "The sum is 5; dividing by zero is not possible."
CALLS = [("add", {"a": 2, "b": 3}), ("divide", {"a": 1, "b": 0})]
_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


@contextmanager
def scripted_model() -> Iterator[str]:
    """
    Serve the model; yields its base URL.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()


class _Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name of the base
        pass

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "responses" in self.path:
            self._send(json.dumps(_response(asked)))
            return
        message = _message(asked)
        reason = "tool_calls" if message.get("tool_calls") else "stop"
        head = {"id": "x", "created": 1, "model": "scripted"}
        if not asked.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": reason}
            whole = {**head, "object": "chat.completion", "choices": [choice], "usage": _USAGE}
            self._send(json.dumps(whole))
            return
        calls = [{"index": 0, **call} for call in message.get("tool_calls", [])]
        delta = {**message, "tool_calls": calls} if calls else message
        chunks = [
            {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
            {"choices": [], "usage": _USAGE},
        ]
        lines = [json.dumps({**head, "object": "chat.completion.chunk", **one}) for one in chunks]
        events = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
        self._send(events, kind="text/event-stream")

    def _send(self, text: str, kind: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def _message(asked: dict[str, Any]) -> dict[str, Any]:
    messages, names = asked["messages"], [t["function"]["name"] for t in asked.get("tools") or []]
    told = str(messages)
    in_texts = told.count("Calling tools:") + min(1, told.count("Error executing tool '"))
    done = max(in_texts, sum(message.get("role") == "tool" for message in messages))
    if names and done < len(CALLS):
        name, arguments = CALLS[done]
    elif "final_answer" in names:
        name, arguments = "final_answer", {"answer": ANSWER}
    else:
        return {"role": "assistant", "content": ANSWER}
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": f"call_{done + 1}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _response(asked: dict[str, Any]) -> dict[str, Any]:
    items = asked["input"] if isinstance(asked["input"], list) else []
    before = asked.get("previous_response_id")
    answered = sum(item.get("type") == "function_call_output" for item in items)
    done = int(before.removeprefix("resp_")) + 1 if before else answered
    if done < len(CALLS):
        name, arguments = CALLS[done]
        item = {"type": "function_call", "id": f"fc_{done + 1}", "call_id": f"call_{done + 1}",
                "name": name, "arguments": json.dumps(arguments)}  # fmt: skip  # one item
    else:
        text = {"type": "output_text", "text": ANSWER, "annotations": []}
        item = {"type": "message", "id": "msg_1", "role": "assistant", "content": [text],
                "status": "completed"}  # fmt: skip  # one item
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2,
             "input_tokens_details": {"cached_tokens": 0},
             "output_tokens_details": {"reasoning_tokens": 0}}  # fmt: skip  # one object
    return {
        "id": f"resp_{done}",
        "object": "response",
        "created_at": 1,
        "model": "scripted",
        "status": "completed",
        "output": [item],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }
