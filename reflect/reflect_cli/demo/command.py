"""
The command `reflect demo`.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from reflect_cli.leaving import leave, leaving
from reflect_server.errors import ReflectServerError
from reflect_server.terminal.console import console

from .agent import SimulatedAgent
from .database import create_database
from .errors import DemoError
from .evaluation import Evaluation
from .memory import MemoryClient
from .model import ChatModel, ModelAgent, ModelReflector
from .picture import draw_learning_curve
from .screen import Screen
from .tasks import load_tasks

DEFAULT_PICTURE = Path("reflect-demo.png")
STOPPED = "Stopped. The demo keeps nothing; run it again at any time."
_SIMULATED_EPOCHS = 8
_MODEL_EPOCHS = 3


def demo(  # noqa: PLR0917 - Typer reads the options off the parameters.
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, help="How often each task is asked. Default: 8, with --model 3."
        ),
    ] = None,
    picture: Annotated[
        Path, typer.Option(help="Where to write the learning curve, a PNG file.")
    ] = DEFAULT_PICTURE,
    seed: Annotated[
        int, typer.Option(help="Fixes the order of the tasks and which reviews are careless.")
    ] = 0,
    model: Annotated[
        str | None, typer.Option(help="Let this model answer instead of the simulated agent.")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(help="An OpenAI-compatible endpoint for --model. Default: OpenAI's own."),
    ] = None,
    api_key_env: Annotated[
        str, typer.Option(help="The environment variable that holds the endpoint's key.")
    ] = "OPENAI_API_KEY",
    reflect: Annotated[
        bool, typer.Option("--reflect", help="Let the model write the reflections too.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
) -> None:
    """
    Watch an agent get better because it remembers.

    Starts a server of its own with a temporary data folder, lets an agent answer questions with
    SQL over several epochs, with memory and without, and shows what it learned. Needs no model and
    no key: without --model the agent is a simulated one. Nothing is kept but the picture.

    Try:

    - reflect demo

    - reflect demo --json --picture curve.png

    - reflect demo --model llama3.1 --base-url http://localhost:11434/v1
    """
    if model is None and (base_url is not None or reflect):
        leave("--base-url and --reflect need --model NAME.", code=2)
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        leave(f"--base-url must begin with http:// or https://, found {base_url!r}.", code=2)
    with leaving(stopped=STOPPED, failures=DemoError):
        target = writable_picture(picture)
        key = os.environ.get(api_key_env) or None
        chat = ChatModel(model, base_url=base_url, api_key=key) if model else None
        with closing(chat) if chat else nullcontext(), closing(create_database()) as connection:

            def evaluate(client: MemoryClient) -> None:
                evaluation = Evaluation(
                    agent=ModelAgent(chat, connection) if chat else SimulatedAgent(),
                    client=client,
                    connection=connection,
                    tasks=load_tasks(),
                    epochs=epochs or (_MODEL_EPOCHS if chat else _SIMULATED_EPOCHS),
                    seed=seed,
                    reflector=ModelReflector(chat) if chat and reflect else None,
                )
                run_evaluation(evaluation, target, as_json=as_json)

            _run_with_server(evaluate)


def writable_picture(path: Path) -> Path:
    """
    Settle where the picture goes before any work is done.

    Args:
        path: The wanted file; it may exist, and is then replaced at the end.

    Returns:
        The absolute path, or that of a file in the temporary folder where the default name cannot
        be written to the current folder.

    Raises:
        DemoError: The path was chosen by the user and cannot be written.
    """
    wanted = path.expanduser().absolute()
    existed = wanted.exists()
    try:
        wanted.open("ab").close()
    except OSError as error:
        if path == DEFAULT_PICTURE:
            return Path(tempfile.gettempdir()).absolute() / path.name
        raise DemoError(
            f"The picture cannot be written to {wanted}: {error.strerror}. "
            "Choose another file with --picture."
        ) from None
    if not existed:
        wanted.unlink()
    return wanted


def _run_with_server(evaluate: Callable[[MemoryClient], None]) -> None:
    from reflect_sdk import ReflectClient, ReflectError  # noqa: PLC0415 - Slow to import.
    from reflect_server.testing import running_server  # noqa: PLC0415 - Slow to import.

    try:
        with (
            running_server() as server,
            ReflectClient(base_url=server.base_url, api_key=server.api_key) as client,
        ):
            evaluate(client)
    except (ReflectError, ReflectServerError) as error:
        raise DemoError(f"The demo's server did not do its part: {error}") from error


def run_evaluation(evaluation: Evaluation, picture: Path, *, as_json: bool) -> None:
    """
    Run a prepared evaluation, draw its picture and show it.

    Args:
        evaluation: What to run.
        picture: The PNG file to write.
        as_json: Print one JSON object when all is done, and nothing before.

    Raises:
        DemoError: The agent could not go on, or the picture could not be written.
    """
    started = time.perf_counter()
    screen = None if as_json else Screen(console())
    if screen is None:
        for _ in evaluation.run():
            pass
    else:
        screen.introduce(evaluation)
        with screen.progress(evaluation) as meter:
            for attempt in evaluation.run():
                meter.show(attempt)
    try:
        draw_learning_curve(evaluation, picture)
    except OSError as error:
        raise DemoError(f"The picture cannot be written to {picture}: {error}") from error
    seconds = time.perf_counter() - started
    if screen is None:
        sys.stdout.write(json.dumps(report(evaluation, picture, seconds)) + "\n")
    else:
        screen.summarise(evaluation, picture=picture, seconds=seconds)


def report(evaluation: Evaluation, picture: Path, seconds: float) -> dict[str, object]:
    """
    Sum up a finished evaluation for machines.

    Args:
        evaluation: What was run.
        picture: Where its picture is.
        seconds: How long it took.

    Returns:
        The object that `reflect demo --json` prints.
    """
    return {
        "tasks": len(evaluation.repeated),
        "epochs": evaluation.epochs,
        "with_memory": evaluation.rates(with_memory=True),
        "without_memory": evaluation.rates(with_memory=False),
        "agent": evaluation.agent.name,
        "seconds": round(seconds, 3),
        "picture": str(picture),
    }
