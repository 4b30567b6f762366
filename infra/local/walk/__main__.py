"""`python -m infra.local.walk`: on the stack that `make run` keeps up, or on one of its own.

Drives every number of the AR desk by the API and compares facts, ledger and Stripe's books after
each. Exit code 1: something did not come out as it should.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping

from infra.local.demo.__main__ import stack
from infra.local.inside import ports_inside
from infra.local.walk import keeping, money
from infra.local.walk.agreement import must_agree
from infra.local.walk.desk import Desk, WalkError

NUMBERS = money.NUMBERS | keeping.NUMBERS


def walk(outputs: Mapping[str, str], *, only: str = "") -> list[str]:
    """What went wrong, by number; a line is printed for each."""
    ports = ports_inside(outputs)
    desk = Desk(outputs, outputs["StaffToken"])
    keeping.open_business(desk)
    failed = []
    for name, number in NUMBERS.items():
        if only and not name.startswith(only):
            continue
        began = time.monotonic()
        try:
            number(desk)
            said = must_agree(ports, desk)
        except (WalkError, KeyError, ValueError) as error:
            failed.append(f"{name}: {type(error).__name__}: {error}")
            said = failed[-1]
        print(f"{name:50} {time.monotonic() - began:5.1f} s  {said}", flush=True)
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="the number to drive, such as 6")
    chosen = parser.parse_args()
    with stack() as outputs:
        return 1 if walk(outputs, only=chosen.only) else 0


if __name__ == "__main__":
    sys.exit(main())
