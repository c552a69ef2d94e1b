"""
What it costs to hand over and encode a long run, side by side with one `json.dumps` of it.

Each line pairs the client with that baseline: both do the same run in turn, in CPU time of their
thread, so that whatever else the machine does meets both alike. The last line tells how late a
task on an event loop wakes up while another thread encodes the run.

    python benchmarks/set_output.py
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import pydantic

from reflect_sdk import redaction
from reflect_sdk._flows.run_body import Limits, encoded_body
from reflect_sdk._types.outgoing import AS_IT_IS, Outgoing
from reflect_sdk._types.trajectory import taken

FIELDS: dict[str, Any] = {"task": "Count", "metadata": {}}
TICK = 0.001


class Model(pydantic.BaseModel):
    """
    A message of a library of models.
    """

    role: str
    content: Any


@dataclasses.dataclass
class Record:
    """
    A message of a library of dataclasses.
    """

    role: str
    content: Any


def run_of(size: int) -> list[dict[str, Any]]:
    """
    Make a run of that many bytes of JSON: calls of tools, and rows as their results.
    """
    messages: list[dict[str, Any]] = []
    while len(messages) < 2 or len(json.dumps(messages[:2])) * len(messages) / 2 < size:
        number = len(messages)
        arguments = {"q": f"order {number}", "limit": 10, "filters": {"open": True, "since": None}}
        rows = [
            {"id": n, "name": f"row {n} of {number}", "price": n * 1.5, "tags": ["a", str(n)]}
            for n in range(8)
        ]
        call = {"id": f"c{number}", "name": "search", "arguments": arguments}
        messages += [
            {"role": "assistant", "content": "Searching.", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": rows},
        ]
    return messages


def cpu(work: Callable[[], object]) -> float:
    """
    Return the milliseconds of this thread that some work takes.
    """
    started = time.thread_time()
    work()
    return (time.thread_time() - started) * 1000


def compared(
    what: str, rounds: int, ours: Callable[[], object], theirs: Callable[[], object]
) -> None:
    """
    Print the medians of both, and the median of the ratios of pairs.
    """
    pairs = [(cpu(ours), cpu(theirs)) for _ in range(rounds)]
    ratio = statistics.median(first / second for first, second in pairs)
    mine, baseline = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{what:44} {mine:8.1f} ms   json.dumps {baseline:8.1f} ms   ratio {ratio:6.2f}")


async def latest_tick(work: Callable[[], object]) -> float:
    """
    Return by how many milliseconds a task on the loop wakes up too late while a thread works.
    """
    thread = threading.Thread(target=work)
    worst, before = 0.0, time.perf_counter()
    thread.start()
    while thread.is_alive():
        await asyncio.sleep(TICK)
        now = time.perf_counter()
        worst, before = max(worst, now - before - TICK), now
    return worst * 1000


def main() -> None:
    """
    Measure and print.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=2_300_000, help="bytes of JSON; 2,300,000")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    rounds = options.rounds
    plain = run_of(options.size)
    models = [Model(role=message["role"], content=message) for message in plain]
    records = [Record(role=message["role"], content=message) for message in plain]
    dumped = [dataclasses.asdict(record) for record in records]
    print(f"{len(plain):,} messages, {len(json.dumps(plain)):,} bytes")
    compared("copy dicts", rounds, lambda: taken(plain), lambda: json.dumps(plain))
    compared("copy models of pydantic", rounds, lambda: taken(models), lambda: json.dumps(dumped))
    compared("copy dataclasses", rounds, lambda: taken(records), lambda: json.dumps(dumped))
    kept = taken(plain)
    redacted = Outgoing(redact=redaction.common_secrets)

    def encode(outgoing: Outgoing = AS_IT_IS) -> bytes:
        return encoded_body(FIELDS, kept, outgoing, Limits())

    compared("encode for sending", rounds, encode, lambda: json.dumps(plain))
    few = rounds // 5 + 1
    compared("redact and encode", few, lambda: encode(redacted), lambda: json.dumps(plain))
    late = [asyncio.run(latest_tick(encode)) for _ in range(few)]
    dumps = [asyncio.run(latest_tick(lambda: json.dumps(plain))) for _ in range(few)]
    print(
        f"{'a tick is late by at most, median':44} {statistics.median(late):8.1f} ms   "
        f"json.dumps {statistics.median(dumps):8.1f} ms"
    )


if __name__ == "__main__":
    main()
