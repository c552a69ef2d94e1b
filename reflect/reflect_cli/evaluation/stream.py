"""
Protocol A: a stream of tasks over a fixed set of memories, a share ρ of which misleads.

Each memory states an action. The simulated agent takes the action of the memory that ranks first;
a reviewer says whether it was right, and may err. After the stream, tasks that were never seen are
solved the same way without reviews. Seeds are paired: all strategies meet the same memories, tasks,
wrong advice and wrong reviews.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reflect_sdk import MemoryResponse, ReflectClient

from .baselines import RULES, Credit, Ledger, Rule, Scores
from .errors import EvaluationError
from .labelled import LabelledTask, LabelledTasks, Split, draw
from .results import OURS, Evaluation, Measurement, Outcome
from .service import Service

NO_MEMORY = "no memory: the agent guesses"
SIMILARITY = "similarity only (lambda_=1)"
NAMED = f"{OURS} (defaults), used memory named"
UNNAMED = f"{OURS} (defaults), used memory not named"

STRATEGIES = (NO_MEMORY, SIMILARITY, *(rule.name for rule in RULES), NAMED, UNNAMED)
"""Every strategy of the comparison, in the order of tables."""

_CURVE_STEPS = 20
_NEIGHBOURS = 50
_DEFAULT_SHARES = (0.0, 0.1, 0.3, 0.5)
_DEFAULT_NOISE = ((0.3, 0.2),)


@dataclass(frozen=True, slots=True)
class Condition:
    """
    How reliable memories and reviews are.

    Attributes:
        misleading: The share ρ of memories whose advice is wrong, in [0, 1].
        wrong_reviews: The share of reviews that say the opposite, in [0, 1].
    """

    misleading: float
    wrong_reviews: float = 0.0

    @property
    def name(self) -> str:
        """
        The condition in words.
        """
        noise = f", {self.wrong_reviews:.0%} of reviews wrong" if self.wrong_reviews else ""
        return f"ρ={self.misleading:g}{noise}"


DEFAULT_CONDITIONS = (
    *(Condition(share) for share in _DEFAULT_SHARES),
    *(Condition(share, noise) for share, noise in _DEFAULT_NOISE),
)
"""ρ = 0, 0.1, 0.3 and 0.5, and 0.3 with a fifth of the reviews wrong."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """
    How a stream is run.

    Attributes:
        seeds: How many seeds; at least 2.
        conditions: How reliable memories and reviews are; ρ=0 is always measured beside.
        bank: How many memories; None for a fifth of the training set, 2,000 at most.
        stream: How many tasks the stream has; None for two fifths of it, 4,000 at most.
        held_out: How many unseen tasks are measured with; None for the test set, 1,000 at most.
        candidates: How many of the most similar memories the harness's own rules rank.
        injected: How many memories the agent is given, and the rules that credit all credit.
    """

    seeds: int = 5
    conditions: tuple[Condition, ...] = DEFAULT_CONDITIONS
    bank: int | None = None
    stream: int | None = None
    held_out: int | None = None
    candidates: int = 10
    injected: int = 3

    def all_conditions(self) -> tuple[Condition, ...]:
        """
        Return the conditions, with that of only right advice first.
        """
        return tuple(dict.fromkeys((Condition(0.0), *self.conditions)))


@dataclass(frozen=True, slots=True)
class _Found:
    """
    The most similar memories of a task, as positions in the bank, with their similarities.
    """

    positions: tuple[int, ...]
    similarities: Scores


@dataclass(frozen=True, slots=True)
class _Seed:
    """
    What all strategies of one seed have in common.
    """

    number: int
    split: Split
    stream: list[_Found]
    held_out: list[_Found]
    confusions: list[str]

    def advice(self, condition: Condition) -> list[str]:
        """
        Return the action that each memory states: the right one, or one of a near neighbour.
        """
        draw = random.Random(f"advice/{self.number}")  # noqa: S311 - A repeatable draw, no secret.
        right = [task.label for task in self.split.bank]
        order = draw.sample(range(len(right)), len(right))
        wrong = set(order[: round(condition.misleading * len(right))])
        return [
            self.confusions[position] if position in wrong else label
            for position, label in enumerate(right)
        ]

    def verdicts(self, condition: Condition) -> list[bool]:
        """
        Return for each task of the stream whether its review is right.
        """
        draw = random.Random(f"reviews/{self.number}")  # noqa: S311 - A repeatable draw, no secret.
        return [draw.random() >= condition.wrong_reviews for _ in self.split.stream]


def steps_of(tasks: LabelledTasks, settings: StreamSettings) -> int:
    """
    Return how many steps `evaluate_stream` counts, for progress bars.

    Args:
        tasks: The labelled texts.
        settings: How it is run.

    Raises:
        EvaluationError: The set is too small for the settings.
    """
    split = draw(tasks, 0, bank=settings.bank, stream=settings.stream, held_out=settings.held_out)
    bank, stream, held_out = len(split.bank), len(split.stream), len(split.held_out)
    shared = 2 * bank + stream + held_out
    own = bank + 2 * stream + held_out
    return settings.seeds * (shared + 2 * len(settings.all_conditions()) * own)


def evaluate_stream(service: Service, tasks: LabelledTasks, settings: StreamSettings) -> Evaluation:
    """
    Run protocol A.

    Args:
        service: The server.
        tasks: The labelled texts.
        settings: How it is run.

    Returns:
        Held-out success of every strategy under every condition, with the success along the stream.

    Raises:
        EvaluationError: The set is too small for the settings.
        ReflectError: The server did not do its part.
    """
    splits = [
        draw(tasks, seed, bank=settings.bank, stream=settings.stream, held_out=settings.held_out)
        for seed in range(settings.seeds)
    ]
    seeds = service.in_parallel(
        [partial(_prepare, service, n, split, settings) for n, split in enumerate(splits)]
    )
    conditions = settings.all_conditions()
    cells = [(strategy, c) for c in conditions for strategy in STRATEGIES]
    parts = [
        partial(_outcome, service, seed, strategy, condition, settings)
        for seed in seeds
        for strategy, condition in cells
    ]
    outcomes = service.in_parallel(parts)
    by_seed = [outcomes[n : n + len(cells)] for n in range(0, len(outcomes), len(cells))]
    split = splits[0]
    return Evaluation(
        protocol="stream",
        title=f"{tasks.name}: held-out tasks solved after a stream of {len(split.stream)} tasks "
        f"over {len(split.bank)} memories, a share ρ of which misleads",
        agent="simulated",
        unit="seed",
        time=f"part of the stream, of {_CURVE_STEPS}",
        settings={
            "data": tasks.name,
            "seeds": settings.seeds,
            "memories": len(split.bank),
            "stream": len(split.stream),
            "held_out": len(split.held_out),
            "candidates": settings.candidates,
            "injected": settings.injected,
        },
        measurements=tuple(
            Measurement(strategy, condition.name, tuple(outcomes))
            for (strategy, condition), outcomes in zip(
                cells, zip(*by_seed, strict=True), strict=True
            )
        ),
    )


def _prepare(service: Service, number: int, split: Split, settings: StreamSettings) -> _Seed:
    right = [task.label for task in split.bank]
    with service.project(f"similar-{number}") as client:
        positions = _fill(service, client, split.bank, right)

        def nearest(task: LabelledTask, limit: int) -> _Found:
            found = client.query_memories(
                task.text, limit=limit, lambda_=1.0, mmr_lambda=1.0, similarity_threshold=-1.0
            )
            service.advance()
            return _Found(
                tuple(positions[memory.id] for memory in found),
                np.array([memory.similarity for memory in found]),
            )

        guess = random.Random(f"confusions/{number}")  # noqa: S311 - A repeatable draw, no secret.
        confusions = []
        for task in split.bank:
            near = [right[p] for p in nearest(task, min(_NEIGHBOURS, len(right))).positions]
            others = [label for label in split.labels if label != task.label]
            if not others:
                raise EvaluationError("All memories state the same action. Use a larger bank.")
            wrong = next((label for label in near if label != task.label), None)
            confusions.append(guess.choice(others) if wrong is None else wrong)
        stream = [nearest(task, settings.candidates) for task in split.stream]
        held_out = [nearest(task, settings.candidates) for task in split.held_out]
    return _Seed(number, split, stream, held_out, confusions)


def _fill(
    service: Service, client: ReflectClient, bank: Sequence[LabelledTask], advice: Sequence[str]
) -> dict[str, int]:
    return service.fill(
        client,
        (
            {
                "task": task.text,
                "summary": f"The right action was {action}.",
                "guidance": f"Take the action {action}.",
                "correct_action": action,
            }
            for task, action in zip(bank, advice, strict=True)
        ),
    )


def _outcome(
    service: Service, seed: _Seed, strategy: str, condition: Condition, settings: StreamSettings
) -> Outcome:
    if strategy in {NAMED, UNNAMED}:
        return _by_server(service, seed, condition, settings, names_used=strategy == NAMED)
    if strategy == NO_MEMORY:
        return _by_guessing(seed)
    rule = next((rule for rule in RULES if rule.name == strategy), None)
    return _by_harness(seed, condition, settings, rule)


def _by_guessing(seed: _Seed) -> Outcome:
    guess = random.Random(f"guess/{seed.number}")  # noqa: S311 - A repeatable draw, no secret.
    labels = seed.split.labels

    def passes(task: LabelledTask) -> bool:
        return guess.choice(labels) == task.label

    along = [passes(task) for task in seed.split.stream]
    held_out = [passes(task) for task in seed.split.held_out]
    return Outcome(_share(held_out), _windows(along))


def _by_harness(
    seed: _Seed, condition: Condition, settings: StreamSettings, rule: Rule | None
) -> Outcome:
    advice, verdicts = seed.advice(condition), seed.verdicts(condition)
    ledger = Ledger()

    def injected(found: _Found) -> list[int]:
        order = (
            range(len(found.positions))
            if rule is None
            else rule.rank(found.positions, found.similarities, ledger)
        )
        return [found.positions[place] for place in order][: settings.injected]

    along = []
    for task, found, is_right in zip(seed.split.stream, seed.stream, verdicts, strict=True):
        given = injected(found)
        passed = bool(given) and advice[given[0]] == task.label
        along.append(passed)
        if rule is not None:
            credited = given if rule.credit is Credit.ALL else given[:1]
            ledger.learn(credited, passed=passed == is_right)
    followed: list[tuple[float, bool]] = []
    for task, found in zip(seed.split.held_out, seed.held_out, strict=True):
        given = injected(found)
        passed = bool(given) and advice[given[0]] == task.label
        followed.extend((record.q_value, passed) for record in ledger.of(given[:1]))
    measured = [passed for _, passed in followed]
    return Outcome(
        _share(measured, of=len(seed.held_out)),
        _windows(along),
        tuple(followed) if rule is not None else (),
    )


def _by_server(
    service: Service,
    seed: _Seed,
    condition: Condition,
    settings: StreamSettings,
    *,
    names_used: bool,
) -> Outcome:
    guess = random.Random(f"guess/{seed.number}")  # noqa: S311 - A repeatable draw, no secret.
    labels = seed.split.labels

    def act(memories: Sequence[MemoryResponse]) -> str:
        return memories[0].correct_action if memories else guess.choice(labels)

    with service.project(f"stream-{seed.number}") as client:
        _fill(service, client, seed.split.bank, seed.advice(condition))
        along = []
        for task, is_right in zip(seed.split.stream, seed.verdicts(condition), strict=True):
            memories = client.query_memories(task.text, limit=settings.injected)
            action = act(memories)
            along.append(action == task.label)
            client.create_trace(
                **_run(task, action, memories, names_used=names_used),
                review_result="pass" if along[-1] == is_right else "fail",
                remember=False,
            )
            service.advance(2)
        followed: list[tuple[float, bool]] = []
        measured = []
        for task in seed.split.held_out:
            memories = client.query_memories(task.text, limit=settings.injected)
            measured.append(act(memories) == task.label)
            followed.extend((memory.q_value, measured[-1]) for memory in memories[:1])
            service.advance()
    return Outcome(_share(measured), _windows(along), tuple(followed))


def _run(
    task: LabelledTask, action: str, memories: Sequence[MemoryResponse], *, names_used: bool
) -> dict[str, Any]:
    retrieved = [memory.id for memory in memories]
    return {
        "task": task.text,
        "trajectory": [
            {"role": "user", "content": task.text},
            {"role": "assistant", "content": f"I take the action {action}."},
        ],
        "final_response": action,
        "retrieved_memory_ids": retrieved,
        "used_memory_ids": retrieved[:1] if names_used else None,
        "model": "simulated",
    }


def _share(results: Sequence[bool], *, of: int | None = None) -> float:
    count = len(results) if of is None else of
    return sum(results) / count if count else 0.0


def _windows(results: Sequence[bool]) -> tuple[float, ...]:
    steps = min(_CURVE_STEPS, len(results))
    return (
        tuple(float(np.mean(window)) for window in np.array_split(np.array(results), steps))
        if steps
        else ()
    )
