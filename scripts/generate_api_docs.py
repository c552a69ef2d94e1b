"""
Write the reference of `reflect_sdk` from its docstrings, and that of the REST API from
`openapi.yaml`; with `--check`, only compare.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "codegen"))

from reference import main

if __name__ == "__main__":
    sys.exit(main())
