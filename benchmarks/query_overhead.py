"""
What the SDK adds to a query: `query_memories` beside a bare pooled httpx client.

Both send the same request to the same `reflect serve`, in turn, so that whatever else the machine
does meets both alike. Run with `nox -s bench`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import httpx
from rich.progress import track

from reflect_sdk import ReflectClient
from reflect_server.testing import running_server

SUBJECTS = [
    "orders",
    "refunds",
    "customers",
    "invoices",
    "parcels",
    "tickets",
    "suppliers",
    "returns",
]
ACTIONS = ["Count", "List", "Compare", "Sum", "Export", "Check", "Rank", "Explain"]


def fill(client: ReflectClient, memories: int) -> None:
    """
    Store that many memories with tasks that differ.
    """
    for number in track(range(memories), "storing memories", transient=True):
        subject = SUBJECTS[number % len(SUBJECTS)]
        action = ACTIONS[number // len(SUBJECTS) % len(ACTIONS)]
        client.create_memory(
            task=f"{action} the {subject} of month {number}",
            summary=f"Lesson {number}",
            guidance=f"Do it as in case {number}.",
            result="pass" if number % 3 else "fail",
        )


def timed(call: Callable[[], object]) -> float:
    """
    Return how many seconds one call takes.
    """
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> None:
    """
    Measure and print the medians and the median of the paired ratios.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memories", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    task = "Count the refunds of month 7"
    with running_server() as (base_url, api_key):
        client = ReflectClient(base_url=base_url, api_key=api_key)
        fill(client, options.memories)
        bare = httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {api_key}"})
        body = {"task": task, "limit": 10, "lambda": 0.5, "mmr_lambda": 0.7}

        def by_hand() -> object:
            return bare.post("/v1/projects/default/memory/query", json=body).json()

        def by_sdk() -> object:
            return client.query_memories(task)

        for _ in range(50):
            timed(by_hand), timed(by_sdk)
        pairs = [
            (timed(by_sdk), timed(by_hand))
            for _ in track(range(options.rounds), "measuring", transient=True)
        ]
        client.close()
        bare.close()
    sdk, hand = (statistics.median(column) * 1e6 for column in zip(*pairs, strict=True))
    ratio = statistics.median(first / second for first, second in pairs)
    figures = {
        "memories": options.memories,
        "rounds": options.rounds,
        "sdk_us": round(sdk),
        "httpx_us": round(hand),
        "ratio_of_medians": round(sdk / hand, 3),
        "median_ratio": round(ratio, 3),
    }
    if options.json:
        print(json.dumps(figures))
        return
    print(f"query_memories, {options.memories} memories, {options.rounds} pairs")
    print(f"  through the SDK   {sdk:8.0f} µs")
    print(f"  bare pooled httpx {hand:8.0f} µs")
    print(f"  ratio of medians  {sdk / hand:8.3f}   (median of paired ratios {ratio:.3f})")


if __name__ == "__main__":
    main()
