"""A cold start pays for Typst, Babel and Jinja2 only when it draws or writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "module", ["chalicelib.adapters.documents", "chalicelib.messages", "chalicelib.formatting"]
)
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = (
        f"import sys, {module}; "
        "print({'typst', 'babel', 'jinja2', 'segno'} & sys.modules.keys() or 'nothing')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "nothing"
