import os
import subprocess
import sys
from pathlib import Path

import pytest
from tool_versions import require_pinned_tools

GENERATE = Path(__file__).parents[2] / "codegen" / "generate.py"


def run(*arguments: object, cwd: Path, **environment: str):
    return subprocess.run(
        [sys.executable, str(GENERATE), *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def files(folder: Path):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_what_is_committed_is_what_the_contract_says(tmp_path: Path):
    done = run("--check", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_runs_give_identical_bytes_wherever_they_are_started(
    repository_copy: Path, tmp_path: Path
):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 20\n")
    before = files(repository_copy)
    done = run("--root", repository_copy, cwd=tmp_path, PATH="", PYTHONHASHSEED="7")
    assert done.returncode == 0, done.stderr
    assert files(repository_copy) == before
    assert not list(repository_copy.rglob(".ruff_cache"))
    for package in ("reflect_api", "reflect_contract"):
        assert (repository_copy / "generated" / package / "py.typed").is_file()


@pytest.mark.parametrize("damage", ["change", "remove", "add"])
def test_the_check_fails_for_any_difference_and_says_what_to_run(
    repository_copy: Path, damage: str
):
    module = repository_copy / "generated" / "reflect_api" / "models" / "problem.py"
    if damage == "change":
        module.write_bytes(module.read_bytes() + b"\n")
    elif damage == "remove":
        module.unlink()
    else:
        module.with_name("extra.py").touch()
    done = run("--check", "--root", repository_copy, cwd=repository_copy)
    assert done.returncode == 1
    assert "reflect_api/models/" in done.stdout
    assert done.stdout.rstrip().endswith("run `nox -s generate` and commit.")


def test_other_versions_of_the_tools_are_refused(tmp_path: Path):
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(
        '[dependency-groups]\ngenerate = ["openapi-python-client==0.1.0", "ruff==0.0.1"]\n'
    )
    with pytest.raises(SystemExit, match=r"0\.1\.0 is pinned"):
        require_pinned_tools(pyproject)
