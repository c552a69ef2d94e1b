import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reflect_cli.demo.database import create_database
from reflect_cli.demo.errors import DemoError
from reflect_cli.demo.execution import Outcome
from reflect_cli.demo.model import Answer, ChatModel, ModelAgent, ModelReflector, read_sql
from reflect_cli.demo.results import Run
from reflect_cli.demo.tasks import load_tasks

TASK = load_tasks()[0]
KEY = "sk-very-secret"


class Endpoint(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint that gives prepared replies, the last one for ever."""

    daemon_threads = True

    def __init__(self, replies: list[str | int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = replies
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(json.loads(body))
        replies = self.server.replies
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, int):
            self.answer(reply, {"error": {"message": f"Bad key {KEY}, use none"}})
            return
        message = {"role": "assistant", "content": reply}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        head = {"id": "1", "object": "chat.completion", "created": 1, "model": "scripted"}
        self.answer(200, {**head, "choices": [choice]})

    def answer(self, status: int, payload: dict[str, Any]) -> None:
        data = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - The base's name.
        pass


@contextmanager
def endpoint(*replies: str | int) -> Iterator[tuple[Endpoint, ChatModel]]:
    with Endpoint(list(replies)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            with closing(ChatModel("scripted", base_url=server.url, api_key=KEY)) as model:
                yield server, model
        finally:
            server.shutdown()
            thread.join()


def ask(model: ChatModel, prompt: str = "How many warehouses?") -> Answer:
    with closing(create_database()) as connection:
        return ModelAgent(model, connection).answer(TASK.question, (), prompt)


def test_a_model_is_given_the_schema_and_the_prompt_but_no_draft():
    with endpoint("```sql\nSELECT 3;\n```") as (server, model):
        assert ask(model, "How many? Earlier: heed this.").sql == "SELECT 3"
    sent = json.dumps(server.requests)
    assert "CREATE TABLE warehouses" in sent
    assert "Earlier: heed this." in sent
    assert TASK.question.draft not in sent


def test_no_proxy_leads_to_a_model_on_this_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "fe80::/10")
    with endpoint("```sql\nSELECT 3;\n```") as (_, model):
        assert ask(model).sql == "SELECT 3"


def test_a_query_that_does_not_run_is_shown_to_the_model_once_and_recorded():
    with endpoint("```sql\nSELECT nosuch\n```", "```sql\nSELECT 3\n```") as (server, model):
        answer = ask(model)
    assert answer.sql == "SELECT 3"
    assert [message["role"] for message in answer.messages] == ["assistant", "tool"]
    assert answer.messages[1]["content"] == "Error: no such column: nosuch"
    assert "no such column" in server.requests[1]["messages"][-1]["content"]


def test_a_query_that_fails_twice_is_the_answer_as_it_is():
    with endpoint("DROP TABLE orders", "DELETE FROM orders") as (_, model):
        assert ask(model).sql == "DELETE FROM orders"


def test_a_failing_endpoint_ends_in_one_sentence_without_the_key():
    with endpoint(401) as (_, model), pytest.raises(DemoError, match="did not answer") as caught:
        ask(model)
    assert KEY not in str(caught.value)


def test_without_a_key_nothing_of_what_an_endpoint_says_is_hidden():
    with (
        endpoint(401) as (server, _),
        closing(ChatModel("scripted", base_url=server.url, api_key=None)) as model,
        pytest.raises(DemoError, match="use none"),
    ):
        ask(model)


def test_an_empty_reply_is_an_error():
    with endpoint("") as (_, model), pytest.raises(DemoError, match="without any text"):
        ask(model)


def test_a_missing_key_is_refused_unless_an_endpoint_is_named():
    with pytest.raises(DemoError, match="No API key was found"):
        ChatModel("m", base_url=None, api_key=None)


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(DemoError, match=r"reflect-sdk\[server,openai\]"):
        ChatModel("m", base_url="http://127.0.0.1:9/v1", api_key=None)


@pytest.mark.parametrize(
    ("reply", "sql"),
    [
        ("SELECT 1", "SELECT 1"),
        ("Here:\n```sql\nSELECT 1;\n```\nDone.", "SELECT 1"),
        ("```\nSELECT 0\n```\nor better\n```SQL\nSELECT 1\n```", "SELECT 1"),
    ],
)
def test_the_query_is_taken_out_of_the_reply(reply: str, sql: str):
    assert read_sql(reply) == sql


def run_demo(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    options = ["demo", "--model", "scripted", "--base-url", url, *arguments]
    return subprocess.run(
        [sys.executable, "-c", "from reflect_cli.main import main; main()", *options],
        env={**os.environ, "OPENAI_API_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_runs_with_a_model_that_also_reflects(tmp_path: Path):
    picture = tmp_path / "curve.png"
    options = ["--json", "--reflect", "--epochs", "1", "--picture", str(picture)]
    with endpoint("```sql\nSELECT name FROM categories ORDER BY name\n```") as (server, _):
        result = run_demo(server.url, *options)
    assert result.returncode == 0
    found = json.loads(result.stdout)
    assert found["agent"] == "scripted"
    assert found["with_memory"] == found["without_memory"] == [1 / 52]
    assert picture.exists()
    prompts = [request["messages"][-1]["content"] for request in server.requests]
    assert any(len(prompt) > len(TASK.question.text) + 200 for prompt in prompts)


def test_a_model_that_fails_late_ends_the_demo_in_one_sentence(tmp_path: Path):
    picture = tmp_path / "curve.png"
    with endpoint(*["SELECT 3"] * 20, 401) as (server, _):
        result = run_demo(server.url, "--json", "--picture", str(picture))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("The model scripted did not answer:")
    assert result.stderr.count("\n") == 1
    assert KEY not in result.stderr
    assert not picture.exists()


def reflect_on(reply: str, *, passed: bool):
    feedback = None if passed else "Refunds are no revenue."
    run = Run(TASK, Answer("SELECT 1"), Outcome(rows=((1,),)), passed, feedback)
    with endpoint(reply) as (server, model):
        return ModelReflector(model).reflect(run), json.dumps(server.requests)


def test_a_model_writes_the_reflection_from_the_run_and_its_review():
    reply = 'Sure: {"summary": "s", "guidance": "g", "key_mistake": "k", "correct_action": null}'
    reflection, sent = reflect_on(reply, passed=False)
    assert (reflection.summary, reflection.guidance) == ("s", "g")
    assert (reflection.key_mistake, reflection.correct_action) == ("k", "")
    assert "Refunds are no revenue." in sent
    assert TASK.gold not in sent


@pytest.mark.parametrize("reply", ["no JSON", "{broken", "{not: json}", '{"summary": ""}'])
@pytest.mark.parametrize("passed", [True, False])
def test_an_unreadable_reflection_falls_back_on_the_review(reply: str, *, passed: bool):
    reflection, _ = reflect_on(reply, passed=passed)
    assert ("SELECT 1" if passed else "Refunds are no revenue.") in reflection.guidance
