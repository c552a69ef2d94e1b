"""
The body of the request that records a run: redacted, and cut to what the service takes.

A long run is encoded message by message, so that no other thread and no event loop waits for more
than one of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from attrs import frozen

from reflect_sdk._types.cutting import cut_text, left_out, without_middle
from reflect_sdk._types.outgoing import Outgoing
from reflect_sdk._types.recordable import Json
from reflect_sdk._types.shortening import encoded, shortened, with_cut_texts, with_few_containers
from reflect_sdk._types.snapshot import Snapshot
from reflect_sdk._types.trajectory import MOST_MESSAGES

MOST_CONTAINERS = 500_000
"""How many lists and objects services take in one body."""


@frozen(kw_only=True)
class Limits:
    """
    How large a run may be; those of the contract by default.

    Attributes:
        body: Bytes of the whole body.
        messages: Messages of the trajectory.
        trajectory: Characters of a trajectory that is a text.
        task: Characters of the task.
        final_response: Characters of the final response.
        reference_context: Characters of the reference.
        feedback_text: Characters of what the reviewer says.
        model: Characters of the model's name.
        metadata: Fields of the metadata.
    """

    body: int = 16 * 1024 * 1024
    messages: int = MOST_MESSAGES
    trajectory: int = 8_000_000
    task: int = 100_000
    final_response: int = 1_000_000
    reference_context: int = 1_000_000
    feedback_text: int = 100_000
    model: int = 200
    metadata: int = 200


def encoded_body(
    fields: dict[str, Json],
    trajectory: Snapshot | str,
    outgoing: Outgoing,
    limits: Limits | None,
) -> bytes:
    """
    Encode the body of the request that records a run.

    Args:
        fields: All fields but the trajectory, as they are sent.
        trajectory: The run.
        outgoing: Redacts and encodes it.
        limits: What the whole is cut to; where None, it goes as it is.
    """
    raw = encoded(fields) if limits is None else _encoded_fields(fields, limits.body // 2)
    head = b'%s,"trajectory":' % raw[:-1]
    messages = _messages_in(trajectory, outgoing, limits)
    if messages is None:
        text = outgoing.text(trajectory)
        text = text if limits is None else cut_text(text, limits.trajectory)
        return b"%s%s}" % (head, encoded(text))
    parts = [_as_object(outgoing.encoded(message)) for message in messages]
    if limits is None:
        return _joined(head, parts)
    parts = with_few_containers(parts, MOST_CONTAINERS)
    before, after = without_middle(len(parts), limits.messages)
    if before < after:
        parts[before:after] = [encoded(left_out(after - before))]
    return _joined(head, shortened(parts, limits.body - len(head) - len("[]}")))


def _encoded_fields(fields: dict[str, Json], room: int) -> bytes:
    (raw,) = with_cut_texts([encoded(fields)], room)
    if len(raw) > room:
        metadata = {"…": f"{len(fields['metadata']):,} fields left out"}
        (raw,) = with_cut_texts([encoded({**fields, "metadata": metadata})], room)
    return raw


def _messages_in(
    trajectory: Snapshot | str, outgoing: Outgoing, limits: Limits | None
) -> Iterable[Json] | None:
    """
    Return the messages of a run, also of one that is their JSON, where that makes a difference: in
    a text of JSON neither a secret nor a good place to cut is seen.
    """
    if not isinstance(trajectory, str):
        return trajectory
    is_long = limits is not None and len(trajectory) > limits.trajectory
    if not (is_long or outgoing.redact) or trajectory.lstrip()[:1] != "[":
        return None
    try:
        messages = json.loads(trajectory)
    except (ValueError, RecursionError):
        return None
    is_run = all(isinstance(message, dict) for message in messages)
    return messages if is_run else None


def _as_object(raw: bytes) -> bytes:
    return raw if raw.startswith(b"{") else b'{"content":%s}' % raw


def _joined(head: bytes, parts: Sequence[bytes]) -> bytes:
    return b"%s[%s]}" % (head, b",".join(parts))


def cut_fields(fields: dict[str, Json], limits: Limits) -> dict[str, Json]:
    """
    Cut the texts of a request to what the service takes.

    Args:
        fields: The fields.
        limits: How long each may be.
    """
    cut = dict(fields)
    for name in ("task", "final_response", "reference_context", "model"):
        if isinstance(cut.get(name), str):
            cut[name] = cut_text(cut[name], getattr(limits, name))
    if not cut["task"].strip():
        cut["task"] = "(no task)"
    review = cut.get("review")
    if review and review.get("feedback_text"):
        feedback = cut_text(review["feedback_text"], limits.feedback_text)
        cut["review"] = {**review, "feedback_text": feedback}
    metadata = cut["metadata"]
    if len(metadata) > limits.metadata:
        kept = dict(list(metadata.items())[: limits.metadata - 1])
        cut["metadata"] = {**kept, "…": f"{len(metadata) - len(kept):,} fields left out"}
    return cut
