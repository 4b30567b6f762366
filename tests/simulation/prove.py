"""`make prove`: every fault at every I/O of every scenario, over many seeds, on all cores.

Prints one line for each scenario and one for all: plans × seeds = runs, violations, seconds,
commit. A failure is shrunk and printed with the line that replays it; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count

from tests.simulation.mutants import MUTANTS, caught
from tests.simulation.plans import Tally, prove_seed
from tests.simulation.scenarios import ALL
from tests.simulation.shrink import shrunk

SEEDS = 120
STRIDE = 60  # each seed tries every 60th fault of the grid, each fault is tried by two seeds
PAIRS = 2
_SHOWN = 5


def main(given: list[str]) -> int:
    """Run it all; 0 when nothing was violated and no mutant got away."""
    asked = _asked(given)
    started = time.monotonic()
    say(f"{len(ALL)} scenarios, {asked.seeds} seeds, commit {_commit()}")
    total, failed = Tally(), 0
    with ProcessPoolExecutor(asked.workers, initializer=_settle_down) as pool:
        parts = {
            name: pool.map(
                _one, [(name, seed, asked.stride, asked.pairs) for seed in range(asked.seeds)]
            )
            for name in asked.only or ALL
        }
        for name, runs in parts.items():
            tally = Tally()
            for part in runs:
                tally.join(part)
            total.join(tally)
            failed += _told(name, tally, asked.seeds)
        escaped = [] if asked.only else _hunt(pool)
    seconds = time.monotonic() - started
    say(
        f"{len(total.cells)} plans × {total.runs / len(total.cells):.1f} of {len(total.seeds)} "
        f"seeds = {total.runs} runs, {failed} violations, {seconds:.0f} seconds, commit {_commit()}"
    )
    return 1 if failed or escaped else 0


def _asked(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.prove")
    parser.add_argument("only", nargs="*", choices=[*ALL, []], metavar="SCENARIO")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--stride", type=int, default=STRIDE)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="two faults at once, each seed")
    parser.add_argument("--workers", type=int, default=cpu_count() or 1)
    return parser.parse_args(given)


def _settle_down() -> None:
    """Nothing imported is garbage, and runs make little: look for it rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _one(task: tuple[str, int, int, int]) -> Tally:
    name, seed, stride, pairs = task
    return prove_seed(ALL[name], seed, stride=stride, pairs=pairs)


def _told(name: str, tally: Tally, seeds: int) -> int:
    say(
        f"  {name}: {len(tally.cells)} plans, {seeds} seeds, {tally.runs} runs, up to "
        f"{tally.deepest} I/Os, {len(tally.failures)} violations"
    )
    for failure in tally.failures[:_SHOWN]:
        small = shrunk(ALL[name], failure)
        found = small.run.violations[0]
        say(f"    seed {failure.seed} {_places(failure.plan)}: {found.code} {found.words}")
        say(f"      {small.command}")
    return len(tally.failures)


def _places(plan: object) -> str:
    assert isinstance(plan, dict)
    return "{" + ", ".join(f"{place}: {fault.value}" for place, fault in plan.items()) + "}"


def _hunt(pool: ProcessPoolExecutor) -> list[str]:
    """Each safeguard taken out must be noticed."""
    escaped = []
    for number, words in enumerate(pool.map(_catch, range(len(MUTANTS)))):
        name = MUTANTS[number].name
        say(f"  without a safeguard, {name}: {words or 'NOT NOTICED'}")
        if words is None:
            escaped.append(name)
    say(f"{len(MUTANTS) - len(escaped)} of {len(MUTANTS)} design mutants caught")
    return escaped


def _catch(number: int) -> str | None:
    done = caught(MUTANTS[number], ALL, seeds=12, stride=2)
    if done is None:
        return None
    found = done.violations[0]
    return f"{found.code} in {done.scenario}, seed {done.seed} {_places(done.plan)}"


def _commit() -> str:
    git = ["git", "describe", "--always", "--dirty"]
    said = subprocess.run(git, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
