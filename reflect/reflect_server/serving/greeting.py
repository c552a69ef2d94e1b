"""
The greeting: what a server says when it has started.
"""

from __future__ import annotations

import shlex

from reflect_server.configuration.addresses import is_local
from reflect_server.http.service import Service
from reflect_server.use_cases.projects import DEFAULT_PROJECT

_EXAMPLE = """\
  from reflect_sdk import ReflectClient

  with ReflectClient.from_env() as client:
      with client.trace("How many orders did we ship in March?") as run:
          print(run.augmented_task)  # the task, with what earlier runs have taught
          run.set_output(
              trajectory=[{"role": "assistant", "content": "42"}],
              result="fail",
              feedback_text="Counted cancelled orders.",
          )
      print(client.wait_for_trace(run.trace_id).created_memory_id)"""


def as_text(address: str, service: Service) -> str:
    """
    Return what people read.

    Args:
        address: Where the server listens.
        service: The running service.
    """
    folder = service.settings.data_dir
    lines = [
        f"Reflect is serving at {address}",
        f"Its API is described at {address}/docs",
        f"Its data is in {folder}",
    ]
    if service.first_key is None:
        command = f"reflect keys create --master --data-dir {shlex.quote(str(folder))}"
        lines.append(f"Lost the master key? Stop the server and make a new one: {command}")
    else:
        lines += [
            "",
            "This is the first start. Here is its master key, shown this once:",
            "",
            f"  export REFLECT_API_URL={address}",
            f"  export REFLECT_API_KEY={service.first_key.plaintext}",
            f"  export REFLECT_PROJECT_ID={DEFAULT_PROJECT}",
            "",
            "With these three in the environment, this works:",
            "",
            _EXAMPLE,
            "",
        ]
    lines.append("Press Ctrl+C to stop.")
    return "\n".join(lines)


def as_record(address: str, service: Service) -> dict[str, str | None]:
    """
    Return what programs read: `address`, `data_dir`, `project_id`, and `api_key`.

    The key is there at the first start only, and null later.

    Args:
        address: Where the server listens.
        service: The running service.
    """
    return {
        "address": address,
        "data_dir": str(service.settings.data_dir),
        "project_id": DEFAULT_PROJECT,
        "api_key": service.first_key.plaintext if service.first_key else None,
    }


def remote_warning(host: str) -> str | None:
    """
    Warn where the server is to be reached from other machines.

    Args:
        host: The address to listen on.

    Returns:
        A sentence, or None where the address is this machine's own.
    """
    if is_local(host):
        return None
    return (
        f"On {host} other machines can reach this server, and it speaks plain HTTP. "
        "Put a proxy that encrypts in front of it, or leave out `--host`."
    )
