"""
The demo's evaluation loop: every task, epoch after epoch, with memory and without, side by side.
"""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from .agent import Agent, Answer, lesson_of
from .execution import execute
from .grading import explain_failure, is_right
from .memory import MemoryClient, RankedMemory
from .results import Attempt, Reflection, Reflector, Run, Standing
from .tasks import Task

MEMORIES_PER_TASK = 3
_MEMORIES_PER_LOOK = 50


@dataclass(slots=True)
class Evaluation:
    """
    The loop and what it has found so far.

    Attributes:
        agent: Who answers.
        client: The memory it learns with.
        connection: The database that answers run against.
        tasks: The tasks, unseen ones included.
        epochs: How often each task is asked; at least 1.
        seed: Fixes the order of the tasks and which reviews are careless.
        reflector: Who writes the reflections; None leaves it to the server.
        attempts: What was tried so far.
        standings: The memories that were retrieved so far, by id.
    """

    agent: Agent
    client: MemoryClient
    connection: sqlite3.Connection
    tasks: Sequence[Task]
    epochs: int
    seed: int = 0
    reflector: Reflector | None = None
    attempts: list[Attempt] = field(default_factory=list)
    standings: dict[str, Standing] = field(default_factory=dict)

    @property
    def repeated(self) -> list[Task]:
        """
        The tasks that are asked in every epoch.
        """
        return [task for task in self.tasks if not task.unseen]

    def run(self) -> Iterator[Attempt]:
        """
        Go through all epochs, then ask the unseen tasks, then look at the memories once more.

        Each task is one step: the caller may show progress, or stop, between any two.
        """
        reviewer = random.Random(self.seed)  # noqa: S311 - A repeatable order, no secret.
        for epoch in range(1, self.epochs + 1):
            order = self.repeated
            random.Random(f"{self.seed}/{epoch}").shuffle(order)  # noqa: S311 - A repeatable order, no secret.
            for task in order:
                with_memory = self._learn(task, reviewer)
                yield self._note(Attempt(epoch, task, with_memory, self._passes_alone(task)))
        for task in self.tasks:
            if task.unseen:
                with_memory = self._retrieve_and_answer(task)[0].passed
                yield self._note(Attempt(0, task, with_memory, self._passes_alone(task)))
        for task in self.repeated:
            self._look(
                self.client.query_memories(
                    task.question.text, limit=_MEMORIES_PER_LOOK, lambda_=1.0, mmr_lambda=1.0
                )
            )

    def rates(self, *, with_memory: bool) -> list[float]:
        """
        Tell the share of right answers of each epoch, in [0, 1].

        Args:
            with_memory: Whether of the answers with memory, or of those without.
        """
        return [self.rate(epoch, with_memory=with_memory) for epoch in range(1, self.epochs + 1)]

    def unseen_rate(self, *, with_memory: bool) -> float:
        """
        Tell the share of right answers to tasks never asked before, in [0, 1].

        Args:
            with_memory: Whether of the answers with memory, or of those without.
        """
        return self.rate(0, with_memory=with_memory)

    def rate(self, epoch: int, *, with_memory: bool) -> float:
        """
        Tell the share of right answers of an epoch so far, in [0, 1]; epoch 0 is the unseen tasks.

        Args:
            epoch: The epoch, counted from 1; 0 for the unseen tasks.
            with_memory: Whether of the answers with memory, or of those without.
        """
        results = [
            attempt.with_memory if with_memory else attempt.without_memory
            for attempt in self.attempts
            if attempt.epoch == epoch
        ]
        return sum(results) / len(results) if results else 0.0

    def risen(self) -> list[Standing]:
        """
        List the memories whose Q-value rose, most first; of those that say the same the best one.
        """
        moved = sorted(self.standings.values(), key=lambda standing: standing.rise)
        best = {standing.lesson: standing for standing in moved if standing.rise > 0}
        return sorted(best.values(), key=lambda standing: -standing.rise)

    def sunk(self) -> list[Standing]:
        """
        List the memories whose Q-value fell, most first; of those that say the same the worst one.
        """
        moved = sorted(self.standings.values(), key=lambda standing: -standing.rise)
        worst = {standing.lesson: standing for standing in moved if standing.rise < 0}
        return sorted(worst.values(), key=lambda standing: standing.rise)

    def _note(self, attempt: Attempt) -> Attempt:
        self.attempts.append(attempt)
        return attempt

    def _passes_alone(self, task: Task) -> bool:
        return self._grade(task, self.agent.answer(task.question, (), task.question.text)).passed

    def _retrieve_and_answer(self, task: Task) -> tuple[Run, list[str]]:
        augmented = self.client.augment_with_memories(task.question.text, limit=MEMORIES_PER_TASK)
        self._look(augmented.memories)
        answer = self.agent.answer(task.question, augmented.memories, augmented.augmented_task)
        return self._grade(task, answer), [memory.id for memory in augmented.memories]

    def _grade(self, task: Task, answer: Answer) -> Run:
        outcome = execute(self.connection, answer.sql)
        return Run(task, answer, outcome, is_right(self.connection, task, outcome))

    def _learn(self, task: Task, reviewer: random.Random) -> bool:
        run, retrieved = self._retrieve_and_answer(task)
        feedback = None if run.passed else explain_failure(task, reviewer)
        run = replace(run, feedback=feedback)
        for used in run.answer.used_memory_ids or ():
            self.standings[used].uses += 1
        if self.reflector is None:
            self._record(run, retrieved)
        else:
            self._remember(run, retrieved, self.reflector.reflect(run))
        return run.passed

    def _record(self, run: Run, retrieved: list[str]) -> None:
        self.client.create_trace_and_wait(
            task=run.task.question.text,
            trajectory=run.trajectory(),
            final_response=run.answer.sql,
            retrieved_memory_ids=retrieved,
            used_memory_ids=run.answer.used_memory_ids,
            model=self.agent.name,
            review_result="pass" if run.passed else "fail",
            feedback_text=run.feedback,
        )

    def _remember(self, run: Run, retrieved: list[str], reflection: Reflection) -> None:
        self.client.create_memory(
            task=run.task.question.text,
            summary=reflection.summary,
            guidance=reflection.guidance,
            result="pass" if run.passed else "fail",
            key_mistake=reflection.key_mistake,
            correct_action=reflection.correct_action,
            applicable_tools=["run_sql"],
            retrieved_memory_ids=retrieved,
        )

    def _look(self, memories: Sequence[RankedMemory]) -> None:
        for memory in memories:
            new = Standing(lesson_of(memory), memory.q_value, memory.q_value)
            self.standings.setdefault(memory.id, new).after = memory.q_value
