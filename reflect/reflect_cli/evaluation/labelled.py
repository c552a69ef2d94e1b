"""
Labelled texts as tasks: each text asks for something, and its label is the one right action.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import EvaluationError

_LABELS = ("category", "label", "intent")
_BANK_SHARE, _MOST_BANK = 0.2, 2_000
_STREAM_SHARE, _MOST_STREAM = 0.4, 4_000
_MOST_HELD_OUT = 1_000


@dataclass(frozen=True, slots=True)
class LabelledTask:
    """
    A task with the action that solves it.

    Attributes:
        text: What is asked.
        label: The right action.
    """

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class LabelledTasks:
    """
    A set of labelled texts.

    Attributes:
        name: The name of its folder.
        train: The tasks to learn from.
        test: The tasks to be measured with.
    """

    name: str
    train: tuple[LabelledTask, ...]
    test: tuple[LabelledTask, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """
    One seed's draw of tasks; no task of the training set is drawn twice.

    Attributes:
        bank: The tasks that memories are made of.
        stream: The tasks of the stream, in order.
        held_out: The tasks that are measured with after the stream, from the test set.
    """

    bank: tuple[LabelledTask, ...]
    stream: tuple[LabelledTask, ...]
    held_out: tuple[LabelledTask, ...]

    @property
    def labels(self) -> list[str]:
        """
        All actions of the bank, sorted.
        """
        return sorted({task.label for task in self.bank})


def read_labelled(folder: Path) -> LabelledTasks:
    """
    Read a folder with `train.csv` and `test.csv`, as BANKING77 and CLINC150 are published.

    Args:
        folder: The folder. Each file has a header with a column `text`, and one named `category`,
            `label` or `intent`.

    Raises:
        EvaluationError: A file is missing or has another form.
    """
    train, test = (_read(folder / name) for name in ("train.csv", "test.csv"))
    if len({task.label for task in train}) < 2:
        raise EvaluationError(
            f"{folder / 'train.csv'} has fewer than two labels, and so nothing to choose between."
        )
    return LabelledTasks(folder.resolve().name, tuple(train), tuple(test))


def draw(
    tasks: LabelledTasks,
    seed: int,
    *,
    bank: int | None = None,
    stream: int | None = None,
    held_out: int | None = None,
) -> Split:
    """
    Draw the tasks of one seed.

    Args:
        tasks: The set.
        seed: The seed; the same one draws the same tasks.
        bank: How many memories there are; a fifth of the training set where None, 2,000 at most.
        stream: How many tasks the stream has; two fifths of the training set where None, 4,000 at
            most.
        held_out: How many tasks are measured with; the test set where None, 1,000 at most.

    Raises:
        EvaluationError: The set is too small for that.
    """
    size = len(tasks.train)
    n_bank = min(int(size * _BANK_SHARE), _MOST_BANK) if bank is None else bank
    n_stream = min(int(size * _STREAM_SHARE), _MOST_STREAM) if stream is None else stream
    n_held_out = min(len(tasks.test), _MOST_HELD_OUT) if held_out is None else held_out
    if n_bank + n_stream > size or n_held_out > len(tasks.test) or min(n_bank, n_held_out) < 1:
        raise EvaluationError(
            f"{tasks.name} has {size} training and {len(tasks.test)} test tasks, which is not "
            f"enough for {n_bank} memories, a stream of {n_stream} and {n_held_out} held-out tasks."
            " Ask for fewer."
        )
    shuffled = random.Random(f"train/{seed}").sample(tasks.train, n_bank + n_stream)  # noqa: S311 - A repeatable draw, no secret.
    measured = random.Random(f"test/{seed}").sample(tasks.test, n_held_out)  # noqa: S311 - A repeatable draw, no secret.
    return Split(tuple(shuffled[:n_bank]), tuple(shuffled[n_bank:]), tuple(measured))


def _read(path: Path) -> Sequence[LabelledTask]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            names = reader.fieldnames or ()
            label = next((name for name in _LABELS if name in names), None)
            if "text" not in names or label is None:
                raise EvaluationError(
                    f"{path} has the columns {', '.join(names) or '-'}; expected `text` and one of "
                    f"{', '.join(f'`{name}`' for name in _LABELS)}."
                )
            tasks = [  # A row that ends early has None in its last columns.
                LabelledTask((row["text"] or "").strip(), (row[label] or "").strip())
                for row in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EvaluationError(
            f"{path} cannot be read ({error}). Give a folder with `train.csv` and `test.csv`."
        ) from error
    kept = [task for task in tasks if task.text and task.label]
    if not kept:
        raise EvaluationError(f"{path} has no task: no row has both a text and a label.")
    return kept
