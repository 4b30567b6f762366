"""A cold start pays for what it uses: importing every route loads no SDK and no document maker."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("jwt", "cryptography", "stripe", "babel", "jinja2", "typst", "pynamodb", "urllib.request")


def test_importing_the_app_loads_nothing_heavy() -> None:
    code = f"import sys, app; print([one for one in {HEAVY!r} if one in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
