import subprocess
import sys
from types import ModuleType

import pytest

import reflect_api
from reflect_api import api, models


def loaded_after(statement: str):
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_else():
    loaded = loaded_after("import reflect_api")
    assert not {"httpx", "attrs"} & loaded
    assert {name for name in loaded if name.startswith("reflect_api.")} <= {"reflect_api.lazy"}


def test_importing_models_builds_none_of_them():
    loaded = loaded_after("import reflect_api.models, reflect_api.api.traces")
    assert not {name for name in loaded if name.startswith("reflect_api.models.")}
    assert "reflect_api.api.traces.get_trace" not in loaded
    assert "attrs" not in loaded


def test_an_operation_imports_only_its_own_models():
    loaded = loaded_after("from reflect_api.api.health import health")
    models_loaded = {name for name in loaded if name.startswith("reflect_api.models.")}
    assert "reflect_api.models.trace_response" not in models_loaded


def test_the_client_does_not_know_the_server():
    loaded = loaded_after("import reflect_api.api.traces.get_trace")
    assert not {name for name in loaded if name.startswith(("reflect_contract", "msgspec"))}


@pytest.mark.parametrize(
    "package", [reflect_api, models, api, api.traces], ids=lambda p: p.__name__
)
def test_every_public_name_is_there(package: ModuleType):
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        package.nonsense  # noqa: B018 - the access is the test
