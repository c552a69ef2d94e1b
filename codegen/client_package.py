"""
`reflect_api`: the typed client, by openapi-python-client.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from client_routes import routes_module
from document import Json, credential_header, prepared_for_client
from formatting import tidy
from generator_extension import extend_generator
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.responses import Response

HERE = Path(__file__).resolve().parent


def write_client(document: Json, package: Path) -> None:
    """
    Generate the client into a folder that does not exist yet.

    Args:
        document: The contract.
        package: The folder of the package; its name becomes the package's name.

    Raises:
        SystemExit: The generator refused or warned; nothing that it left out goes unnoticed.
    """
    extend_generator()
    config = Config.from_sources(
        ConfigFile(package_name_override=package.name, post_hooks=[]),
        MetaType.NONE,
        document_source=package,
        file_encoding="utf-8",
        overwrite=False,
        output_path=package,
    )
    data = GeneratorData.from_dict(prepared_for_client(document), config=config)
    if isinstance(data, GeneratorError):
        raise SystemExit(_report([data]))
    project = Project(openapi=data, config=config, custom_template_path=HERE / "templates")
    schemes = document.get("components", {}).get("securitySchemes", {}).values()
    project.env.globals["credential_headers"] = {credential_header(scheme) for scheme in schemes}
    project.env.globals["conditions"] = _conditions(project)
    with contextlib.redirect_stdout(io.StringIO()):
        errors = project.build()
    if errors:
        raise SystemExit(_report(errors))
    (package / "routes.py").write_text(routes_module(document), encoding="utf-8", newline="\n")
    finish_package(package)


def _conditions(project: Project) -> Callable[[list[Response]], list[tuple[str, str]]]:
    macros = vars(project.env.get_template("endpoint_macros.py.jinja").module)
    parsed: Callable[[Response], str] = macros["parsed"]

    def conditions(responses: list[Response]) -> list[tuple[str, str]]:
        exact: dict[str, list[int]] = {}
        ranges: list[tuple[str, str]] = []
        for response in responses:
            low, high = response.status_code.range or (0, 0)
            if low == high:
                exact.setdefault(parsed(response), []).append(low)
            else:
                ranges.append((f"{low} <= response.status_code <= {high}", parsed(response)))
        tests = [
            f"in {tuple(codes)}" if len(codes) > 1 else f"== {codes[0]}" for codes in exact.values()
        ]
        exactly = [f"response.status_code {test}" for test in tests]
        return [*zip(exactly, exact, strict=True), *ranges]

    return conditions


def finish_package(package: Path) -> None:
    """
    Put the modules that no contract changes beside the generated ones, and format all.
    """
    for module in sorted((HERE / "runtime").glob("*.py")):
        shutil.copyfile(module, package / module.name)
    (package / "py.typed").touch()
    tidy(package)


def _report(errors: Sequence[GeneratorError]) -> str:
    lines = [f"- {error.header or ''} {error.detail or ''}".strip() for error in errors]
    return "openapi-python-client cannot generate all of the contract:\n" + "\n".join(lines)
