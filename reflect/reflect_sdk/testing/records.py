"""
What the service in memory keeps of a project, and what reviews make of its memories.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

ALPHA = 0.3
"""The learning rate of a review that names none."""

_FIRST_Q_VALUE = 0.5


def now() -> str:
    """
    Return the time as answers have it.
    """
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@define(kw_only=True)
class Review:
    """
    A verdict on a trace, with the memories that it credits and how much.
    """

    id: str
    trace_id: str
    given: dict[str, Any]
    mode: str
    credited: dict[str, float]
    created_at: str = field(factory=now)

    @property
    def alpha(self) -> float:
        """
        The learning rate.
        """
        alpha = self.given.get("alpha")
        return ALPHA if alpha is None else float(alpha)

    @property
    def remember(self) -> bool:
        """
        Whether a memory is made of the run.
        """
        return self.given.get("remember") is not False

    def says_the_same_as(self, given: dict[str, Any]) -> bool:
        """
        Say whether another verdict is this one once more.
        """
        return all(
            self.given.get(name, absent) == given.get(name, absent)
            for name, absent in (("result", None), ("feedback_text", None), ("remember", True))
        ) and self.alpha == (ALPHA if given.get("alpha") is None else given["alpha"])

    def answer(self) -> dict[str, Any]:
        """
        Return it as answers have it.
        """
        return {
            "id": self.id,
            "trace_id": self.trace_id,
            "result": self.given["result"],
            "feedback_text": self.given.get("feedback_text"),
            "mode": self.mode,
            "remember": self.remember,
        }


@define(kw_only=True)
class Project:
    """
    The traces, reviews and memories of a project, all oldest first.

    Attributes:
        id: Its name.
        traces: As answers have them, by id, but for their review.
        reviews: By their trace.
        memories: As answers have them, by id, but for what reviews make of them.
        gone: The ids of memories that were deleted.
        places: When each trace and memory came, among all that ever were.
        replies: What was answered to an idempotency key, with the body that it came with.
    """

    id: str
    traces: dict[str, dict[str, Any]] = field(factory=dict)
    reviews: dict[str, Review] = field(factory=dict)
    memories: dict[str, dict[str, Any]] = field(factory=dict)
    gone: set[str] = field(factory=set)
    places: dict[str, int] = field(factory=dict)
    replies: dict[str, tuple[Any, str]] = field(factory=dict)

    def trace(self, trace_id: str) -> dict[str, Any]:
        """
        Return a trace with its review, as answers have it.
        """
        review = self.reviews.get(trace_id)
        return {
            **self.traces[trace_id],
            "review_status": "pending" if review is None else "reviewed",
            "review": None if review is None else review.answer(),
        }

    def memory(self, memory_id: str) -> dict[str, Any]:
        """
        Return a memory with what reviews have made of it, as answers have it.
        """
        events = list(self.history(memory_id))
        counts = {"pass": 0.0, "fail": 0.0}
        for event in events:
            counts[event["result"]] += event["alpha"] * event["weight"] / ALPHA
        return {
            **self.memories[memory_id],
            "q_value": events[-1]["q_after"] if events else _FIRST_Q_VALUE,
            "uses": len(events),
            "wins": round(counts["pass"], 9),
            "losses": round(counts["fail"], 9),
            "last_used_at": events[-1]["created_at"] if events else None,
        }

    def history(self, memory_id: str) -> Iterator[dict[str, Any]]:
        """
        Yield the changes of a memory's Q-value, as answers have them.
        """
        value = _FIRST_Q_VALUE
        for review in self.reviews.values():
            weight = review.credited.get(memory_id)
            if weight is None:
                continue
            target = 1.0 if review.given["result"] == "pass" else 0.0
            moved = value + review.alpha * weight * (target - value)
            yield {
                "id": f"event_{review.id}_{memory_id}",
                "trace_id": review.trace_id,
                "review_id": review.id,
                "result": review.given["result"],
                "alpha": review.alpha,
                "weight": weight,
                "q_before": value,
                "q_after": moved,
                "created_at": review.created_at,
            }
            value = moved

    def learn(self, trace_id: str, reflection: dict[str, Any] | None = None) -> None:
        """
        Make the memory of a reviewed run, of what its reviewer said or of what it did.
        """
        trace, review = self.traces[trace_id], self.reviews[trace_id]
        made = f"mem_{secrets.token_hex(12)}"
        said = reflection or _reflection_of(trace, review)
        self.memories[made] = {
            "id": made,
            "task": trace["task"],
            "reflection": "\n\n".join(filter(None, (said["summary"], said["guidance"]))),
            "success": review.given["result"] == "pass",
            "summary": said["summary"],
            "guidance": said["guidance"],
            "key_mistake": said.get("key_mistake") or "",
            "correct_action": said.get("correct_action") or "",
            "applicable_tools": list(said.get("applicable_tools") or ()),
            "tools_used": _tools_of(trace["trajectory"]),
            "trace_id": trace_id,
            "created_at": now(),
            "metadata": trace["metadata"],
        }
        self.places[made] = len(self.places)
        trace.update(created_memory_id=made, ingest_status="completed")

    def forget(self, trace_id: str) -> str | None:
        """
        Delete the memory of a run, and return its id, where there was one.
        """
        trace = self.traces[trace_id]
        made: str | None = trace["created_memory_id"]
        if made is not None:
            del self.memories[made]
            self.gone.add(made)
        trace.update(created_memory_id=None, ingest_status="completed")
        return made


def _reflection_of(trace: dict[str, Any], review: Review) -> dict[str, Any]:
    feedback = review.given.get("feedback_text") or ""
    passed = review.given["result"] == "pass"
    return {
        "summary": f"{'Passed' if passed else 'Failed'}: {trace['task']}",
        "guidance": feedback or f"Final answer: {trace['final_response']}",
        "key_mistake": "" if passed else feedback,
    }


def _tools_of(trajectory: list[dict[str, Any]]) -> list[str]:
    names = (
        call.get("function", call).get("name")
        for message in trajectory
        for call in message.get("tool_calls") or ()
    )
    return list(dict.fromkeys(name for name in names if name))
