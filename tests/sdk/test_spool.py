"""
Runs that an outage keeps from being recorded.
"""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reflect_sdk import InvalidArgumentError, ReflectClient, ServerError, TraceLostError
from reflect_server.testing import running_server

from .scripted import RECEIPT, Answer, Asked, Scripted

DOWN = Answer(status=503, body=b"", headers={"Retry-After-Ms": "1"})
REFUSED = Answer(status=422, body={"detail": "`task` is blank."})


def _taking(answer: Answer) -> Callable[[Asked], Answer]:
    return lambda asked: Answer(body=[]) if asked.path.endswith("/query") else answer


def _run(client: ReflectClient, task: str = "Count") -> str | None:
    with client.trace(task) as context:
        context.set_output(trajectory=[{"role": "assistant", "content": "42"}], result="pass")
    return context.trace_id


def _client(service: Scripted, folder: Path, project: str = "p") -> ReflectClient:
    return ReflectClient(
        base_url=service.url, api_key="topsecret", project_id=project, spool_dir=folder
    )


def test_a_run_is_kept_during_an_outage_and_recorded_with_the_next_one(
    service: Scripted, tmp_path: Path
):
    service.always = _taking(DOWN)
    with _client(service, tmp_path / "spool") as client:
        assert _run(client, "First") is None
        (kept,) = (tmp_path / "spool").iterdir()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert "topsecret" not in kept.read_text()
        first_key = service.asked[-1].headers["Idempotency-Key"]

        service.always = _taking(Answer(body=RECEIPT))
        service.asked.clear()
        assert _run(client, "Second") == "t1"
    recorded = [asked for asked in service.asked if asked.path.endswith("/traces")]
    assert [asked.body["task"] for asked in recorded] == ["Second", "First"]
    assert recorded[1].headers["Idempotency-Key"] == first_key
    assert list((tmp_path / "spool").iterdir()) == []


def test_another_process_records_what_was_kept_once(tmp_path: Path, service: Scripted):
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
        deliverers = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
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


def test_a_run_that_cannot_be_kept_either_is_lost_and_says_so(service: Scripted, tmp_path: Path):
    service.always = _taking(DOWN)
    with _client(service, tmp_path / "spool") as client:
        (tmp_path / "spool").touch()
        with pytest.raises(TraceLostError, match="'Count' was not recorded") as caught:
            _run(client)
    assert isinstance(caught.value.__cause__, OSError)
    assert isinstance(caught.value.outage, ServerError)


def test_a_spool_that_is_no_folder_is_refused(tmp_path: Path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InvalidArgumentError, match="spool_dir must be a folder"):
        ReflectClient(base_url="http://localhost", api_key="k", spool_dir=file)
