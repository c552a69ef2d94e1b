"""
The commands `reflect eval …`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from .errors import EvaluationError
from .labelled import read_labelled
from .results import Evaluation
from .screen import progress, show
from .service import Service
from .stream import DEFAULT_CONDITIONS, Condition, StreamSettings, evaluate_stream, requests_of

DEFAULT_OUT = Path("reflect-eval")

evaluations = typer.Typer(
    name="eval",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure whether memory helps, by how much, and how sure that is.",
)

Seeds = Annotated[int, typer.Option(min=2, max=100, help="How many seeds.")]
Workers = Annotated[
    int, typer.Option(min=1, max=64, help="How many parts of the evaluation run at once.")
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
    out: Out = DEFAULT_OUT,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """
    Learn over a fixed set of memories, a share of which misleads.

    A simulated agent takes the action that its first memory states, and each review moves the
    Q-values. Compared are the server's default ranking, similarity alone, the published blend,
    MemRL's rule and others, on the same tasks, memories and reviews.

    Try: reflect eval stream banking77 --seeds 2 --rho 0.3 --memories 500 --tasks 1000
    """
    conditions = DEFAULT_CONDITIONS
    if rho:
        conditions = tuple(Condition(share, wrong_reviews) for share in rho)
    settings = StreamSettings(seeds, conditions, memories, tasks, held_out)

    def prepare() -> tuple[int, Callable[[Service], Evaluation]]:
        texts = read_labelled(folder)
        total = requests_of(texts, settings)
        return total, lambda service: evaluate_stream(service, texts, settings)

    _run(prepare, workers, out, as_json=as_json)


def _run(
    prepare: Callable[[], tuple[int, Callable[[Service], Evaluation]]],
    workers: int,
    out: Path,
    *,
    as_json: bool,
) -> None:
    try:
        total, evaluate = prepare()
        folder = _writable(out)
        console = Console(highlight=False, stderr=as_json)
        evaluation = _with_server(evaluate, total, workers, console)
        files = _write(evaluation, folder)
    except KeyboardInterrupt:
        _leave("Stopped. Nothing was written.", code=130)
    except EvaluationError as error:
        _leave(str(error), code=1)
    if as_json:
        sys.stdout.write(json.dumps(evaluation.to_json()) + "\n")
        return
    show(console, evaluation)
    console.print(f"written: {', '.join(map(str, files))}", markup=False, soft_wrap=True)


def _with_server(
    evaluate: Callable[[Service], Evaluation], total: int, workers: int, console: Console
) -> Evaluation:
    from reflect_sdk import ReflectError  # noqa: PLC0415 - Slow to import.
    from reflect_server.errors import ReflectServerError  # noqa: PLC0415 - As above.
    from reflect_server.testing import running_server  # noqa: PLC0415 - As above.

    try:
        with running_server() as server, progress(console, "evaluating", total) as advanced:
            return evaluate(Service(server.base_url, server.api_key, workers, advanced))
    except (ReflectError, ReflectServerError) as error:
        raise EvaluationError(f"The evaluation's server did not do its part: {error}") from error


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

    results = folder / f"{evaluation.protocol}.json"
    try:
        results.write_text(json.dumps(evaluation.to_json(), indent=1) + "\n", encoding="utf-8")
        return [results, *draw(evaluation, folder)]
    except OSError as error:
        raise EvaluationError(f"Results cannot be written to {folder}: {error}.") from error


def _leave(message: str, *, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)
