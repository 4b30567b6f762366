"""`make bench`: everything, or one of them by name."""

from __future__ import annotations

import os
import sys

from infra.local.emulator import CREDENTIALS, REGION
from tests.bench import cold_start, cost_per_action

BENCHES = {"cold_start": cold_start.main, "cost_per_action": cost_per_action.main}


def main() -> None:
    os.environ.update(
        AWS_DEFAULT_REGION=REGION,
        AWS_ACCESS_KEY_ID=CREDENTIALS["aws_access_key_id"],
        AWS_SECRET_ACCESS_KEY=CREDENTIALS["aws_secret_access_key"],
    )
    for name in sys.argv[1:] or BENCHES:
        print(f"\n== {name.replace('_', ' ')}")
        BENCHES[name]()


if __name__ == "__main__":
    main()
