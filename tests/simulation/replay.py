"""One run again, line by line: `python -m tests.simulation.replay SCENARIO SEED [INDEX:FAULT …]`.

`--without duplicates,webhooks` leaves those traits of the seed calm.
"""

from __future__ import annotations

import argparse
import sys

from tests.simulation.faults import Fault, Plan
from tests.simulation.running import run
from tests.simulation.scenarios import ALL
from tests.simulation.scenarios.core import CORE


def main(given: list[str]) -> int:
    """Print every I/O of the run and what was wrong with it; 1 when something was."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.replay")
    parser.add_argument("scenario", choices={**ALL, **CORE})
    parser.add_argument("seed", type=int)
    parser.add_argument("faults", nargs="*", metavar="INDEX:FAULT")
    parser.add_argument("--without", default="", metavar="TRAITS")
    asked = parser.parse_args(given)
    pairs = [text.split(":", 1) for text in asked.faults]
    plan: Plan = {int(index): Fault(name) for index, name in pairs}
    without = frozenset(filter(None, asked.without.split(",")))
    done = run({**ALL, **CORE}[asked.scenario], asked.seed, plan, without=without, keep_lines=True)
    for line in done.lines or ():
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"trace {done.checksum:08x}, {len(done.points)} I/Os\n")
    for violation in done.violations:
        sys.stdout.write(f"{violation.code}: {violation.words}\n")
    return 1 if done.violations else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
