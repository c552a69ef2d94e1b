"""
Every job of this project: `nox` runs all checks, `nox -s NAME` one of them, `nox -l` lists them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nox

ROOT = Path(__file__).parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SUPPORTED = ("3.11", "3.12", "3.13")
PACKAGES = ("reflect/reflect_sdk", "reflect/reflect_server", "reflect/reflect_cli")
TYPED_SCRIPTS = (
    "scripts/check_installation.py",
    "scripts/draw_diagrams.py",
    "scripts/draw_runs.py",
    "scripts/plant_faults.py",
    "scripts/release.py",
)
HANDWRITTEN = ("reflect", "codegen", "scripts", "tests", "benchmarks", "noxfile.py")

# What `quick` runs. Folders, so that a new test is in it without a word, and no marker, which every
# test would have to carry; left out is what starts many servers, waits, or searches for long.
QUICK = (
    "tests/boundaries",
    "tests/codegen/test_client.py",
    "tests/codegen/test_constructs.py",
    "tests/codegen/test_contract.py",
    "tests/codegen/test_lint.py",
    "tests/contract",
    "tests/docs",
    "tests/sdk",
    "tests/server/test_access.py",
    "tests/server/test_bad_input.py",
    "tests/server/test_configuration.py",
    "tests/server/test_idempotency.py",
    "tests/server/test_memories.py",
    "tests/server/test_reviews.py",
    "tests/server/test_skills.py",
    "tests/store",
    "tests/unit",
    "tests/upgrades",
    "--ignore=tests/docs/test_container.py",
    "--ignore=tests/sdk/test_against_server.py",
    "--ignore=tests/sdk/test_connections.py",
    "--ignore=tests/sdk/test_deadlines.py",
    "--ignore=tests/sdk/test_failure_matrix.py",
)

FRAMEWORKS = {
    "agent_framework": ("agent-framework-core==1.23.*", "agent-framework-openai==1.17.*"),
    "agno": ("agno==3.1.*", "openai==3.*"),
    "anthropic": ("anthropic==2.14.*",),
    "autogen": ("autogen-agentchat==0.7.*", "autogen-ext[openai]==0.7.*"),
    "claude": ("claude-agent-sdk==0.2.*",),
    "crewai": ("crewai==1.15.*",),
    "dspy": ("dspy==3.4.*",),
    "google_adk": ("google-adk==2.13.*", "litellm==1.110.*"),
    "haystack": ("haystack-ai==3.4.*",),
    "langchain": ("langchain==1.5.*", "langchain-core==1.8.*", "langchain-openai==1.7.*"),
    "litellm": ("litellm==1.110.*",),
    "llama_index": ("llama-index-core==0.14.*", "llama-index-llms-openai-like==0.8.*"),
    "openai_agents": ("openai-agents==0.24.*",),
    "pydantic_ai": ("pydantic-ai-slim[openai]==2.68.*",),
    "smolagents": ("smolagents[openai]==1.26.*",),
    "strands": ("strands-agents[openai]==1.62.*",),
}
AI_SDKS = ("6", "7")
BROWSER_TOOLS = ("axe-core@4.14.1", "puppeteer-core@24.43.1")

PLAIN = "--ignore=tests/sdk/test_speedups.py"  # Without the extra that it tests.

# The same on any Python: what the repository holds, what an older version left, and arithmetic of
# the demo and the evaluation, whose commands are tried on each.
ON_ONE_PYTHON = (
    "--ignore=tests/boundaries",
    "--ignore=tests/cli/test_demo_evaluation.py",
    "--ignore=tests/cli/test_demo_model.py",
    "--ignore=tests/cli/test_demo_tasks.py",
    "--ignore=tests/cli/test_eval_database.py",
    "--ignore=tests/cli/test_eval_given_server.py",
    "--ignore=tests/cli/test_eval_intervals.py",
    "--ignore=tests/cli/test_eval_own_tasks.py",
    "--ignore=tests/cli/test_eval_retrieval.py",
    "--ignore=tests/cli/test_eval_stream.py",
    "--ignore=tests/codegen",
    "--ignore=tests/docs",
    "--ignore=tests/faults",
    "--ignore=tests/upgrades",
)

# The same with any version of a dependency: also what is about SQLite, files and processes, which
# are Python's own.
ON_ONE_DEPENDENCY = (
    *ON_ONE_PYTHON,
    "--ignore=tests/server/test_backup.py",
    "--ignore=tests/server/test_concurrency.py",
    "--ignore=tests/server/test_doctor.py",
    "--ignore=tests/server/test_faults.py",
    "--ignore=tests/server/test_lists.py",
    "--ignore=tests/server/test_recompute.py",
    "--ignore=tests/server/test_restore.py",
    "--ignore=tests/server/test_retry.py",
    "--ignore=tests/store",
)

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True


def _runs(interpreter: Path, version: str) -> bool:
    question = "import sys; print('{}.{}'.format(*sys.version_info))"
    try:
        answer = subprocess.run(
            [interpreter, "-c", question], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return answer.stdout.strip() == version


def _find_interpreter(version: str) -> Path | None:
    """
    Look for a working interpreter: the running one, those on the PATH, those of pyenv.
    """
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    running = Path(getattr(sys, "_base_executable", sys.executable))
    on_path = shutil.which(name)
    candidates = [
        *([running] if "{}.{}".format(*sys.version_info) == version else []),
        *([Path(on_path)] if on_path else []),
        *sorted(pyenv.glob(f"{version}.*/bin/{name}"), reverse=True),
    ]
    return next((found for found in candidates if _runs(found, version)), None)


def _available_pythons() -> list[str]:
    """
    Return the supported versions that this machine has, and make nox find them.
    """
    found = {version: _find_interpreter(version) for version in SUPPORTED}
    folders = [str(interpreter.parent) for interpreter in found.values() if interpreter]
    os.environ["PATH"] = os.pathsep.join([*folders, os.environ["PATH"]])
    return [version for version, interpreter in found.items() if interpreter]


PYTHONS = _available_pythons()
if not PYTHONS:
    raise SystemExit(f"None of Python {', '.join(SUPPORTED)} was found. Install one of them.")
LOWEST = PYTHONS[0]


def _install(session: nox.Session, *groups: str, extras: str = "server,openai,otel") -> None:
    """
    Install the built package with its extras, and the pinned tools of dependency groups.
    """
    tools = nox.project.dependency_groups(PYPROJECT, *groups) if groups else ()
    session.install(f".[{extras}]" if extras else ".", *tools)


def _install_working_copy(session: nox.Session, *groups: str) -> None:
    """
    Install the working copy itself with all extras, once: again only after pyproject.toml changed.
    """
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    installed = Path(session.virtualenv.location) / "installed-for-pyproject.toml"
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return
    tools = nox.project.dependency_groups(PYPROJECT, *groups)
    session.install("-e", ".[server,openai,otel,speedups]", *tools)
    installed.write_text(wanted, encoding="utf-8")


@nox.session(python=LOWEST, default=False)
def quick(session: nox.Session) -> None:
    """
    Run after each change: style, types, drift and the tests that find most, in about a minute.

    It tests the working copy where it stands; arguments after `--` go to pytest.
    """
    _install_working_copy(session, "tests", "generate", "lint", "typing")
    session.run("ruff", "check", *HANDWRITTEN)
    session.run("ruff", "format", "--check", *HANDWRITTEN)
    session.run("mypy")
    session.run("python", "codegen/generate.py", "--check")
    session.run("python", "scripts/generate_api_docs.py", "--check")
    session.run(
        "pytest", "-n", "2", "--hypothesis-profile", "quick", PLAIN, *QUICK, *session.posargs
    )


@nox.session(python=LOWEST)
def lint(session: nox.Session) -> None:
    """
    Check style and format, and that the contract is valid OpenAPI.
    """
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", *HANDWRITTEN)
    session.run("ruff", "format", "--check", *HANDWRITTEN)
    session.run("openapi-spec-validator", "openapi.yaml")


@nox.session(python=LOWEST)
def typing(session: nox.Session) -> None:
    """
    Check types with mypy and pyright, for the product and for a consumer of it.
    """
    _install(session, "typing", "generate", "tests", "nox", extras="server,openai,otel,speedups")
    session.run("mypy")
    session.run("mypy", "codegen/generate.py", "codegen/reference.py", "codegen/site_build.py")
    session.run("mypy", *TYPED_SCRIPTS)
    session.run("mypy", "--warn-unused-ignores", "tests/typing/consumer.py", "tests/typing/flow.py")
    session.run("pyright")


@nox.session(python=LOWEST)
def drift(session: nox.Session) -> None:
    """
    Fail where generated code differs from what the contract generates.
    """
    session.install(*nox.project.dependency_groups(PYPROJECT, "generate"))
    session.run("python", "codegen/generate.py", "--check")


@nox.session(python=LOWEST)
def docs(session: nox.Session) -> None:
    """
    Check the reference against the docstrings, build the site and check it; `-- serve` shows it.
    """
    session.install(*nox.project.dependency_groups(PYPROJECT, "generate", "docs"))
    if session.posargs:
        session.run("python", "scripts/build_site.py", *session.posargs)
        return
    session.run("python", "scripts/generate_api_docs.py", "--check")
    session.run("python", "scripts/build_site.py")


@nox.session(python=LOWEST, default=False)
def browser(session: nox.Session) -> None:
    """
    Look at every page of the site in Chromium; needs it at /usr/bin/chromium, and npm.

    An argument after `--` is a folder for screenshots.
    """
    session.install(*nox.project.dependency_groups(PYPROJECT, "generate", "docs"))
    session.run("python", "scripts/build_site.py")
    tools = session.create_tmp()
    install = ("npm", "install", "--silent", "--prefix", tools, *BROWSER_TOOLS)
    session.run(*install, external=True)
    check = (ROOT / "tests" / "browser" / "check_site.mjs", ROOT / "site", *session.posargs)
    with session.chdir(tools):
        session.run("node", *map(str, check), external=True)


@nox.session(python=LOWEST, default=False)
def generate(session: nox.Session) -> None:
    """
    Generate code and pages from openapi.yaml, and the reference from the docstrings.
    """
    session.install(*nox.project.dependency_groups(PYPROJECT, "generate"))
    session.run("python", "codegen/generate.py")
    session.run("python", "scripts/generate_api_docs.py")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """
    Run the tests against the installed package; arguments after `--` go to pytest.

    The lowest Python runs everything and measures coverage. The highest leaves out what does not
    depend on it, and those between run the client and the store.
    """
    lowest = session.python == LOWEST
    _install(session, "tests", *(["generate", "applications"] if lowest else []))
    if session.posargs or not lowest:
        between = session.python != PYTHONS[-1]
        scope = (
            ["tests/sdk", "tests/contract", "tests/store"] if between else ["tests", *ON_ONE_PYTHON]
        )
        session.run("pytest", "-n", "2", PLAIN, *(session.posargs or scope))
        return
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n", "2", PLAIN, "tests")
    session.run("coverage", "combine", silent=True)
    session.run("coverage", "report")


@nox.session(python=LOWEST)
def speedups(session: nox.Session) -> None:
    """
    Run the client's tests on the compiled transport; they reach every branch of the client.
    """
    _install(session, "tests", extras="server,openai,speedups")
    session.env["COVERAGE_FILE"] = ".coverage.speedups"
    session.run("coverage", "erase")
    scope = session.posargs or ["tests/sdk"]
    session.run("coverage", "run", "--source=reflect_sdk", "-m", "pytest", "-n", "2", *scope)
    session.run("coverage", "combine", silent=True)
    session.run("coverage", "report", "--fail-under=100")


@nox.session(python=LOWEST)
def minimums(session: nox.Session) -> None:
    """
    Run the tests that use dependencies with the lowest version of each.
    """
    project = PYPROJECT["project"]
    extras = ("server", "openai", "otel", "speedups")
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    lowest = []
    for requirement in wanted:
        specifier, _, marker = requirement.partition(";")
        bound = re.sub(r">=([\w.]+).*", r"==\1", specifier.strip())
        lowest.append(f"{bound};{marker}" if marker else bound)
    tools = nox.project.dependency_groups(PYPROJECT, "tests")
    session.install(f".[{','.join(extras)}]", *lowest, *tools)
    session.run("pytest", "-n", "2", *(session.posargs or ["tests", *ON_ONE_DEPENDENCY]))


@nox.session(python=LOWEST, default=False)
def release(session: nox.Session) -> None:
    """
    Make a release of a copy and try it, without publishing; `-- VERSION --write` keeps it.
    """
    session.install(*nox.project.dependency_groups(PYPROJECT, "release"))
    session.run("python", "scripts/release.py", *session.posargs)


@nox.session(python=LOWEST, default=False)
def faults(session: nox.Session) -> None:
    """
    Kill a server 200 times amid writes, and search for long for what breaks the contract or a law.

    Elsewhere the tests draw the same examples each time, so that none fails by chance; here they
    draw others each time, and more.
    """
    _install(session, "tests")
    session.run("python", "tests/faults/kills.py", *session.posargs)
    session.run("pytest", "tests/faults/test_contract_search.py", env={"REFLECT_EXAMPLES": "300"})
    session.run("pytest", "-n", "2", "-m", "hypothesis", "--hypothesis-profile", "search", "tests")


@nox.session(python=LOWEST, default=False)
@nox.parametrize("framework", [*FRAMEWORKS, *(f"ai_sdk_{version}" for version in AI_SDKS)])
def frameworks(session: nox.Session, framework: str) -> None:
    """
    Run an agent framework against a scripted model and capture what it records; read it then.

    `nox -s "frameworks(framework='agno')"` does that for one. The samples are of the tests of
    `tests/unit/server/domain/trajectory`, which say how each must be read. Those of the AI SDK need
    npm.
    """
    if framework in FRAMEWORKS:
        session.install(*FRAMEWORKS[framework])
        session.run("python", "-W", "ignore", "tests/frameworks/capture.py", framework)
    else:
        version = framework.rpartition("_")[2]
        folder = Path(session.create_tmp())
        script = shutil.copy(ROOT / "tests/frameworks/runs/ai_sdk.mjs", folder)
        session.run(
            "npm", "install", "--prefix", str(folder), f"ai@{version}", "zod", external=True
        )
        samples = ROOT / "tests/unit/server/domain/trajectory/samples"
        session.run("node", str(script), str(samples), version, external=True)
    session.run("git", "diff", "--stat", "--", "tests/unit/server/domain/trajectory", external=True)


@nox.session(python=LOWEST, default=False)
def demo(session: nox.Session) -> None:
    """
    Watch an agent get better because it remembers.
    """
    _install(session)
    session.run("reflect", "demo", *session.posargs)


@nox.session(python=LOWEST, default=False)
def bench(session: nox.Session) -> None:
    """
    Measure what the client and the server cost, side by side with bare parts.
    """
    _install(session, extras="server,openai,speedups")
    script = session.posargs or ["benchmarks/query_overhead.py"]
    session.run("python", *script)
    if not session.posargs:
        session.run("python", "benchmarks/client.py")
        session.run("python", "benchmarks/server_costs.py")
