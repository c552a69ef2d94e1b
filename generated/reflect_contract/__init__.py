"""
The contract as the server needs it, generated from `openapi.yaml`.

`models` has the shapes, `operations` what is served where, and `openapi_json` the whole document.
"""

from __future__ import annotations

from importlib.resources import files


def openapi_json() -> bytes:
    """
    Return the OpenAPI document as JSON in UTF-8.
    """
    return files(__name__).joinpath("openapi.json").read_bytes()
