"""
Protocol B: database tasks, epoch after epoch, executed, with a judge who errs.

The bank starts empty and grows with every run. The simulated agent has a habit for each task, right
or wrong, and follows its memories before it: it repeats the first accepted statement that runs on
the task's table, and leaves out statements that were rejected. Answers are executed; the judge's
verdict is that of the execution, turned round with probability ε. Seeds are paired.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np

from reflect_sdk import MemoryResponse, ReflectClient

from .baselines import RULES, Credit, Ledger, Rule
from .database_tasks import DatabaseTask
from .results import OURS, Evaluation, Measurement, Outcome
from .service import Service

NO_MEMORY = "no memory: the agent's habits"
SIMILARITY = "similarity only (lambda_=1)"
NAMED = f"{OURS} (defaults), used memories named"
UNNAMED = f"{OURS} (defaults), used memories not named"
UNDIVERSIFIED = f"{OURS}, mmr_lambda=1, used memories named"

STRATEGIES = (
    NO_MEMORY,
    SIMILARITY,
    *(rule.name for rule in RULES),
    NAMED,
    UNNAMED,
    UNDIVERSIFIED,
)
"""Every strategy of the comparison, in the order of tables."""

RIGHT_HABITS = 0.4
"""The share of tasks that the simulated agent solves without memory."""

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    SIMILARITY: {"lambda_": 1.0, "mmr_lambda": 1.0},
    UNDIVERSIFIED: {"mmr_lambda": 1.0},
}
_NAMING = frozenset({NAMED, UNDIVERSIFIED})
_STATEMENT = re.compile(r"```sql\s+(.*?)\s*```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """
    How the epochs are run.

    Attributes:
        seeds: How many seeds; at least 2.
        epochs: How often each task is asked.
        wrong_reviews: The shares ε of wrong verdicts, each in [0, 1].
        candidates: How many of the most similar memories the harness's own rules rank.
        injected: How many memories the agent is given.
    """

    seeds: int = 5
    epochs: int = 10
    wrong_reviews: tuple[float, ...] = (0.2,)
    candidates: int = 10
    injected: int = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What the simulated agent answers.

    Attributes:
        sql: The statement.
        used: The memories that it followed or heeded, best first.
    """

    sql: str
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SimulatedAnalyst:
    """
    An agent that has habits, and memories.

    Attributes:
        seed: Fixes its habits.
    """

    seed: int

    def answer(self, task: DatabaseTask, memories: Sequence[MemoryResponse]) -> Answer:
        """
        Answer a task.

        Args:
            task: The task. Of its right statement the agent knows only that it is among its drafts.
            memories: The memories that it was given, best first.
        """
        rejected: dict[str, str] = {}
        for memory in memories:
            lesson = memory.correct_action if memory.success else memory.key_mistake
            stated = _STATEMENT.search(lesson)
            if stated is None or task.execute(stated[1]) is None:
                continue
            if memory.success:
                return Answer(stated[1], (memory.id,))
            rejected.setdefault(stated[1], memory.id)
        drafts = self._drafts(task)
        sql = next((draft for draft in drafts if draft not in rejected), drafts[0])
        passed_over = drafts[: drafts.index(sql)]
        return Answer(sql, tuple(rejected[draft] for draft in passed_over))

    def _drafts(self, task: DatabaseTask) -> list[str]:
        draw = random.Random(f"habits/{self.seed}/{task.instruction}")  # noqa: S311 - A repeatable draw, no secret.
        mistakes = draw.sample(task.mistakes, len(task.mistakes))
        if draw.random() < RIGHT_HABITS:
            return [task.gold, *mistakes]
        first, *others = mistakes
        others.insert(draw.randint(0, len(others)), task.gold)
        return [first, *others]


class _Arm(Protocol):
    """
    A way to rank memories and to credit them.
    """

    def retrieve(self, client: ReflectClient, text: str) -> list[MemoryResponse]: ...

    def q_value(self, memory: MemoryResponse) -> float: ...

    def learn(self, given: Sequence[str], used: Sequence[str], *, passed: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class _ServerArm:
    """
    The server ranks and credits.
    """

    limit: int
    options: Mapping[str, Any]

    def retrieve(self, client: ReflectClient, text: str) -> list[MemoryResponse]:
        return client.query_memories(text, limit=self.limit, **self.options)

    def q_value(self, memory: MemoryResponse) -> float:
        return memory.q_value

    def learn(self, given: Sequence[str], used: Sequence[str], *, passed: bool) -> None:
        """
        The server has learned when it answered.
        """


@dataclass(frozen=True, slots=True)
class _RuleArm:
    """
    The server finds the most similar memories; the rule ranks and credits them.
    """

    rule: Rule
    limit: int
    candidates: int
    ledger: Ledger = field(default_factory=Ledger)

    def retrieve(self, client: ReflectClient, text: str) -> list[MemoryResponse]:
        found = client.query_memories(text, limit=self.candidates, lambda_=1.0, mmr_lambda=1.0)
        if not found:
            return []
        similarities = np.array([memory.similarity for memory in found])
        order = self.rule.rank([memory.id for memory in found], similarities, self.ledger)
        return [found[place] for place in order[: self.limit]]

    def q_value(self, memory: MemoryResponse) -> float:
        return self.ledger.of([memory.id])[0].q_value

    def learn(self, given: Sequence[str], used: Sequence[str], *, passed: bool) -> None:
        self.ledger.learn(given if self.rule.credit is Credit.ALL else used, passed=passed)


def steps_of(tasks: Sequence[DatabaseTask], settings: DatabaseSettings) -> int:
    """
    Return how many steps `evaluate_database` counts, for progress bars.

    Args:
        tasks: The tasks.
        settings: How they are run.
    """
    arms = len(STRATEGIES) - 1
    return settings.seeds * len(settings.wrong_reviews) * arms * settings.epochs * len(tasks)


def evaluate_database(
    service: Service, tasks: Sequence[DatabaseTask], settings: DatabaseSettings, *, name: str = ""
) -> Evaluation:
    """
    Run protocol B.

    Args:
        service: The server.
        tasks: The tasks.
        settings: How they are run.
        name: What the tasks are called in results.

    Returns:
        The share of tasks solved in the last epoch, by execution, with that of every epoch.

    Raises:
        ReflectError: The server did not do its part.
    """
    cells = [(strategy, share) for share in settings.wrong_reviews for strategy in STRATEGIES]
    parts = [
        partial(_outcome, service, tasks, settings, seed, strategy, share)
        for seed in range(settings.seeds)
        for strategy, share in cells
    ]
    outcomes = service.in_parallel(parts)
    by_seed = [outcomes[n : n + len(cells)] for n in range(0, len(outcomes), len(cells))]
    return Evaluation(
        protocol="database",
        title=f"{len(tasks)} database tasks, executed: solved in epoch {settings.epochs}, with a "
        "share ε of wrong verdicts",
        agent="simulated",
        unit="seed",
        time="epoch",
        settings={
            "data": name,
            "seeds": settings.seeds,
            "epochs": settings.epochs,
            "tasks": len(tasks),
            "right_habits": RIGHT_HABITS,
            "candidates": settings.candidates,
            "injected": settings.injected,
        },
        measurements=tuple(
            Measurement(strategy, f"ε={share:g}", tuple(outcomes))
            for (strategy, share), outcomes in zip(cells, zip(*by_seed, strict=True), strict=True)
        ),
    )


def _outcome(  # noqa: PLR0917 - Bound by `partial`, all in one call.
    service: Service,
    tasks: Sequence[DatabaseTask],
    settings: DatabaseSettings,
    seed: int,
    strategy: str,
    wrong_reviews: float,
) -> Outcome:
    agent = SimulatedAnalyst(seed)
    if strategy == NO_MEMORY:
        solved = [task.is_right(agent.answer(task, ()).sql) for task in tasks]
        rate = sum(solved) / len(solved)
        return Outcome(rate, (rate,) * settings.epochs)
    rule = next((rule for rule in RULES if rule.name == strategy), None)
    arm: _Arm = _ServerArm(settings.injected, _OPTIONS.get(strategy, {}))
    if rule is not None:
        arm = _RuleArm(rule, settings.injected, settings.candidates)
    curve, followed = [], []
    with service.project(f"database-{seed}") as client:
        for epoch in range(settings.epochs):
            run = _Epoch(service, client, arm, agent, names_used=strategy in _NAMING)
            draw = random.Random(f"epoch/{seed}/{epoch}")  # noqa: S311 - A repeatable draw, no secret.
            order = draw.sample(tasks, len(tasks))
            run.through(order, [draw.random() < wrong_reviews for _ in order])
            curve.append(sum(run.solved) / len(run.solved))
            followed = run.followed
    return Outcome(curve[-1], tuple(curve), () if strategy == SIMILARITY else tuple(followed))


@dataclass(slots=True)
class _Epoch:
    """
    One pass through the tasks.
    """

    service: Service
    client: ReflectClient
    arm: _Arm
    agent: SimulatedAnalyst
    names_used: bool
    solved: list[bool] = field(default_factory=list)
    followed: list[tuple[float, bool]] = field(default_factory=list)

    def through(self, tasks: Sequence[DatabaseTask], turned_round: Sequence[bool]) -> None:
        """
        Solve the tasks, and return when the last run has become a memory.
        """
        traces = [
            self._solve(task, is_wrong) for task, is_wrong in zip(tasks, turned_round, strict=True)
        ]
        self.client.wait_for_trace(traces[-1], require_reviewed=True)

    def _solve(self, task: DatabaseTask, is_wrong: bool) -> str:
        memories = self.arm.retrieve(self.client, task.instruction)
        given = [memory.id for memory in memories]
        answer = self.agent.answer(task, memories)
        self.solved.append(task.is_right(answer.sql))
        self.followed.extend(
            (self.arm.q_value(memory), self.solved[-1])
            for memory in memories
            if memory.success and memory.id in answer.used
        )
        passed = self.solved[-1] != is_wrong
        said = f"```sql\n{answer.sql}\n```"
        receipt = self.client.create_trace(
            task=task.instruction,
            trajectory=[
                {"role": "user", "content": task.instruction},
                {"role": "assistant", "content": said},
            ],
            final_response=said,
            retrieved_memory_ids=given,
            used_memory_ids=answer.used if self.names_used else None,
            model="simulated",
            review_result="pass" if passed else "fail",
        )
        self.arm.learn(given, answer.used, passed=passed)
        self.service.advance()
        return receipt.trace_id
