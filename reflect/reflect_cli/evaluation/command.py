"""
The commands `reflect eval …`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflect_cli.leaving import leaving
from reflect_server.terminal.console import console

from .errors import EvaluationError

if TYPE_CHECKING:
    from .results import Evaluation
    from .service import Service

    Plan = tuple[int, Callable[[Service], Evaluation]]  # How many steps there are, and the whole.

DEFAULT_OUT = Path("reflect-eval")
DEFAULT_KEY = "REFLECT_API_KEY"

evaluations = typer.Typer(
    name="eval",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure whether memory helps, how much, and how sure that is.",
)

Seeds = Annotated[int, typer.Option(min=2, max=100, help="How many seeds.")]
Workers = Annotated[
    int, typer.Option(min=1, max=64, help="How many parts of the evaluation run at once.")
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="The server to measure, with the settings that it has; its projects stay as they "
        "are. Default: one of its own, started for this."
    ),
]
ApiKeyEnv = Annotated[
    str,
    typer.Option(help="The environment variable that holds a master key of --base-url's server."),
]
Out = Annotated[Path, typer.Option(help="The folder for the results as JSON and for the pictures.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@evaluations.command()
def stream(  # noqa: PLR0917 - Typer reads the options off the parameters.
    folder: Annotated[
        Path,
        typer.Argument(
            help="Labelled texts: `train.csv` and `test.csv` with the columns `text` and "
            "`category`, `label` or `intent`, as BANKING77 is published."
        ),
    ],
    seeds: Seeds = 5,
    rho: Annotated[
        list[float] | None,
        typer.Option(
            min=0, max=1,
            help="A share of memories that mislead; may be repeated. "
            "Default: 0, 0.1, 0.3, 0.5, and 0.3 with a fifth of the reviews wrong.",
        ),
    ] = None,
    wrong_reviews: Annotated[
        float, typer.Option(min=0, max=1, help="The share of wrong reviews, with --rho.")
    ] = 0.0,
    memories: Annotated[
        int | None,
        typer.Option(min=2, help="How many memories. Default: a fifth of the training set, "
                     "2,000 at most."),
    ] = None,
    tasks: Annotated[
        int | None,
        typer.Option(min=1, help="How many tasks the stream has. Default: two fifths of the "
                     "training set, 4,000 at most."),
    ] = None,
    held_out: Annotated[
        int | None,
        typer.Option(min=1, help="How many unseen tasks are measured with. Default: the test set, "
                     "1,000 at most."),
    ] = None,
    workers: Workers = 4,
    base_url: BaseUrl = None,
    api_key_env: ApiKeyEnv = DEFAULT_KEY,
    out: Out = DEFAULT_OUT,
    as_json: AsJson = False,
) -> None:  # fmt: skip  # an option with its help is read as one
    """
    Learn over a fixed set of memories, a share of which misleads.

    A simulated agent takes the action that its first memory states, and each review moves the
    Q-values. Compared are the server's default ranking, similarity alone, the published blend,
    MemRL's rule and others, on the same tasks, memories and reviews.

    Try: reflect eval stream banking77 --seeds 2 --rho 0.3
    """
    from . import stream as protocol  # noqa: PLC0415 - Slow to import.
    from .labelled import read_labelled  # noqa: PLC0415 - Slow to import.

    conditions = protocol.DEFAULT_CONDITIONS
    if rho:
        conditions = tuple(protocol.Condition(share, wrong_reviews) for share in rho)
    settings = protocol.StreamSettings(seeds, conditions, memories, tasks, held_out)

    def prepare() -> Plan:
        texts = read_labelled(folder)
        total = protocol.steps_of(texts, settings)
        return total, lambda service: protocol.evaluate_stream(service, texts, settings)

    _run(prepare, _Server(base_url, api_key_env), workers, out, as_json=as_json)


@evaluations.command()
def database(  # noqa: PLR0917 - Typer reads the options off the parameters.
    tasks: Annotated[
        Path,
        typer.Argument(
            help="Database tasks: a JSON file in the form of LifelongAgentBench as MemRL packages "
            "it, or a folder with `db_train.json`."
        ),
    ],
    seeds: Seeds = 5,
    epochs: Annotated[int, typer.Option(min=1, max=100, help="How often each task is asked.")] = 10,
    count: Annotated[
        int | None,
        typer.Option("--tasks", min=1, help="How many of the tasks. Default: all."),
    ] = None,
    wrong_reviews: Annotated[
        list[float] | None,
        typer.Option(
            min=0, max=1, help="A share of wrong verdicts; may be repeated. Default: 0.2."
        ),
    ] = None,
    workers: Workers = 4,
    base_url: BaseUrl = None,
    api_key_env: ApiKeyEnv = DEFAULT_KEY,
    out: Out = DEFAULT_OUT,
    as_json: AsJson = False,
) -> None:
    """
    Learn from executed SQL and a judge who errs, by epochs.

    The bank starts empty. A simulated agent has a habit for each task and repeats what its memories
    say was accepted; its statements are executed, and a share of the verdicts is turned round.

    Try: reflect eval database llb --seeds 2 --epochs 5
    """
    from . import database as protocol  # noqa: PLC0415 - Slow to import.
    from .database_tasks import read_database_tasks, some_of  # noqa: PLC0415 - Slow to import.

    settings = protocol.DatabaseSettings(seeds, epochs, tuple(wrong_reviews or (0.2,)))

    def prepare() -> Plan:
        given = some_of(read_database_tasks(tasks), count)
        total = protocol.steps_of(given, settings)
        return total, lambda service: protocol.evaluate_database(
            service, given, settings, name=tasks.resolve().stem
        )

    _run(prepare, _Server(base_url, api_key_env), workers, out, as_json=as_json)


@evaluations.command()
def retrieval(  # noqa: PLR0917 - Typer reads the options off the parameters.
    folder: Annotated[
        Path,
        typer.Argument(
            help="Labelled texts, as for `stream`, or database tasks with `db_train.json` and "
            "`db_val.json`."
        ),
    ],
    workers: Workers = 4,
    base_url: BaseUrl = None,
    api_key_env: ApiKeyEnv = DEFAULT_KEY,
    out: Out = DEFAULT_OUT,
    as_json: AsJson = False,
) -> None:
    """
    Measure what queries find among memories without reviews.

    Memories and queries belong together where they share an intent, a table or skills.
    """
    from . import retrieval as protocol  # noqa: PLC0415 - Slow to import.

    def prepare() -> Plan:
        made = protocol.read_retrieval_set(folder)
        total = protocol.steps_of(made)
        return total, lambda service: protocol.evaluate_retrieval(service, made)

    _run(prepare, _Server(base_url, api_key_env), workers, out, as_json=as_json)


@evaluations.command()
def own(  # noqa: PLR0917 - Typer reads the options off the parameters.
    file: Annotated[
        Path,
        typer.Argument(
            help="A Python file that defines `tasks` (a list of texts, or of mappings with the "
            "text under `task`), `solve(prompt)` and `grade(task, answer)`."
        ),
    ],
    epochs: Annotated[int, typer.Option(min=1, max=100, help="How often each task is asked.")] = 3,
    repeats: Annotated[
        int, typer.Option(min=1, max=100, help="How often all is done from the start.")
    ] = 1,
    limit: Annotated[
        int, typer.Option(min=1, max=100, help="How many memories the agent is given at the most.")
    ] = 3,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many repeats run at once.")] = 1,
    base_url: BaseUrl = None,
    api_key_env: ApiKeyEnv = DEFAULT_KEY,
    out: Out = DEFAULT_OUT,
    as_json: AsJson = False,
) -> None:
    """
    Find out whether memory helps your agent with your tasks.

    Each task is solved without memory and with it. The file is run as any Python program is.

    Try: reflect eval own my_tasks.py --epochs 3
    """
    from . import own_tasks as protocol  # noqa: PLC0415 - Slow to import.

    settings = protocol.OwnSettings(epochs, repeats, limit)

    def prepare() -> Plan:
        given = protocol.load_own_tasks(file)
        total = protocol.steps_of(given, settings)
        return total, lambda service: protocol.evaluate_own_tasks(service, given, settings)

    _run(
        prepare,
        _Server(base_url, api_key_env),
        workers,
        out,
        as_json=as_json,
        conclude=protocol.verdict,
    )


@dataclass(frozen=True, slots=True)
class _Server:
    """
    Which server is measured: the one at an address, or one that is started for this.
    """

    base_url: str | None
    api_key_env: str

    def run(self, workers: int, advanced: Callable[[int], None]) -> AbstractContextManager[Service]:
        from .service import given_service, running_service  # noqa: PLC0415 - Slow to import.

        if self.base_url is None:
            return running_service(workers, advanced)
        api_key = os.environ.get(self.api_key_env)
        if not api_key:
            raise EvaluationError(
                f"The variable {self.api_key_env} is not set. Let it hold a master key of the "
                f"server at {self.base_url}, or name another variable with --api-key-env."
            )
        return given_service(self.base_url, api_key, workers, advanced)


def _run(
    prepare: Callable[[], Plan],
    server: _Server,
    workers: int,
    out: Path,
    *,
    as_json: bool,
    conclude: Callable[[Evaluation], str] | None = None,
) -> None:
    from .screen import progress, show  # noqa: PLC0415 - Slow to import.

    with leaving(stopped="Stopped. Nothing was written.", failures=EvaluationError):
        total, evaluate = prepare()
        folder = _writable(out)
        screen = console(stderr=as_json)
        with (
            progress(screen, "evaluating", total) as advanced,
            server.run(workers, advanced) as service,
        ):
            evaluation = evaluate(service)
        files = _write(evaluation, folder)
    if as_json:
        sys.stdout.write(json.dumps(evaluation.to_json()) + "\n")
        return
    show(screen, evaluation)
    if conclude is not None:
        screen.print(conclude(evaluation), style="bold", markup=False, soft_wrap=True)
    screen.print(f"written: {', '.join(map(str, files))}", markup=False, soft_wrap=True)


def _writable(out: Path) -> Path:
    folder = out.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EvaluationError(
            f"Results cannot be written to {folder}: {error.strerror}. "
            "Choose another folder with --out."
        ) from None
    return folder


def _write(evaluation: Evaluation, folder: Path) -> list[Path]:
    from .pictures import draw  # noqa: PLC0415 - Slow to import.

    results = folder / f"{evaluation.stem}.json"
    try:
        results.write_text(json.dumps(evaluation.to_json(), indent=1) + "\n", encoding="utf-8")
        return [results, *draw(evaluation, folder)]
    except OSError as error:
        raise EvaluationError(f"Results cannot be written to {folder}: {error}.") from error
