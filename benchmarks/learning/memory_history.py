"""
Draw the life of one memory that misleads, from its birth to its sinking.

    python benchmarks/learning/memory_history.py DATA/banking77

A simulated agent works through a stream of labelled tasks over memories of which 3 in 10 mislead,
through the SDK against a server of its own. Shown is the misleading memory with the longest
history among those that sank: its Q-value after each review, as the API tells it, and its place
among the answers to the first task that it misled.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.progress import track

from reflect_api.api.memories import get_memory_history
from reflect_cli.evaluation.labelled import LabelledTask, Split, draw, read_labelled
from reflect_sdk import ReflectClient
from reflect_server.testing import running_server

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "evaluation" / "memory.png"
MISLEADING = 0.3
INJECTED = 3
LOOKED_AT = 10
INK, GOOD, BAD, LINE = "#334155", "#0f766e", "#be123c", "#94a3b8"


@dataclass
class Life:
    """
    What is known of one memory: its advice, the first task that it misled, and its place among the
    answers to that after each run that followed it.
    """

    task: LabelledTask
    advice: str
    misled: str = ""
    places: list[int] = field(default_factory=list)

    @property
    def sank(self) -> bool:
        """
        Whether it misled a run, and is not given to such runs any more.
        """
        return self.misleads and bool(self.places) and self.places[-1] > INJECTED

    @property
    def misleads(self) -> bool:
        """
        Whether its advice is wrong for its own task.
        """
        return self.advice != self.task.label


def fill(client: ReflectClient, split: Split) -> dict[str, Life]:
    """
    Store the memories, a share of them with the action of another task.
    """
    choose = random.Random("memory history")
    wrong = set(choose.sample(range(len(split.bank)), int(MISLEADING * len(split.bank))))
    lives = {}
    for number, task in enumerate(track(split.bank, "memories", transient=True)):
        others = [label for label in split.labels if label != task.label]
        action = choose.choice(others) if number in wrong else task.label
        receipt = client.create_memory(
            task=task.text,
            summary=f"The right action was {action}.",
            guidance=f"Take the action {action}.",
            correct_action=action,
            result="pass",
        )
        memory_id = client.get_trace(receipt.trace_id).created_memory_id
        lives[str(memory_id)] = Life(task, action)
    return lives


def place(client: ReflectClient, memory_id: str, text: str) -> int:
    """
    Say at which place a memory stands among the answers to a task; one more than all where not.
    """
    found = [memory.id for memory in client.query_memories(text, limit=LOOKED_AT)]
    return found.index(memory_id) + 1 if memory_id in found else LOOKED_AT + 1


def live(client: ReflectClient, split: Split, lives: dict[str, Life]) -> None:
    """
    Work through the stream; the agent does what its first memory says.
    """
    for task in track(split.stream, "stream", transient=True):
        memories = client.query_memories(task.text, limit=INJECTED)
        if not memories:
            continue
        first = memories[0]
        client.create_trace(
            task=task.text,
            trajectory=[{"role": "assistant", "content": first.correct_action}],
            final_response=first.correct_action,
            retrieved_memory_ids=[memory.id for memory in memories],
            used_memory_ids=[first.id],
            review_result="pass" if first.correct_action == task.label else "fail",
            remember=False,
        )
        life = lives[first.id]
        if life.misleads:
            life.misled = life.misled or task.text
            life.places.append(place(client, first.id, life.misled))


def picture(client: ReflectClient, memory_id: str, life: Life, out: Path) -> None:
    """
    Draw the memory's history, as the API tells it.
    """
    events = get_memory_history.sync(
        client=client.api, project_id=client.project_id, memory_id=memory_id
    )
    assert events is not None
    q_values = [events[0].q_before, *(event.q_after for event in events)]
    figure = Figure(figsize=(9, 5.6), dpi=110, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    upper.plot(range(len(q_values)), q_values, color=LINE, linewidth=1.5, zorder=1)
    for number, event in enumerate(events, start=1):
        colour = GOOD if event.result == "pass" else BAD
        upper.scatter(number, event.q_after, color=colour, zorder=2)
    upper.scatter(0, q_values[0], color=INK, zorder=2)
    upper.annotate("born", (0, q_values[0]), xytext=(8, 6), textcoords="offset points", color=INK)
    upper.set_ylim(0, 1)
    upper.set_ylabel("Q-value", color=INK)
    upper.set_title(
        f"memory of “{life.task.text}”\n"
        f"it says: take {life.advice}; right would be {life.task.label}\n"
        f"the first task that it misled: “{life.misled}”\n"
        "agent: simulated; a dot is a review of a run that followed it: green a pass, red a fail",
        loc="left",
        fontsize=10,
        color=INK,
    )
    places = [1, *life.places]
    lower.step(range(len(places)), places, where="post", color=INK)
    lower.set_ylim(LOOKED_AT + 1.5, 0.5)
    lower.set_yticks([1, INJECTED, LOOKED_AT, LOOKED_AT + 1], ["1", "3", "10", "out"])
    lower.axhspan(0.5, INJECTED + 0.5, color="#ccfbf1", zorder=0)
    lower.set_ylabel("place for that task", color=INK)
    lower.xaxis.set_major_locator(MaxNLocator(integer=True))
    lower.set_xlabel("reviews of runs that followed it", color=INK)
    for axes in (upper, lower):
        axes.grid(color="#e2e8f0")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out, format="png")


def main() -> None:
    """
    Run the stream and draw.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="labelled texts, such as BANKING77")
    parser.add_argument("--out", type=Path, default=PICTURE)
    parser.add_argument("--memories", type=int, default=400)
    parser.add_argument("--tasks", type=int, default=1_500)
    options = parser.parse_args()
    split = draw(
        read_labelled(options.folder), 0, bank=options.memories, stream=options.tasks, held_out=1
    )
    with (
        running_server() as (base_url, api_key),
        ReflectClient(base_url=base_url, api_key=api_key) as client,
    ):
        lives = fill(client, split)
        live(client, split, lives)
        sunk = {memory_id: life for memory_id, life in lives.items() if life.sank}
        if not sunk:
            parser.exit(1, "No memory that misleads has sunk. Take a longer stream.\n")
        chosen = max(sunk, key=lambda memory_id: len(sunk[memory_id].places))
        picture(client, chosen, sunk[chosen], options.out)
        print(f"{options.out}: {len(sunk)} memories sank; this one's places: {sunk[chosen].places}")


if __name__ == "__main__":
    main()
