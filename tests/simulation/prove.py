"""`make prove`: every fault at every I/O of the core, under every seed; then wide, again, and the
mutants.

Prints one line for each scenario and one for each sweep: plans × seeds = runs, violations, seconds,
commit. Runs that had become like one already judged count, and are told apart. A failure is shrunk
and printed with the line that replays it; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from os import cpu_count

from tests.simulation.mutants import MUTANTS, caught
from tests.simulation.plans import Tally, again_seed, prove_seed, sweep_seed
from tests.simulation.scenarios import ALL
from tests.simulation.scenarios.core import CORE
from tests.simulation.shrink import shrunk

CORE_SEEDS = 300  # under each of them, every fault of the core at every I/O
SEEDS = 10
AGAIN_SEEDS = 20  # under each of them, every message of every scenario is delivered again
STRIDE = 60  # each seed tries every 60th fault of the grid
PAIRS = 2
_SHOWN = 5


def main(given: list[str]) -> int:
    """Run it all; 0 when nothing was violated and no mutant got away."""
    asked = _asked(given)
    say(f"{len(CORE)} + {len(ALL)} scenarios, commit {_commit()}")
    core = [name for name in asked.only or CORE if name in CORE]
    wide = [name for name in asked.only or ALL if name in ALL]
    with ProcessPoolExecutor(asked.workers, initializer=_settle_down) as pool:
        thinned = partial(_wide, stride=asked.stride, pairs=asked.pairs)
        failed = _swept(pool, "core", core, asked.core_seeds, _core)
        failed += _swept(pool, "wide", wide, asked.seeds, thinned)
        failed += _swept(pool, "again", wide, asked.again_seeds, _again)
        escaped = [] if asked.only else _hunt(pool)
    return 1 if failed or escaped else 0


def _swept(
    pool: ProcessPoolExecutor,
    name: str,
    scenarios: list[str],
    seeds: int,
    sweep: Callable[[str, int], Tally],
) -> int:
    """One sweep over all its scenarios, told line by line; how many runs violated something."""
    if not seeds:
        return 0
    started = time.monotonic()
    total, failed = Tally(), 0
    parts = {one: pool.map(partial(sweep, one), range(seeds)) for one in scenarios}
    for one, runs in parts.items():
        tally = Tally()
        for part in runs:
            tally.join(part)
        total.join(tally)
        failed += _told(one, tally, seeds)
    if total.cells:
        seconds = time.monotonic() - started
        always = sum(1 for times in total.cells.values() if times >= seeds)
        say(
            f"{name}: {len(total.cells)} plans ({always} under each of the {seeds} seeds, "
            f"{total.runs / len(total.cells):.1f} on average) = {total.runs} runs, "
            f"{total.taken_over} of them alike, {failed} violations, {seconds:.0f} seconds, "
            f"commit {_commit()}"
        )
    return failed


def _asked(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.prove")
    parser.add_argument("only", nargs="*", choices=[*CORE, *ALL, []], metavar="SCENARIO")
    parser.add_argument("--core-seeds", type=int, default=CORE_SEEDS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--again-seeds", type=int, default=AGAIN_SEEDS)
    parser.add_argument("--stride", type=int, default=STRIDE)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="two faults at once, each seed")
    parser.add_argument("--workers", type=int, default=cpu_count() or 1)
    return parser.parse_args(given)


def _settle_down() -> None:
    """Nothing imported is garbage, and runs make little: look for it rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)


def _core(name: str, seed: int) -> Tally:
    return sweep_seed(CORE[name], seed)


def _wide(name: str, seed: int, *, stride: int, pairs: int) -> Tally:
    return prove_seed(ALL[name], seed, stride=stride, pairs=pairs)


def _again(name: str, seed: int) -> Tally:
    return again_seed(ALL[name], seed)


def _told(name: str, tally: Tally, seeds: int) -> int:
    say(
        f"  {name}: {len(tally.cells)} plans, {seeds} seeds, {tally.runs} runs, up to "
        f"{tally.deepest} I/Os, {len(tally.failures)} violations"
    )
    for failure in tally.failures[:_SHOWN]:
        small = shrunk({**ALL, **CORE}[name], failure)
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
