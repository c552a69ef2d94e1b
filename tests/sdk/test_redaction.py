"""
What a redactor takes out never leaves the process.
"""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reflect_sdk import InvalidArgumentError, ReflectClient, TraceLostError, redaction

from .scripted import MEMORY, RECEIPT, TRACE, Answer, Asked, Scripted

SECRET = "hunter2"
FAILED = "[redacted: the redactor failed]"


def _without(text: str) -> str:
    return text.replace(SECRET, "…")


def _answer(asked: Asked) -> Answer:
    if asked.path.endswith("/memory/query"):
        return Answer(body=[MEMORY])
    return Answer(body=RECEIPT if asked.path.endswith("/traces") else TRACE)


def _client(service: Scripted, redact: Any = _without, **options: Any) -> ReflectClient:
    return ReflectClient(base_url=service.url, api_key="k", redact=redact, max_retries=0, **options)


CALLS: dict[str, Callable[[ReflectClient], object]] = {
    "a query": lambda client: client.query_memories(
        f"Log in with {SECRET}", metadata_filter={"password": SECRET}
    ),
    "an augmented task": lambda client: client.augment_with_memories(f"Log in with {SECRET}"),
    "a trace": lambda client: client.create_trace(
        task=f"Log in with {SECRET}",
        trajectory=[
            {
                "role": "user",
                "content": [{"type": "text", "text": SECRET}],
                f"{SECRET} as a name": 1,
                "bytes of it": {"x": SECRET.encode()},
                "set": {SECRET},
                "arguments": json.dumps({"quoted": f'"\\n{SECRET}'}),
                "error": ValueError(SECRET),
            }
        ],
        final_response=f"It was {SECRET}",
        metadata={SECRET: {"deep": [SECRET]}},
        review_result="fail",
        feedback_text=f"Never say {SECRET}",
        reference_context=f"Not {SECRET}",
        model=f"model of {SECRET}",
    ),
    "a trace of text": lambda client: client.create_trace(task="t", trajectory=f"Said {SECRET}"),
    "a trace of JSON": lambda client: client.create_trace(
        task="t", trajectory=json.dumps([{"content": f"\n{SECRET}"}])
    ),
    "a trace of odd JSON": lambda client: client.create_trace(
        task="t", trajectory=json.dumps([SECRET])
    ),
    "a trace of what is nearly JSON": lambda client: client.create_trace(
        task="t", trajectory=[{"content": f"{{\\ {SECRET}"}]
    ),
    "a trace of half of JSON": lambda client: client.create_trace(
        task="t", trajectory=f'[{{"content": "{SECRET}'
    ),
    "a review": lambda client: client.review_trace("t1", result="fail", feedback_text=SECRET),
    "another review": lambda client: client.change_review(
        "t1", result="fail", feedback_text=SECRET
    ),
    "a memory": lambda client: client.create_memory(
        task=SECRET,
        summary=SECRET,
        guidance=SECRET,
        key_mistake=SECRET,
        correct_action=SECRET,
        result="fail",
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_no_request_holds_what_is_taken_out(service: Scripted, call: str):
    service.always = _answer
    with _client(service) as client:
        CALLS[call](client)
    sent = json.dumps(service.asked[-1].body, ensure_ascii=False)
    assert SECRET not in sent
    assert "…" in sent


def test_a_message_can_still_be_read(service: Scripted):
    service.script(Answer(body=RECEIPT))
    with _client(service, redact=lambda _: "…") as client:
        client.create_trace(
            task="Log in",
            trajectory=[{"role": "user", "content": "My password", "n": 1, "x": None}],
        )
    assert service.asked[-1].body["trajectory"] == [
        {"role": "user", "content": "…", "…": 1, "…'": None}
    ]


def test_a_run_that_raises_tells_nothing_of_it(service: Scripted):
    service.always = _answer
    with (  # noqa: PT012 - the block is the point
        _client(service) as client,
        pytest.raises(ValueError, match=SECRET),
        client.trace(f"Log in with {SECRET}") as context,
    ):
        assert context.task == f"Log in with {SECRET}"
        context.set_output(trajectory=[{"content": SECRET}])
        raise ValueError(SECRET)
    assert SECRET not in json.dumps([asked.body for asked in service.asked])


def test_the_spool_the_log_and_the_error_of_a_lost_run_tell_nothing_of_it(
    service: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    service.script(Answer(status=503, body={"detail": f"no {SECRET}"}))
    with caplog.at_level(logging.DEBUG), _client(service, spool_dir=tmp_path) as client:
        with client.trace(f"Log in with {SECRET}") as context:
            context.set_output(trajectory=[{"content": SECRET}], metadata={"x": SECRET})
        context.set_output(trajectory="late")
    (kept,) = tmp_path.iterdir()
    assert SECRET not in kept.read_text()
    with (
        caplog.at_level(logging.DEBUG),
        _client(service, background=False) as client,
        pytest.raises(TraceLostError) as caught,
        client.trace(f"Log in with {SECRET}") as context,
    ):
        context.set_output(trajectory=[{"content": SECRET}])
    assert caught.value.task == "Log in with …"
    own = [record.getMessage() for record in caplog.records if "run" in record.getMessage()]
    assert own
    assert not [message for message in own if f"with {SECRET}" in message]


def test_another_client_over_the_same_connections_takes_the_same_out(service: Scripted):
    service.always = _answer
    with _client(service) as client:
        client.with_options(project_id="other").query_memories(SECRET)
    assert service.asked[-1].body["task"] == "…"


def _raising(text: str) -> str:
    raise LookupError(text)


@pytest.mark.parametrize("redact", [_raising, lambda _: None, lambda text: text.encode()])
def test_a_redactor_that_fails_leaks_nothing_and_loses_no_run(
    service: Scripted, redact: Any, caplog: pytest.LogCaptureFixture
):
    service.always = _answer
    with (
        caplog.at_level(logging.DEBUG),
        _client(service, redact) as client,
        client.trace(SECRET) as context,
    ):
        context.set_output(
            trajectory=[{"role": "user", "content": SECRET, "card": 4111111111111111}]
        )
    body = service.asked[-1].body
    assert body["task"] == FAILED
    assert body["trajectory"] == [{"role": "user", "content": FAILED, FAILED: FAILED}]
    assert SECRET not in caplog.text
    assert "because `redact` raised" in caplog.text


def test_what_is_no_function_is_refused():
    with pytest.raises(InvalidArgumentError, match="redact must be a function"):
        ReflectClient(api_key="k", redact="keys")  # type: ignore[arg-type]  # the point


KEY, TOKEN, MAIL, CARD = (
    f"[redacted: {kind}]" for kind in ("key", "token", "mail address", "card")
)
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----"

TAKEN_OUT = [
    ("Use sk-proj-abcdefghijklmnop1234.", f"Use {KEY}."),
    ("sk-ant-api03-abcdefghijklmnop", KEY),
    ("sk_live_abcdefgh12345678 rf_live_abc_topsecret", f"{KEY} {KEY}"),
    ("AKIAIOSFODNN7EXAMPLE", KEY),
    ("AIzaSyA1234567890abcdefghijklmnopqrstu", KEY),
    ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", KEY),
    ("github_pat_11ABCDEFG0abcdefghijkl_mnop", KEY),
    ("glpat-abcdefghijklmnopqrst", KEY),
    ("xoxb-123456789012-abcdefghij", KEY),
    ("hf_abcdefghijklmnopqrstuvwxyz", KEY),
    (f"Here: {PEM} done", f"Here: {KEY} done"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE cut off", KEY),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_123", TOKEN),
    ("Authorization: Bearer abcdefghijklmn1234", f"Authorization: {TOKEN} {TOKEN}"),
    ("-H 'X: Basic dXNlcjpwYXNzd29yZA=='", f"-H 'X: Basic {TOKEN}'"),
    ("postgres://me:hunter2@db:5432/orders", f"postgres://me:{TOKEN}@db:5432/orders"),
    ("password: hunter2", f"password: {TOKEN}"),
    ("PASSWORD=hunter2 USER=ann", f"PASSWORD={TOKEN} USER=ann"),
    ('{"api_key": "abc 123", "n": 1}', f'{{"api_key": "{TOKEN}", "n": 1}}'),
    ("client_secret='a b'", f"client_secret='{TOKEN}'"),
    ("OPENAI_API_KEY=abcdef", f"OPENAI_API_KEY={TOKEN}"),
    ("https://x.test/?access_token=abc123&page=2", f"https://x.test/?access_token={TOKEN}&page=2"),
    ("Write to ann.lee+x@mail.example.com.", f"Write to {MAIL}."),
    ("<ann@example.co.uk>, bob@exämple.de", f"<{MAIL}>, {MAIL}"),
    ("4111111111111111", CARD),
    ("Card 4111 1111 1111 1111, exp 12/27", f"Card {CARD}, exp 12/27"),
    ("4111-1111-1111-1111", CARD),
    ("order 12 4111 1111 1111 1111 12 27", f"order 12 {CARD} 12 27"),
    ("3782 822463 10005 and 5555.5555.5555.4444", f"{CARD} and {CARD}"),
]
LEFT = [
    "Count the orders of March 2026",
    "max_tokens=4096, total tokens: 512",
    "The token that we use is short",
    "desk-lamp-and-a-long-name-of-a-thing",
    "@ann, see you @ 5",
    "https://x.test:8080/a@b",
    "4111 1111 1111 1112",
    "1731512345678",
    "0000000000000000",
    "4" * 40,
    "550e8400-e29b-41d4-a716-446655440000",
    "bearer of good news",
    "The password was wrong",
]


@pytest.mark.parametrize(("text", "expected"), TAKEN_OUT)
def test_common_secrets_are_taken_out(text: str, expected: str):
    assert redaction.common_secrets(text) == expected
    assert redaction.common_secrets(expected) == expected


@pytest.mark.parametrize("text", LEFT)
def test_other_texts_are_left(text: str):
    assert redaction.common_secrets(text) == text


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000 + "@", "1 " * 100_000, "eyJ" * 60_000, "://a:" * 40_000, "token " * 40_000],
)
def test_long_texts_take_a_time_in_proportion(text: str):
    assert redaction.common_secrets(text) == text


def test_what_stands_under_the_name_of_a_secret_is_taken_out(service: Scripted):
    service.script(Answer(body=RECEIPT))
    with _client(service, redaction.common_secrets) as client:
        client.create_trace(
            task="Log in",
            trajectory=[
                {"role": "tool", "arguments": {"userPassword": "x", "API-Key": 7, "max_tokens": 5}},
                {"headers": {"Authorization": ["Basic", "x"], "Accept": "*/*", "Cookie": None}},
                {"card": 4111111111111111, "at": 1731512345678},
            ],
        )
    hidden = "[redacted]"
    assert service.asked[-1].body["trajectory"] == [
        {"role": "tool", "arguments": {"userPassword": hidden, "API-Key": hidden, "max_tokens": 5}},
        {"headers": {"Authorization": hidden, "Accept": "*/*", "Cookie": None}},
        {"card": CARD, "at": 1731512345678},
    ]


def test_redactors_can_be_chained(service: Scripted):
    redact = redaction.Chain((redaction.mail_addresses, _without), hides_names=False)
    service.script(Answer(body=RECEIPT))
    with _client(service, redact) as client:
        client.create_trace(
            task="ann@example.com", trajectory="x", metadata={"password": SECRET, "at": "x"}
        )
    body = service.asked[-1].body
    assert body["task"] == MAIL
    assert body["metadata"] == {"password": "…", "at": "x"}


def test_bytes_and_dates_are_as_without_a_redactor(service: Scripted):
    service.script(Answer(body=RECEIPT))
    with _client(service, bytes_as="base64") as client:
        client.create_trace(
            task="t", trajectory=[{"a": b"abc", "b": datetime.date(2026, 3, 1), "c": (1, 2)}]
        )
    assert service.asked[-1].body["trajectory"] == [
        {"a": {"bytes": 3, "base64": "YWJj"}, "b": "2026-03-01", "c": [1, 2]}
    ]
