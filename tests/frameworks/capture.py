"""
Runs a framework against the scripted model and writes down what it records, as the samples that
`tests/unit/server/domain/trajectory` reads: `python tests/frameworks/capture.py openai_agents`.

What differs from run to run (times, ids, usage) is left out.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from scripted_model import scripted_model

SAMPLES = Path(__file__).parents[1] / "unit/server/domain/trajectory/samples"
_NAMES = """
    actions additional_properties agent_id annotations canonical_system code_action conversation_id
    cost created_at duration_api_ms duration_ms extra failed_attempts from_history history_digest
    invocation_id logprobs long_running_tool_ids metrics model_id model_input_messages
    model_provider_data model_usage models_usage node_info observations_images provider_data
    provider_details provider_response_id provider_url providerMetadata providerOptions raw request
    response_metadata run_id session_id session_state stop_after_tool_call timestamp timing
    token_usage tool_origin total_cost_usd tracking_id usage usage_metadata user_message_uuid
    user_message_uuids uuid warnings workspace_ref _agent_ref
"""
_LEFT_OUT = frozenset(_NAMES.split())
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b")
_FOLDER = re.compile(r'File "[^"]*/')


def as_json(value: Any) -> Any:
    """
    Return an object of a framework as its own dump has it.
    """
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: getattr(value, name) for name in names if name != "agent"}
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return value.value if isinstance(value, enum.Enum) else repr(value)


def trimmed(value: Any) -> Any:
    """
    Leave out of a run what differs from one to the next.
    """
    if isinstance(value, dict):
        return {name: trimmed(one) for name, one in value.items() if name not in _LEFT_OUT}
    if isinstance(value, list):
        return [trimmed(one) for one in value]
    if isinstance(value, str):
        return _FOLDER.sub('File "/app/', _ID.sub("id", value))
    return value


def main(framework: str) -> None:
    """
    Write the samples of one framework.
    """
    with scripted_model() as url:
        os.environ |= {
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": url,
            "OPENAI_API_BASE": url,
            "NO_PROXY": "127.0.0.1",
            "OTEL_SDK_DISABLED": "true",
            "CREWAI_DISABLE_TELEMETRY": "true",
            "AGNO_TELEMETRY": "false",
            "HAYSTACK_TELEMETRY_ENABLED": "false",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        runs: dict[str, Any] = importlib.import_module(f"runs.{framework}").runs(url)
    for name, run in runs.items():
        records = trimmed(json.loads(json.dumps(run, default=as_json)))
        listed = records if isinstance(records, list) else [records]
        lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in listed)
        (SAMPLES / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
