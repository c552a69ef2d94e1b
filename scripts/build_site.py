"""
Build the documentation site into `site/` and check it; with `serve`, show it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "codegen"))

from site_build import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
