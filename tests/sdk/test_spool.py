"""
Runs that an outage keeps from being recorded.
"""

from __future__ import annotations

import asyncio
import json
import logging
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reflect_sdk import (
    APIStatusError,
    InvalidArgumentError,
    ReflectClient,
    ServerError,
    TraceContext,
    TraceLostError,
)
from reflect_server.testing import running_server

from .scripted import RECEIPT, Answer, Asked, Scripted

DOWN = Answer(status=503, body=b"", headers={"Retry-After-Ms": "1"})
REFUSED = Answer(status=422, body={"detail": "`task` is blank."})


def _taking(answer: Answer) -> Callable[[Asked], Answer]:
    return lambda asked: Answer(body=[]) if asked.path.endswith("/query") else answer


def _run(client: ReflectClient, task: str = "Count") -> TraceContext:
    with client.trace(task) as context:
        context.set_output(trajectory=[{"role": "assistant", "content": "42"}], result="pass")
    return context


def _client(service: Scripted, folder: Path, project: str = "p") -> ReflectClient:
    return ReflectClient(
        base_url=service.url,
        api_key="topsecret",
        project_id=project,
        spool_dir=folder,
        background=False,
    )


def test_a_run_is_kept_during_an_outage_and_recorded_with_the_next_one(
    service: Scripted, tmp_path: Path
):
    service.always = _taking(DOWN)
    with _client(service, tmp_path / "spool") as client:
        assert not _run(client, "First").submitted
        (kept,) = (tmp_path / "spool").iterdir()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert "topsecret" not in kept.read_text()
        first_key = service.asked[-1].headers["Idempotency-Key"]

        service.always = _taking(Answer(body=RECEIPT))
        service.asked.clear()
        assert _run(client, "Second").trace_id == "t1"
    recorded = [asked for asked in service.asked if asked.path.endswith("/traces")]
    assert [asked.body["task"] for asked in recorded] == ["Second", "First"]
    assert recorded[1].headers["Idempotency-Key"] == first_key
    assert list((tmp_path / "spool").iterdir()) == []


def test_another_process_records_what_was_kept_once(
    tmp_path: Path, service: Scripted, spawn: Callable[..., subprocess.Popen[str]]
):
    service.always = _taking(DOWN)
    with _client(service, tmp_path) as client:
        for number in range(3):
            _run(client, f"Run {number}")
    with running_server() as (base_url, api_key):
        for kept in tmp_path.glob("*.trace.json"):
            record = json.loads(kept.read_text())
            kept.write_text(json.dumps({**record, "base_url": base_url}))
        script = f"""
from reflect_sdk import ReflectClient
options = dict(base_url={base_url!r}, api_key={api_key!r}, spool_dir={str(tmp_path)!r})
with ReflectClient(**options) as client:
    client.deliver_spooled_traces()
"""
        deliverers = [spawn([sys.executable, "-c", script]) for _ in range(2)]
        assert [deliverer.wait() for deliverer in deliverers] == [0, 0]
        with ReflectClient(base_url=base_url, api_key=api_key, project_id="p") as client:
            assert sorted(trace.task for trace in client.list_traces()) == [
                "Run 0",
                "Run 1",
                "Run 2",
            ]
    assert list(tmp_path.glob("*.trace.json")) == []


def test_a_run_that_the_service_refuses_is_set_aside(
    service: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    service.always = _taking(DOWN)
    with _client(service, tmp_path) as client:
        _run(client)
        service.always = _taking(REFUSED)
        assert client.deliver_spooled_traces() == 0
        assert asyncio.run(client.deliver_spooled_traces_async()) == 0
    assert [path.suffix for path in tmp_path.iterdir()] == [".refused"]
    assert "is refused" in caplog.text


@pytest.mark.parametrize(
    "change",
    [{"idempotency_key": None}, {"idempotency_key": "a\n"}, {"project_id": ""}, {"body": 5}],
)
def test_a_run_on_disk_that_can_never_be_sent_is_set_aside(
    service: Scripted, tmp_path: Path, change: dict[str, object]
):
    service.always = _taking(DOWN)
    with _client(service, tmp_path) as client:
        _run(client)
        (kept,) = tmp_path.iterdir()
        kept.write_text(json.dumps({**json.loads(kept.read_text()), **change}))
        service.always = _taking(Answer(body=RECEIPT))
        assert _run(client).trace_id == "t1"
    assert [path.suffix for path in tmp_path.iterdir()] == [".refused"]


def test_an_outage_that_lasts_leaves_everything_where_it_is(service: Scripted, tmp_path: Path):
    service.always = _taking(DOWN)
    with _client(service, tmp_path) as client:
        _run(client)
        _run(client)
        assert client.deliver_spooled_traces() == 0
    assert len(list(tmp_path.glob("*.trace.json"))) == 2


def test_only_runs_for_the_same_service_are_delivered(service: Scripted, tmp_path: Path):
    (tmp_path / "broken.trace.json").write_text("{")
    record = {"base_url": "http://elsewhere", "project_id": "p", "idempotency_key": "k", "body": {}}
    (tmp_path / "foreign.trace.json").write_text(json.dumps(record))
    with _client(service, tmp_path) as client:
        assert client.deliver_spooled_traces() == 0
    assert service.asked == []
    assert len(list(tmp_path.iterdir())) == 2


def test_a_run_that_raised_during_an_outage_is_kept_as_failed(service: Scripted, tmp_path: Path):
    service.always = _taking(DOWN)
    with (  # noqa: PT012 - the block is the point
        _client(service, tmp_path) as client,
        pytest.raises(KeyError),
        client.trace("Count") as context,
    ):
        context.set_output(trajectory="did it")
        raise KeyError("no such table")
    (kept,) = tmp_path.iterdir()
    assert json.loads(kept.read_text())["body"]["review"]["result"] == "fail"


def test_a_run_that_cannot_be_kept_either_is_lost_and_says_so(
    service: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    service.always = _taking(DOWN)
    with _client(service, tmp_path / "spool") as client:
        (tmp_path / "spool").touch()
        with (
            caplog.at_level(logging.WARNING, "reflect_sdk"),
            pytest.raises(TraceLostError, match="'Count' was not recorded") as caught,
        ):
            _run(client)
    assert isinstance(caught.value.outage, ServerError)
    assert "could not be kept on disk" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        DOWN,
        Answer(status=401, body={}),
        Answer(status=403, body={}),
        Answer(status=404, body={}),
        Answer(status=429, body={}, headers={"Retry-After-Ms": "1"}),
        Answer(body=b"<html>Sign in</html>"),
    ],
    ids=["503", "401", "403", "404", "429", "a page"],
)
def test_what_may_change_keeps_no_run_from_being_recorded_later(
    service: Scripted, tmp_path: Path, answer: Answer
):
    with _client(service, tmp_path) as client:
        service.always = _taking(DOWN)
        _run(client)
        service.always = _taking(answer)
        assert client.deliver_spooled_traces() == 0
        service.always = _taking(Answer(body=RECEIPT))
        assert client.deliver_spooled_traces() == 1
    assert list(tmp_path.iterdir()) == []


def test_one_run_that_fails_does_not_hold_up_the_others(service: Scripted, tmp_path: Path):
    with _client(service, tmp_path) as client:
        service.always = _taking(DOWN)
        for task in ("First", "Second"):
            _run(client, task)
        service.always = lambda asked: (
            DOWN if asked.body["task"] == "First" else Answer(body=RECEIPT)
        )
        assert client.deliver_spooled_traces() == 1


def test_one_thread_delivers_at_a_time(service: Scripted, tmp_path: Path):
    meanwhile: list[int] = []
    with _client(service, tmp_path) as client:
        service.always = _taking(DOWN)
        _run(client)

        def answer(asked: Asked) -> Answer:
            meanwhile.append(_client(service, tmp_path).deliver_spooled_traces())
            return Answer(body=RECEIPT)

        service.always = answer
        assert client.deliver_spooled_traces() == 1
    assert meanwhile == [0]


def test_runs_on_disk_that_cannot_be_read_do_not_disturb_the_one_that_ended(
    service: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def unreadable(*_: object) -> None:
        raise PermissionError("not yours")

    service.always = _taking(Answer(body=RECEIPT))
    monkeypatch.setattr(Path, "glob", unreadable)
    with _client(service, tmp_path) as client:
        assert _run(client).trace_id == "t1"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_is_loud_and_the_run_is_kept(service: Scripted, tmp_path: Path, status: int):
    service.always = _taking(Answer(status=status, body={}))
    with _client(service, tmp_path) as client, pytest.raises(APIStatusError):
        _run(client)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_run_that_the_service_refuses_is_loud_and_not_kept(service: Scripted, tmp_path: Path):
    service.always = _taking(REFUSED)
    with _client(service, tmp_path) as client, pytest.raises(APIStatusError):
        _run(client)
    assert list(tmp_path.iterdir()) == []


def test_a_run_whose_recording_is_cancelled_is_kept(service: Scripted, tmp_path: Path):
    over = threading.Event()

    async def run() -> None:
        sending = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold(asked: Asked) -> Answer:
            if asked.path.endswith("/query"):
                return Answer(body=[])
            loop.call_soon_threadsafe(sending.set)
            over.wait()
            return Answer(body=RECEIPT)

        async def record() -> None:
            async with _client(service, tmp_path).trace_async("Count") as context:
                context.set_output(trajectory="did it")

        service.always = hold
        recording = asyncio.create_task(record())
        await sending.wait()
        recording.cancel()
        with pytest.raises(asyncio.CancelledError):
            await recording
        over.set()

    asyncio.run(run())
    (kept,) = tmp_path.iterdir()
    assert json.loads(kept.read_text())["body"]["trajectory"] == "did it"


@pytest.mark.parametrize("spooled", [True, False])
def test_a_coroutine_that_is_closed_keeps_its_run_or_says_that_it_is_lost(
    service: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture, spooled: bool
):
    service.always = _taking(Answer(body=RECEIPT))
    client = ReflectClient(
        base_url=service.url,
        api_key="k",
        spool_dir=tmp_path if spooled else None,
        background=False,
    )
    abandoned = client.trace_async("Count")

    async def enter() -> None:
        context = await abandoned.__aenter__()
        context.set_output(trajectory="did it")

    loop = asyncio.new_event_loop()
    loop.run_until_complete(enter())
    leaving = abandoned.__aexit__(GeneratorExit, GeneratorExit(), None)
    with caplog.at_level(logging.WARNING, "reflect_sdk"), pytest.raises(StopIteration):
        leaving.send(None)  # It ends at once, without a loop to wait on.
    loop.run_until_complete(client.aclose())
    loop.close()
    assert len(list(tmp_path.iterdir())) == spooled
    assert ("is lost" in caplog.text) is not spooled


def test_a_spool_that_is_no_folder_is_refused(tmp_path: Path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InvalidArgumentError, match="spool_dir must be a folder"):
        ReflectClient(base_url="http://localhost", api_key="k", spool_dir=file)
