"""The project's files as git knows them: what is ignored is none, what is not yet added is one."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    """All of them, or those that fit: a folder, or a name in which `*` crosses folders."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return tuple(ROOT / name for name in listed if (ROOT / name).exists())


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
