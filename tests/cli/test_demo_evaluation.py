import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from reflect_cli.demo.agent import SimulatedAgent
from reflect_cli.demo.database import create_database
from reflect_cli.demo.evaluation import Evaluation
from reflect_cli.demo.results import Reflection, Run
from reflect_cli.demo.tasks import load_tasks


@cache
def words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


@dataclass
class Remembered:
    id: str
    task: str
    success: bool
    guidance: str
    correct_action: str
    q_value: float = 0.5
    reflection: str = ""
    key_mistake: str = ""


@dataclass
class Augmented:
    augmented_task: str
    memories: list[Remembered]


@dataclass
class InProcessMemory:
    """A memory in a list: likeness by shared words, worth by the running average of outcomes."""

    stored: list[Remembered] = field(default_factory=list)
    traces: list[dict[str, Any]] = field(default_factory=list)

    def query_memories(self, task: str, *, limit: int = 10, **_ranking: float) -> list[Remembered]:
        ours = words(task)

        def score(memory: Remembered) -> float:
            theirs = words(memory.task)
            return len(ours & theirs) / len(ours | theirs) + 0.3 * memory.q_value

        best = sorted(self.stored, key=lambda memory: (-score(memory), memory.id))[:limit]
        return [replace(memory) for memory in best]

    def augment_with_memories(self, task: str, *, limit: int = 10) -> Augmented:
        return Augmented(task, self.query_memories(task, limit=limit))

    def create_trace_and_wait(
        self,
        *,
        retrieved_memory_ids: Sequence[str] = (),
        used_memory_ids: Sequence[str] | None = None,
        **trace: object,
    ) -> None:
        assert set(used_memory_ids or ()) <= set(retrieved_memory_ids)
        self.traces.append(trace)
        passed = trace["review_result"] == "pass"
        for memory in self.stored:
            if memory.id in (used_memory_ids or ()):
                memory.q_value += 0.3 * (passed - memory.q_value)
        action = trace["final_response"] if passed else ""
        number = f"m{len(self.stored):04}"
        guidance = trace["feedback_text"] or ""
        self.stored.append(Remembered(number, trace["task"], passed, guidance, action))

    def create_memory(
        self, *, task: str, guidance: str, result: str, correct_action: str = "", **_rest: object
    ) -> None:
        passed = result == "pass"
        number = f"m{len(self.stored):04}"
        self.stored.append(Remembered(number, task, passed, guidance, correct_action))


def evaluate(
    seed: int = 0, epochs: int = 6, **options: object
) -> tuple[Evaluation, InProcessMemory]:
    client = InProcessMemory()
    with closing(create_database()) as shop:
        evaluation = Evaluation(
            SimulatedAgent(), client, shop, load_tasks(), epochs, seed, **options
        )
        for _ in evaluation.run():
            pass
    return evaluation, client


@pytest.mark.parametrize("seed", range(3))
def test_success_climbs_with_memory_and_stays_where_it_was_without(seed: int):
    evaluation, _ = evaluate(seed)
    rates, alone = evaluation.rates(with_memory=True), evaluation.rates(with_memory=False)
    assert len(set(alone)) == 1
    assert rates[0] < 0.65
    assert rates[-1] > 0.9
    assert alone[0] < 0.4


def test_tasks_never_seen_before_profit_from_memory():
    evaluation, client = evaluate()
    assert (
        evaluation.unseen_rate(with_memory=True) > evaluation.unseen_rate(with_memory=False) + 0.3
    )
    unseen = {task.question.text for task in evaluation.tasks if task.unseen}
    assert not unseen & {trace["task"] for trace in client.traces}


def test_memories_of_true_conventions_rise_and_those_of_myths_sink():
    evaluation, _ = evaluate()
    standings = sorted(evaluation.standings.values(), key=lambda s: s.after - s.before)
    assert standings[-1].after > 0.9
    assert "stock.quantity + stock.reserved" not in standings[-1].lesson
    assert standings[0].after < 0.4
    assert standings[0].uses >= 1


def test_a_run_is_the_same_for_a_seed_and_another_for_another():
    first, second, other = evaluate(1)[0], evaluate(1)[0], evaluate(2)[0]
    assert first.attempts == second.attempts
    assert first.attempts != other.attempts


def test_each_run_is_recorded_with_its_query_as_a_tool_call():
    _, client = evaluate(epochs=1)
    trace = client.traces[0]
    roles = [message["role"] for message in trace["trajectory"]]
    assert roles == ["user", "assistant", "tool", "assistant"]
    assert trace["trajectory"][-1]["content"] == trace["final_response"]
    assert trace["model"] == "simulated"
    assert all(
        (trace["feedback_text"] is None) == (trace["review_result"] == "pass")
        for trace in client.traces
    )


def test_a_gold_query_never_reaches_the_memory():
    _, client = evaluate(epochs=2)
    golds = {task.gold for task in load_tasks() if task.gold != task.question.draft}
    assert not [trace for trace in client.traces if any(gold in str(trace) for gold in golds)]


def test_an_agent_may_write_the_reflections_itself():
    class Diarist:
        def reflect(self, run: Run) -> Reflection:
            return Reflection("A run.", run.feedback or "As before.", correct_action=run.answer.sql)

    evaluation, client = evaluate(epochs=2, reflector=Diarist())
    assert client.traces == []
    assert len(client.stored) == 2 * len(evaluation.repeated)
