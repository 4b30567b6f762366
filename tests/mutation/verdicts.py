"""What became of each mutant, as JSON: run inside the folder in which mutmut ran.

mutmut numbers its mutants, and a number means another change after every edit. So a mutant is told
by its function and the lines that changed.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

KILLED = {"killed", "timeout"}


@dataclass(frozen=True)
class Verdict:
    function: str
    was: str
    became: str
    status: str


def verdicts(source: Path) -> list[Verdict]:
    """Of every mutant of one file; what was changed is read only for those that live."""
    mutants = SourceFileMutationData(path=source)
    mutants.load()
    return [
        _verdict(name, status_by_exit_code[code], source)
        for name, code in mutants.exit_code_by_key.items()
    ]


def _verdict(name: str, status: str, source: Path) -> Verdict:
    function, owner = orig_function_and_class_names_from_key(name)
    full = f"{owner}.{function}" if owner else function
    if status in KILLED:
        return Verdict(full, "", "", status)
    changes = get_diff_for_mutant(name, path=source).splitlines()[2:]
    return Verdict(full, _lines(changes, "-"), _lines(changes, "+"), status)


def _lines(changes: list[str], sign: str) -> str:
    return " ".join(line[1:].strip() for line in changes if line.startswith(sign))


if __name__ == "__main__":
    found = [one for source in sys.argv[1:] for one in verdicts(Path(source))]
    json.dump([asdict(one) for one in found], sys.stdout)
