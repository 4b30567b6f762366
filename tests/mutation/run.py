"""`make mutants`: breaks the rules of money and access one by one and counts who notices.

mutmut wants to be alone in a folder, so each module is judged in a copy of the tree. A module
passes with nine mutants in ten killed and a written reason for each that lives
(`survivors.toml`). `python -m tests.mutation.run money keys` judges those two only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.modules import MODULES, Module

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REASONS = HERE / "survivors.toml"
STAGE = ROOT / ".tmp" / "mutation"
COPIED = ("chalicelib", "tests", "infra", "events", "app.py", "pyproject.toml")
ENOUGH_PERCENT = 90
ENDLESS = "timeout"
ENDLESS_PERCENT = 2  # more were killed by a busy machine, not by their tests
PROCESSES = int(os.environ.get("MUTATION_PROCESSES", "2"))

Mutant = tuple[str, str, str]
"""The function, the lines as they were, and as they became."""


@dataclass(frozen=True)
class Judged:
    """How a module fared; `living` counts equal changes of one function apart.

    `endless`: killed because their tests did not come to an end, or the machine was very busy.
    """

    module: Module
    mutants: int
    living: Counter[Mutant]
    endless: int
    seconds: float

    @property
    def killed(self) -> int:
        return self.mutants - self.living.total()

    @property
    def percent(self) -> float:
        return 100 * self.killed / self.mutants


class NotRunError(Exception):
    """mutmut came to no verdict: its tests fail without any mutant, most often."""


def main(wanted: list[str]) -> int:
    """0 when every module asked for passes."""
    unknown = set(wanted) - {module.name for module in MODULES}
    if unknown:
        sys.exit(f"no module {', '.join(sorted(unknown))}")
    reasons = _reasons()
    say("module          mutants  killed  survived  per cent  endless  seconds")
    wrong: list[str] = []
    for module in MODULES:
        if not wanted or module.name in wanted:
            try:
                judged = judge(module)
            except NotRunError as error:
                wrong.append(str(error))
                continue
            say(
                f"{module.name:14} {judged.mutants:8} {judged.killed:7} {judged.living.total():9} "
                f"{judged.percent:9.1f} {judged.endless:8} {judged.seconds:8.0f}"
            )
            wrong += complaints(judged, reasons.get(module.name, Counter()))
    for line in wrong:
        say(line)
    return 1 if wrong else 0


def judge(module: Module) -> Judged:
    """Run mutmut over one module in a fresh copy of the tree."""
    began = time.monotonic()
    stage = _staged(module)
    with (stage / "mutmut.log").open("wb") as log:
        run = subprocess.run(
            [sys.executable, HERE / "mutate.py", "run", "--max-children", str(PROCESSES)],
            cwd=stage,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if run.returncode:
        raise NotRunError(f"{module.name}: mutmut failed, see {stage / 'mutmut.log'}")
    told = subprocess.run(
        [sys.executable, HERE / "verdicts.py", *module.sources],
        cwd=stage,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(told.stdout)
    living = Counter(
        (one["function"], one["was"], one["became"])
        for one in found
        if one["status"] not in {"killed", ENDLESS}
    )
    endless = sum(one["status"] == ENDLESS for one in found)
    return Judged(module, len(found), living, endless, time.monotonic() - began)


def complaints(judged: Judged, reasons: Counter[Mutant]) -> list[str]:
    """Why the module does not pass, each in a line that can be pasted into the list."""
    name = judged.module.name
    wrong = []
    if not judged.mutants:
        wrong.append(f"{name}: nothing was mutated")
    elif judged.percent < ENOUGH_PERCENT:
        wrong.append(f"{name}: fewer than {ENOUGH_PERCENT} per cent are killed")
    if 100 * judged.endless > ENDLESS_PERCENT * judged.mutants:
        wrong.append(f"{name}: the machine was too busy, {judged.endless} were killed by the clock")
    wrong += [_entry(name, one) for one in (judged.living - reasons).elements()]
    gone = (reasons - judged.living).elements()
    wrong += [f"{name}: killed, but still listed: {one}" for one in gone]
    return wrong


def _entry(name: str, mutant: Mutant) -> str:
    function, was, became = (json.dumps(part, ensure_ascii=False) for part in mutant)
    return f'\n[[{name}]]\nfunction = {function}\nwas = {was}\nbecame = {became}\nreason = ""'


def _reasons() -> dict[str, Counter[Mutant]]:
    """The listed survivors of each module. One without a reason is not listed."""
    listed = tomllib.loads(REASONS.read_text())
    return {
        name: Counter(
            (one["function"], one["was"], one["became"]) for one in entries if one["reason"]
        )
        for name, entries in listed.items()
    }


def _staged(module: Module) -> Path:
    stage = STAGE / module.name
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, stage / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, stage / name)
    (stage / "setup.cfg").write_text(_settings(module))
    return stage


def _settings(module: Module) -> str:
    lists = {
        "source_paths": ["chalicelib"],
        "only_mutate": list(module.sources),
        "also_copy": ["infra", "events", "app.py"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:xdist"],
        "pytest_add_cli_args_test_selection": list(module.tests),
    }
    text = "[mutmut]\nuse_git_change_detection = false\n"
    for key, values in lists.items():
        text += f"{key} =\n" + "".join(f"  {value}\n" for value in values)
    return text


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
