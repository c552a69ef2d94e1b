"""
Can anybody tell by the time that an answer takes whether a key's public id exists?

Requests with an unknown public id and with a known one and a wrong secret, in turn over one
connection, so that whatever slows the machine slows both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import httpx

from reflect_server.testing import running_server


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=4000)
    rounds = arguments.parse_args().rounds
    with running_server() as server, httpx.Client(base_url=server.base_url) as http:
        _, _, public_id, secret = server.api_key.split("_")
        keys = {
            "unknown": f"rf_live_{public_id[::-1]}_{secret[::-1]}",
            "wrong": f"rf_live_{public_id}_{secret[::-1]}",
        }
        taken: dict[str, list[float]] = {name: [] for name in keys}
        for round_ in range(rounds):
            for name in sorted(keys, reverse=round_ % 2 == 0):
                headers = {"Authorization": f"Bearer {keys[name]}"}
                start = time.perf_counter()
                answer = http.get("/v1/projects/p/traces", headers=headers)
                taken[name].append(time.perf_counter() - start)
                assert answer.status_code == 401
    medians = {name: statistics.median(times) for name, times in taken.items()}
    spread = statistics.quantiles(taken["unknown"], n=4)
    print(
        json.dumps(
            {
                "rounds": rounds,
                "unknown_ms": round(medians["unknown"] * 1e3, 4),
                "wrong_ms": round(medians["wrong"] * 1e3, 4),
                "ratio": round(medians["wrong"] / medians["unknown"], 4),
                "difference_us": round((medians["wrong"] - medians["unknown"]) * 1e6, 2),
                "interquartile_range_us": round((spread[2] - spread[0]) * 1e6, 2),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
